#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top_words.bats - the table of top's keys is the man page's and interface's own

bats_require_minimum_version 1.5.0

: "${SCRAPE:?is the program to test}"

page=$BATS_TEST_DIRNAME/../../src/man/scrape-top.1

help_keys() {
	"$SCRAPE" top --help-keys
}

# KEYS<tab>WORDS of each item in the page's section on keys.
man_keys() {
	awk '
	/^\.Sh / { in_keys = $0 == ".Sh KEYS" }
	!in_keys { next }
	/^\.It Ic / {
		if (keys != "")
			print keys "\t" words
		keys = substr($0, 8)
		words = ""
		next
	}
	/^\.El/ {
		if (keys != "")
			print keys "\t" words
		keys = ""
		next
	}
	keys != "" && !/^\./ { words = words (words == "" ? "" : " ") $0 }
	' "$page" | sed 's/\\e/\\/g; s/\\&//g; s/\\-/-/g; s/\\(ha/^/g'
}

@test "each key has a name and words, and means one thing" {
	help_keys | grep -q .
	if help_keys | grep -vP '^[^\t]+\t[^\t]+$'; then
		false
	fi
	[ "$(help_keys | wc -l)" -ge 20 ]
	[ -z "$(help_keys | cut -f1 | tr -s ' ' '\n' | sort | uniq -d)" ]
}

@test "the man page has the keys, and the words, of the table" {
	diff <(help_keys) <(man_keys)
}

@test "the keys that were promised are there" {
	names=" $(help_keys | cut -f1 | tr '\n' ' ') "
	for key in q F10 ^C h '?' F1 Space z / n N f F4 '\' Esc 1 2 3 4 s F6 \
	    '<' '>' i t F5 b Enter + - E C l T H a w r R W d j k g G Up \
	    Down PgUp PgDn Home End Left Right ^L ^Z; do
		[[ $names == *" $key "* ]] || {
			echo "no key $key in: $names"
			false
		}
	done
}
