#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# listed.sh - every source and test is named in Makefile.am, as TAP
#
# A test that nothing runs and a header that no tarball carries are both
# silent; here they are loud.
set -eu

srcdir=${srcdir:-.}
number=0

# listed NAME PATTERN DIR...: files matching PATTERN, below those directories
listed() {
	what=$1 pattern=$2
	shift 2
	number=$((number + 1))
	result=ok
	for file in $(cd "$srcdir" && find "$@" -name "$pattern" | sort); do
		case $file in
		# Programs stand in the lists without their suffix.
		*/t_*.c | */fuzz_*.c | */bench_*.c) name=${file%.c} ;;
		*.pb-c.c | *.pb-c.h) continue ;;
		*) name=$file ;;
		esac
		if ! grep -qE "(^|[[:space:]])$name([[:space:]]|\$)" \
		    "$srcdir/Makefile.am"; then
			result='not ok'
			echo "# $file is not in Makefile.am"
		fi
	done
	echo "$result $number - every $what is in Makefile.am"
}

echo 1..7
listed source '*.c' src
listed header '*.h' src tests
listed 'test program' '*.c' tests
listed 'bats file' '*.bats' tests
listed script '*.sh' tests
listed 'test helper' '*.bash' tests
listed 'Python script' '*.py' tests
