#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# listed.sh - every source and test is named in Makefile.am, as TAP
#
# A test that nothing runs and a header that no tarball carries are both
# silent; here they are loud.
set -eu

srcdir=${srcdir:-.}
words=$(tr -s ' \t' '\n' <"$srcdir/Makefile.am")
number=0

# listed WHAT PATTERN DIR...: the files below DIR whose name matches PATTERN
listed() {
	what=$1 pattern=$2
	shift 2
	number=$((number + 1))
	result=ok
	for file in $(cd "$srcdir" && find "$@" -name "$pattern" | sort); do
		# A program stands in its list without the suffix.
		if ! echo "$words" |
		    grep -qxF -e "$file" -e "${file%.c}"; then
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
