#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# snapshots.sh - saved snapshots of real programs: the frames they had, as TAP
#
#	snapshots.sh [-p] [NAME...]
#
# Those of fixtures/snapshots, which says how they were made. -p prints the
# frames of the named ones, as NAME.frames there has them: what is new in one is
# for a reviewer to see. A line a frame:
#
#	PC FUNCTION+OFFSET MODULE flags
#
# The modules are the extracts that were saved along, never this machine's own.
set -eu

snapshots=$(cd "$(dirname "$0")/../../fixtures/snapshots" && pwd)
tool=${SNAPSHOT_TOOL:-${top_builddir:-.}/tests/tools/snapshot}
dir=$(mktemp -d "${TMPDIR:-/tmp}/golden.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# Without the folders of modules, and their build-ids.
frames() { # frames NAME
	xz -dc "$snapshots/$1.tar.xz" | tar -x -f - -C "$dir"
	find "$dir/$1" -name '*.core' | sort -V | while read -r core; do
		"$tool" show "$core" "$dir/$1"
	done | sed -E 's| (/[^ ]*/)?([^ /]+) [0-9a-f]{40}( .*)?$| \2\3|'
	rm -rf "${dir:?}/$1"
}

prints=false
if [ "${1-}" = -p ]; then
	prints=true
	shift
fi
if [ $# -eq 0 ]; then
	for file in "$snapshots"/*.tar.xz; do
		name=${file##*/}
		set -- "$@" "${name%.tar.xz}"
	done
fi
if $prints; then
	for name; do
		frames "$name"
	done
	exit 0
fi
echo "1..$#"
number=0
for name; do
	number=$((number + 1))
	result=ok
	frames "$name" >"$dir/frames"
	diff -u "$snapshots/$name.frames" "$dir/frames" >"$dir/diff" ||
	    result='not ok'
	sed 's/^/# /' "$dir/diff"
	echo "$result $number - the stacks of $name"
done
