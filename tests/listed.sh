#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# listed.sh - Makefile.am names every source and test, once, in order, as TAP
#
# A test that nothing runs and a header that no tarball carries are both
# silent; here they are loud. Merges are what leaves a list out of order, with
# a line twice, or cut short where a backslash was lost.
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

# Lines of one file each, with or without a backslash, are a list. Each must
# come after the one before it, and all but the last go on.
ordered() {
	number=$((number + 1))
	LC_ALL=C awk -v number=$number '
	/^\t[^\t ]+\/[^\t ]+( \\)?$/ {
		if (last != "" && !goes_on)
			wrong($1 " follows the end of its list")
		else if (last != "" && $1 <= last)
			wrong($1 " comes after " last)
		last = $1
		goes_on = NF == 2
		next
	}
	{
		last = ""
	}
	function wrong(what) {
		print "# Makefile.am:" NR ": " what
		failed = 1
	}
	END {
		print (failed ? "not ok " : "ok ") number \
		    " - every list in Makefile.am is sorted and whole"
	}' "$srcdir/Makefile.am"
}

echo 1..8
listed source '*.c' src
listed header '*.h' src tests
listed 'test program' '*.c' tests
listed 'bats file' '*.bats' tests
listed script '*.sh' tests
listed 'test helper' '*.bash' tests
listed 'Python script' '*.py' tests
ordered
