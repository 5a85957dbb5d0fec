#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# waits.bats - what a waiting thread waits for, without stopping it

load helper

need_dump() {
	"$SCRAPE" dump --help >/dev/null 2>&1 ||
	    skip "this scrape has no dump command"
}

# dump_waits: "TID TEXT" for each thread of PID in a system call, to waits.txt
dump_waits() {
	"$SCRAPE" dump --json -p "$PID" >dump.json
	python3 - dump.json >waits.txt <<'END'
import json, sys

for thread in json.load(open(sys.argv[1]))["threads"]:
    if thread["syscall"] is not None:
        print(thread["tid"], thread["syscall"]["text"])
END
}

# Whether all that the fixture waits for is told; leaves what is not in
# wrong.txt.
waits_are_told() {
	local tid pattern text

	dump_waits
	while read -r _ tid pattern; do
		text=$(sed -n "s/^$tid //p" waits.txt)
		# shellcheck disable=SC2053
		[[ $text == $pattern ]] ||
		    echo "$tid is '$text', should be '$pattern'"
	done < <(grep '^wait ' "$OUT") >wrong.txt
	[ ! -s wrong.txt ]
}

@test "each kind of wait is told by call and by what it is for" {
	need_dump
	start waits 60
	at_least "threads that wait" "$(grep -c '^wait ' "$OUT")" 30
	eventually waits_are_told || fail "$(cat wrong.txt)"
}

@test "a running thread waits for nothing" {
	need_dump
	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	eventually two_are_in_no_call
}

# All threads but the main one, which waits for the others.
two_are_in_no_call() {
	dump_waits
	[ "$(wc -l <waits.txt)" = 1 ] && grep -q '^[0-9]* futex' waits.txt
}
