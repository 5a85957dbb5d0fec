#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# eintr.sh [SECONDS [WAY...]] - no call fails, no timeout grows: 60 s each way
#
# An event loop that waits in every call a stop can break is profiled for so
# many seconds in each way, and left alone as long, by turns of five seconds. It
# counts its calls that failed and times its timeouts; eintr.py compares. Once
# with code whose sleeping stacks are read without a stop, and once, for dumps
# and wall mode, with frame pointers, where each has to be stopped.
#
# WAY: cpu, wall, dump, freeze, top; what this scrape cannot do is skipped, and
# said. About 20 minutes.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
only=("$@")
turn_s=3
pairs=$(((seconds + turn_s - 1) / turn_s))
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-eintr.XXXXXX")
target=
scrape=
failed=0

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$scrape" ] || kill -KILL "$scrape" 2>/dev/null || true
	[ -z "$target" ] || kill -TERM "$target" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

wanted() {
	[ "${#only[@]}" = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# Whether a command has an option, by its help.
has() {
	"$SCRAPE" "$1" --help | grep -q -- "$2"
}

# The words after scrape for a WAY; none: it has no such thing yet.
words_for() {
	case $1 in
	cpu) words=(record -q -r 100 -o "$dir/profile.pb.gz") ;;
	wall)
		words=(record -q -r 100 -m wall -o "$dir/profile.pb.gz")
		has record '--mode=' || words=()
		;;
	dump) words=(dump --no-lines -n 1000000 --interval 100ms) ;;
	freeze) words=(dump --no-lines --freeze -n 1000000 --interval 100ms) ;;
	top) words=(top -b --delay 1s) ;;
	esac
}

start_target() {
	"$FIXTURES/$1" $((4 * pairs * turn_s + 60)) >"$dir/out" &
	target=$!
	until grep -q '^pid' "$dir/out"; do sleep 0.1; done
	sleep 1
}

# What it has counted so far, into the file of the answers.
ask() {
	local before

	before=$(grep -c '^report' "$dir/out" || true)
	kill -USR1 "$target"
	until [ "$(grep -c '^report' "$dir/out")" -gt "$before" ]; do
		sleep 0.02
	done
}

# A turn begins and ends when scrape does its work, not while it comes up or
# writes its file. Quick with names, for all turns but the first: cached files.
turn_with() {
	"$SCRAPE" "${words[@]}" -p "$target" >"$dir/scrape.out" \
	    2>"$dir/scrape.err" &
	scrape=$!
	sleep 1
	ask
	echo with >>"$dir/turns"
	sleep "$turn_s"
	ask
	if ! kill -INT "$scrape" 2>/dev/null; then
		cat "$dir/scrape.err" >&2
		echo "not ok: scrape ${words[*]} has ended by itself"
		failed=1
	fi
	kill -TERM "$scrape" 2>/dev/null || true
	wait "$scrape" || true
	scrape=
}

turn_without() {
	sleep 0.5
	ask
	echo without >>"$dir/turns"
	sleep "$turn_s"
	ask
}

# By turns, and who comes first too by turns: whatever drifts is in both.
compare() {
	local i

	start_target "$2"
	: >"$dir/turns"
	for ((i = 0; i < pairs; i++)); do
		if ((i % 2)); then
			turn_with
			turn_without
		else
			turn_without
			turn_with
		fi
	done
	grep -qE '^TracerPid:[[:space:]]*0$' "/proc/$target/status" || {
		echo "not ok: it has a tracer"
		failed=1
	}
	kill -TERM "$target"
	wait "$target" || failed=1
	target=
	echo "$1, $2: scrape ${words[*]}"
	"$here/eintr.py" "$dir/turns" "$dir/out" "${@:3}" || failed=1
}

for way in cpu wall dump freeze top; do
	wanted "$way" || continue
	words_for "$way"
	if [ "${#words[@]}" = 0 ]; then
		echo "SKIPPED: $way: this scrape has no such mode"
		continue
	fi
	compare "$way" eventloop
	case $way in
	wall | dump | freeze) compare "$way" eventloop-fp --stopped ;;
	esac
done
exit "$failed"
