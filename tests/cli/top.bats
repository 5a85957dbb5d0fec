#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# top.bats - what top prints and writes without a screen, as others read it
#
# The pages are known (tests/unit/sample_top.c); no process is sampled.

bats_require_minimum_version 1.5.0

load readers

make_top=${MAKE_TOP:-${top_builddir:-.}/tests/tools/make_top}
schema=${srcdir:-.}/src/output/top.schema.json
reader=${srcdir:-.}/tests/cli/schema.py

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# against_schema WHAT FILE
against_schema() {
	run python3 "$reader" "$schema" "$@"
	[ "$status" -ne 77 ] || skip "python3-jsonschema is not installed"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "refreshes are JSON lines, and valid" {
	for page in sample hostile empty; do
		"$make_top" json "$page" >>all.json
	done
	[ "$(wc -l <all.json)" -eq 3 ]
	against_schema check all.json
}

# Otherwise a schema that allows everything would be green for ever.
@test "a refresh that breaks the promise anywhere is refused" {
	"$make_top" json sample >sample.json
	against_schema broken sample.json
	[ "$output" -gt 100 ]
}

@test "added keys are allowed" {
	"$make_top" json sample |
	    sed 's/"comm"/"added":[1],"comm"/g; s/"file"/"added":{},"file"/g' \
	        >added.json
	[ "$(grep -o '"added"' added.json | wc -l)" -gt 5 ]
	against_schema check added.json
}

@test "the table of a hostile target is printable" {
	"$make_top" text hostile >hostile.txt
	grep -qF 'evil?[31m?name?' hostile.txt
	[ "$(LC_ALL=C tr -d '\n -~\200-\377' <hostile.txt | wc -c)" -eq 0 ]
}

# One function is one row in both, whatever its addresses, and recursion and
# inlined calls count the same.
@test "the flat view is what pprof -top says of the written window" {
	need_go
	"$make_top" pprof window.pb.gz >rows
	[ "$(wc -l <rows)" -eq 7 ]
	pprof -top -unit=nanoseconds -nodefraction=0 -nodecount=0 \
	    window.pb.gz >top
	awk 'listing {
		self = $1; total = $4
		sub(/ns$/, "", self); sub(/ns$/, "", total)
		sub(/^.*%  /, ""); sub(/ \(inline\)$/, "")
		print self, total, $0
	}
	$1 == "flat" { listing = 1 }' top >said
	diff <(sort rows) <(sort said)
}
