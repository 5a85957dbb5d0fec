#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# floors.sh - every include under src/ keeps to the floors, as TAP
#
# First the rule is shown to bite: a rule that lets everything pass would be
# green for ever.
set -eu

srcdir=${srcdir:-.}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
number=0

report() { # report STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
	fi
}

floors() {
	awk -f "$srcdir/tests/floors.awk" "$@"
}

# bites FOLDER INCLUDE WORDS: such an include in such a folder is refused so
bites() {
	mkdir -p "$tmp/src/$1"
	printf '\n#include %s\n' "$2" >"$tmp/src/$1/x.c"
	status=1
	said=$(floors "$tmp/src/$1/x.c") || status=0
	case $said in
	*/src/"$1"/x.c:2:*"$3"*) ;;
	*) status=1 ;;
	esac
	report "$status" "$2 is refused in $1/"
	rm -r "$tmp/src"
}

echo 1..8
bites base '"core/mem.h"' 'may not include'
bites unwind '"target/target.h"' 'may not include'
bites output '"session/session.h"' 'may not include'
bites core '"nowhere/x.h"' 'no floor'
bites cli '"options.h"' 'does not name its folder'
bites unwind '<elfutils/libdw.h>' 'belongs in object/'
bites session '<sys/ptrace.h>' 'belongs in target/'

status=0
find "$srcdir/src" -name '*.[ch]' ! -name '*.pb-c.[ch]' \
    -exec awk -f "$srcdir/tests/floors.awk" {} + >"$tmp/said" || status=1
sed 's/^/# /' "$tmp/said"
report "$status" "src/ keeps to the floors"
