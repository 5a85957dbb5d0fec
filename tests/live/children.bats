#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# children.bats - several processes in one recording, and those they start
#
# The CPU time of the whole tree is held against what the kernel told the first
# of it. The build of a real project is tests/proofs/children.sh.

load helper

# record_brood ARG...: the life of a tree, from exec to exit.
record_brood() {
	OUT=$BATS_TEST_TMPDIR/out
	record --children --max-pause 100 -o out.pb.gz --stats stats.json -- \
	    "$FIXTURES/brood" "$@"
	same "exit status" "$status" 0
	printf '%s\n' "$output" >"$OUT"
	same "children that failed" "$(truth failed)" 0
}

stat_of() {
	look stat stats.json "$1"
}

# What the kernel tells of a parent's children: two numbers, in steps of 10 ms.
assert_tree_total() {
	local total

	total=$(look total out.pb.gz)
	at_least "sum of cpu" "$total" \
	    "$(($(truth tree_ns) * 95 / 100 - 20000000))"
	at_most "sum of cpu" "$total" "$(($(truth tree_ns) * 105 / 100))"
	within "sum of cpu" "$total" \
	    "$(($(stat_of cpu_kernel_ns) + $(stat_of cpu_children_ns)))" 1
}

# percent PART WHOLE
percent() {
	awk -v a="$1" -v b="$2" 'BEGIN { print 100 * a / b }'
}

@test "children of 50 ms are found and sampled, and add up" {
	record_brood 3 2 50 exec
	assert_tree_total
	at_least "percent of the tree in samples" \
	    "$(percent "$(stat_of cpu_attributed_ns)" "$(truth tree_ns)")" 50
	at_most "percent unseen" \
	    "$(percent "$(stat_of cpu_children_ns)" "$(truth tree_ns)")" 30
	at_least "percent in in_child" "$(look chain out.pb.gz in_child)" 50
	at_least "processes" "$(stat_of processes)" 10
	mentions " processes, "
	# Wherever the kernel has put it in each: the same code is one frame.
	same "mappings of the program" "$(go tool pprof -raw out.pb.gz \
	    2>/dev/null | grep -c '^[0-9]*: 0x.*/brood ')" 1
}

@test "forks likewise" {
	record_brood 2 2 50 fork
	assert_tree_total
	at_least "percent in in_child" "$(look chain out.pb.gz in_child)" 50
}

@test "a storm of children of 1 ms is a row, and nothing is counted twice" {
	record_brood 2 4 1 fork
	assert_tree_total
	at_least "children" "$(truth children)" 200
	within "the row" "$(look row out.pb.gz '[children unseen]')" \
	    "$(stat_of cpu_children_ns)" 0
	at_least "percent unseen" \
	    "$(percent "$(stat_of cpu_children_ns)" "$(truth tree_ns)")" 20
	mentions "children unseen"
}

@test "a tree that was there before: what it used before is nobody's" {
	start brood 60 2 50 exec
	sleep 1
	record -p "$PID" --children -d 2 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	assert_unharmed "$PID"
	# Two cores at most, for two seconds; and what was under way.
	at_most "sum of cpu" "$(look total out.pb.gz)" 4400000000
	at_least "percent in in_child" "$(look chain out.pb.gz in_child)" 50
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "children that failed" "$(truth failed)" 0
}

@test "without --children there is no such row, but a word" {
	record -d 2 -o out.pb.gz --stats stats.json -- \
	    "$FIXTURES/brood" 1 2 20 exec
	same "the row" "$(look row out.pb.gz '[children unseen]')" 0
	at_least "cpu_children_ns" "$(stat_of cpu_children_ns)" 100000000
	mentions "--children records them, too"
	same "processes" "$(stat_of processes)" 1
}

@test "two processes: each sample says whose it is" {
	local first second line

	start spin 2 60
	first=$PID
	start spin 1 60
	second=$PID
	record -p "$first" -p "$second" -d 2 --max-pause 100 -o out.pb.gz \
	    --stats stats.json
	same "exit status" "$status" 0
	mentions "2 processes"
	look processes out.pb.gz >by_process
	same "processes" "$(cut -d' ' -f1 by_process | sort)" \
	    "$(printf '%s\n' "$first" "$second" | sort)"
	while read -r line; do
		at_least "samples of a process" "${line##* }" 20
	done <by_process
	within "sum of cpu" "$(look total out.pb.gz)" \
	    "$(stat_of cpu_kernel_ns)" 1
	assert_unharmed "$first"
	assert_unharmed "$second"
}

@test "one has no label for it" {
	start spin 1 60
	record "$PID" -d 1 -o out.pb.gz
	same "processes" "$(look processes out.pb.gz | cut -d' ' -f1)" 0
}

@test "one of two ends: the other is recorded on" {
	start spin 1 60
	start spin 1 1
	record_bg "${STARTED[@]}" -d 4 -o out.pb.gz --stats stats.json
	fixture_ends "$PID"
	record_ends
	at_least "seconds" "$(stat_of wall_s)" 3.9
	same "processes" "$(look processes out.pb.gz | grep -c .)" 2
}

@test "a command that leaves a child behind: until that has ended" {
	# shellcheck disable=SC2016
	record --children -o out.pb.gz --stats stats.json -- \
	    sh -c '"$0" 2 1 100 exec >/dev/null & sleep 0.3; exit 3' \
	    "$FIXTURES/brood"
	same "exit status" "$status" 3
	at_least "seconds" "$(stat_of wall_s)" 1.5
	at_least "percent in in_child" "$(look chain out.pb.gz in_child)" 50
}

@test "file names say that there are others" {
	start spin 1 60
	start spin 1 60
	record "${STARTED[@]}" -d 0.2
	ls scrape.spin."${STARTED[0]}"+1.*.pb.gz
	record "${STARTED[@]}" --children -d 0.2
	ls scrape.spin."${STARTED[0]}"+1+children.*.pb.gz
	record "$PID" --children -d 0.2
	ls scrape.spin."$PID"+children.*.pb.gz
}
