#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# dump_json.bats - what dump --json prints is what its schema promises
#
# The dumps are known (tests/unit/sample_dump.c); no process is looked at.

bats_require_minimum_version 1.5.0

make_dump=${top_builddir:-.}/tests/tools/make_dump
schema=${srcdir:-.}/src/output/dump.schema.json
reader=${srcdir:-.}/tests/cli/schema.py

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	for name in sample hostile empty; do
		"$make_dump" json "$name" >"$name.json" 2>/dev/null
	done
}

# against_schema WHAT FILE
against_schema() {
	run python3 "$reader" "$schema" "$@"
	[ "$status" -ne 77 ] || skip "python3-jsonschema is not installed"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "an ordinary dump is valid" {
	against_schema check sample.json
}

@test "a hostile dump is valid" {
	against_schema check hostile.json
}

@test "an empty dump is valid" {
	against_schema check empty.json
}

@test "several dumps are JSON lines" {
	cat sample.json hostile.json empty.json >all.json
	[ "$(wc -l <all.json)" -eq 3 ]
	against_schema check all.json
}

# Otherwise a schema that allows everything would be green for ever.
@test "a dump that breaks the promise anywhere is refused" {
	against_schema broken sample.json
	[ "$output" -gt 200 ]
}

@test "a thread that says complete and no-cfi is refused" {
	sed 's/"complete":false/"complete":true/' sample.json >lie.json
	run ! cmp -s lie.json sample.json
	run python3 "$reader" "$schema" check lie.json
	[ "$status" -ne 77 ] || skip "python3-jsonschema is not installed"
	[ "$status" -eq 1 ]
}

@test "added keys are allowed" {
	sed 's/"pid"/"added":[1],"pid"/; s/"tid"/"added":{},"tid"/g;
	    s/"pc"/"added":null,"pc"/g' sample.json >added.json
	[ "$(grep -o '"added"' added.json | wc -l)" -gt 10 ]
	against_schema check added.json
}

# Nothing in it can drive a terminal: DEL, which jansson leaves as it is, is one
# that terminals take no notice of.
@test "the JSON of a hostile dump is printable ASCII" {
	[ "$(LC_ALL=C tr -d '\n -~\177' <hostile.json | wc -c)" -eq 0 ]
}

@test "a thousand threads: the reader finds each frame" {
	"$make_dump" json big >big.json 2>/dev/null
	python3 - big.json <<-'END'
	import json, sys
	d = json.load(open(sys.argv[1]))
	assert len(d["threads"]) == 1000
	for i, t in enumerate(d["threads"]):
	    assert t["tid"] == 1000 + i
	    assert [f["line"] for f in t["frames"]] == list(range(1, 31))
	    assert "_%d_29(" % t["tid"] in t["frames"][29]["function"]
	END
}
