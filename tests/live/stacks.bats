#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stacks.bats - the chain of calls that a target prints is in its profile

load helper

# record_chain FIXTURE ARG...: a whole life; each chain that the fixture prints
# must be in the profile. Sets CHAIN_PERCENT: of the samples that hold one.
record_chain() {
	record -o out.pb.gz --stats stats.json -- "$@"
	same "exit status" "$status" 0
	OUT=$BATS_TEST_TMPDIR/out
	printf '%s\n' "$output" >"$OUT"
	CHAIN_PERCENT=0
	while read -r chain; do
		seen=$(look chain out.pb.gz "$chain")
		at_least "percent with $chain" "$seen" 1
		CHAIN_PERCENT=$(awk "BEGIN { print $CHAIN_PERCENT + $seen }")
	done < <(truth chain)
	[ "$CHAIN_PERCENT" != 0 ] || fail "the fixture printed no chain"
}

# Samples that may lie in a program's start and end, outside of its chain. Of
# a second at 100 Hz they are 3 percent, of a busy machine's second some more.
FEW=3

all_but_few() {
	look stat stats.json samples | awk -v few="$FEW" '{
		print $1 > few ? 100 * ($1 - few) / $1 : 100 }'
}

# Everything but the program's start and end stands under its chain, whole.
assert_all() {
	at_least "percent with the chain" "$CHAIN_PERCENT" "$(all_but_few)"
	at_least "percent complete" "$(look stat stats.json complete |
	    awk '{ print 100 * $1 }')" "$(all_but_few)"
}

@test "recursion: each level once, in order" {
	record_chain "$FIXTURES/deep" 1 5
	assert_all
	same "deepest descend" "$(look most out.pb.gz descend)" 5
}

@test "a stack of 50 kB, more than is copied at first" {
	record_chain "$FIXTURES/deep" 1 100
	assert_all
	same "deepest descend" "$(look most out.pb.gz descend)" 100
}

@test "a stack of 600 kB, more than is ever copied at once" {
	record_chain "$FIXTURES/deep" 1 1000
	assert_all
	same "deepest descend" "$(look most out.pb.gz descend)" 1000
}

@test "--max-depth keeps the leaf and says what it cut" {
	record --max-depth 16 -o out.pb.gz --stats stats.json -- \
	    "$FIXTURES/deep" 1 100
	same "exit status" "$status" 0
	at_least "walks that ended by depth" "$(look stat stats.json ends.depth)" \
	    $(($(look stat stats.json samples) - FEW))
	at_least "percent with the mark" "$(look chain out.pb.gz \
	    "[truncated: depth];descend")" "$(all_but_few)"
	at_most "deepest descend" "$(look most out.pb.gz descend)" 16
	same "percent with main" "$(look chain out.pb.gz "main;first")" 0.00
}

@test "every way to link an executable" {
	for name in deep-nopie deep-static deep-static-pie deep-zdebug; do
		record_chain "$FIXTURES/$name" 1
		assert_all
	done
}

@test "a stripped executable: whole stacks, without its names" {
	record -o out.pb.gz --stats stats.json -- "$FIXTURES/deep-stripped" 1
	same "exit status" "$status" 0
	at_least "complete" "$(look stat stats.json complete)" 0.97
	at_least "percent in deep-stripped" \
	    "$(look in-module out.pb.gz deep-stripped)" 90
}

@test "an executable with .debug_frame only" {
	record_chain "$FIXTURES/deep-debug-frame" 1
	assert_all
}

@test "a signal handler, from the first instruction of a function" {
	record_chain "$FIXTURES/sigstack" 1 plain
	assert_all
	same "percent with just_before" \
	    "$(look chain out.pb.gz just_before)" 0.00
}

@test "a signal handler on an alternate stack" {
	record_chain "$FIXTURES/sigstack" 1 alt
	assert_all
}

@test "the vDSO is crossed and named" {
	record_chain "$FIXTURES/vdso" 2
	at_least "percent in vdso.so" "$(look in-module out.pb.gz '[vdso]')" 30
	at_least "complete" "$(look stat stats.json complete)" 0.97
	same "main, at most" "$(look most out.pb.gz main)" 1
	same "read_clock, at most" "$(look most out.pb.gz read_clock)" 1
}

@test "PLT stubs and the lazy resolver" {
	record_chain "$FIXTURES/plt_lazy" 2
	at_least "complete" "$(look stat stats.json complete)" 0.99
	at_least "percent in main" "$(look chain out.pb.gz main)" 97
	# The linker itself, called from the stubs.
	at_least "percent in ld.so" \
	    "$(look in-module out.pb.gz ld-linux-x86-64.so.2)" 20
}

@test "realigned frames and alloca" {
	record_chain "$FIXTURES/drap" 1
	assert_all
}

@test "no CFI at all: frame pointers" {
	record_chain "$FIXTURES/nocfi-fp" 1
	at_least "percent with the chain" "$CHAIN_PERCENT" 95
	at_least "guessed_frames" "$(look stat stats.json guessed_frames)" 100
}

@test "no CFI and no frame pointers: nothing is invented" {
	record -o out.pb.gz --stats stats.json -- "$FIXTURES/nocfi" 1
	same "exit status" "$status" 0
	at_least "percent with the leaf" "$(look chain out.pb.gz third)" 80
	# Part of the chain may be missing. What is there is in its order, and a
	# stack that claims to be whole is.
	same "percent in order" \
	    "$(look in-order out.pb.gz "main;first;second;third")" 100.00
	look stacks out.pb.gz | grep ';third$' | grep -v 'truncated: ' >whole ||
	    true
	run ! grep -v 'main;first;second;third$' whole
}

@test "a leaf without CFI: its caller, or a word that it is not known" {
	record -o out.pb.gz --stats stats.json -- "$FIXTURES/nocfi_leaf" 2
	same "exit status" "$status" 0
	look stacks out.pb.gz | grep '_leaf$' >leaves
	grep -q 'bare_leaf$' leaves
	grep -q 'pushing_leaf$' leaves
	run ! grep -v -e ';main;caller;[a-z]*_leaf$' \
	    -e '\[truncated: no-cfi\];[a-z]*_leaf$' leaves
}

@test "code that no file has" {
	record_chain "$FIXTURES/jit" 1
	at_least "percent with the chain" "$CHAIN_PERCENT" 95
}

@test "a call that never returns, at the end of its function" {
	record_chain "$FIXTURES/noreturn" 1
	assert_all
	same "percent with next_function" \
	    "$(look chain out.pb.gz next_function)" 0.00
}

@test "exceptions on their way" {
	record_chain "$FIXTURES/exceptions" 2
	at_least "percent with the chain" "$CHAIN_PERCENT" 90
	# Of a thousand stacks three are caught where _Unwind_Resume() has no stack
	# of its own any more: of two hundred, one or two too many may be.
	record -r 1000 -o out.pb.gz --stats stats.json -- \
	    "$FIXTURES/exceptions" 2
	at_least "complete" "$(look stat stats.json complete)" 0.99
}

@test "longjmp leaves nothing behind" {
	record_chain "$FIXTURES/longjmp" 1
	assert_all
	same "percent with dive and after_jump" \
	    "$(look both out.pb.gz dive after_jump)" 0.00
}

@test "coroutines are never mixed" {
	record_chain "$FIXTURES/coroutine" 1
	# Nothing of complete: libc's __start_context has CFI in some versions.
	at_least "percent with the chains" "$CHAIN_PERCENT" 95
	same "percent with ping and pong" \
	    "$(look both out.pb.gz ping pong)" 0.00
}

@test "inlined calls in C: innermost first, with their lines" {
	record -o out.pb.gz -- "$FIXTURES/inline" 1
	same "exit status" "$status" 0
	printf '%s\n' "$output" >out
	at_least "percent with $(truth inlined out)" \
	    "$(look inlined out.pb.gz "$(truth inlined out)")" 95
}

@test "inlined calls in C++: templates, members, lambdas" {
	record -o out.pb.gz -- "$FIXTURES/inline_cxx" 1
	same "exit status" "$status" 0
	printf '%s\n' "$output" >out
	at_least "percent with $(truth names out)" "$(look inlined out.pb.gz \
	    "$(truth inlined out)" "$(truth names out)")" 95
}

@test "inlined calls in Rust: generics, traits, closures" {
	need_fixture inline_rust
	record -o out.pb.gz -- "$FIXTURES/inline_rust" 1
	same "exit status" "$status" 0
	printf '%s\n' "$output" >out
	at_least "percent with $(truth names out)" "$(look inlined out.pb.gz \
	    "$(truth inlined out)" "$(truth names out)")" 95
}

@test "lines agree with addr2line -i at every address" {
	local seen=0 different=0 inlined=0

	for name in containers recursion_inline inline inline_cxx inline_rust \
	    exceptions; do
		[ -x "$FIXTURES/$name" ] || continue
		record -r 500 -o out.pb.gz -- "$FIXTURES/$name" 2
		same "exit status" "$status" 0
		file=$(realpath "$FIXTURES/$name")
		read -r _ n _ i _ d < <(look addr2line out.pb.gz "$file")
		seen=$((seen + n)) inlined=$((inlined + i))
		different=$((different + d))
	done
	at_least "addresses compared" "$seen" 100
	at_least "addresses with inlined calls" "$inlined" 50
	same "addresses that differ" "$different" 0
}

@test "recursion and inlining are told apart" {
	record_chain "$FIXTURES/recursion_inline" 1
	assert_all
	same "recursion_callee, at most" \
	    "$(look most out.pb.gz recursion_callee)" 5
}

@test "--no-inline and --no-lines leave out what they say" {
	record --no-inline -o out.pb.gz -- "$FIXTURES/inline" 1
	same "percent with innermost" \
	    "$(look chain out.pb.gz innermost)" 0.00
	at_least "percent with outer" "$(look chain out.pb.gz "main;outer")" 97
	record --no-lines -o out.pb.gz -- "$FIXTURES/inline" 1
	at_least "percent with outer" "$(look chain out.pb.gz "main;outer")" 97
	same "lines" "$(go tool pprof -symbolize=none -raw out.pb.gz 2>/dev/null |
	    sed -n 's/.*\(inline\.c:[1-9][0-9]*\) s=.*/\1/p')" ""
}

@test "code that is loaded while it is recorded" {
	record_chain "$FIXTURES/dlopen" 2 "$FIXTURES/plugin.so"
	at_least "percent with the chain" "$CHAIN_PERCENT" 60
	at_least "complete" "$(look stat stats.json complete)" 0.97
}

@test "an executable that was deleted" {
	cp "$FIXTURES/deep" gone
	start_program ./gone 30
	rm gone
	record -p "$PID" -d 1 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	at_least "percent with the chain" "$(look chain out.pb.gz \
	    "main;first;descend;descend;descend;spin")" 97
	assert_unharmed "$PID"
}

@test "an executable that was replaced by another" {
	cp "$FIXTURES/deep" replaced
	start_program ./replaced 30
	cp "$FIXTURES/noreturn" other
	mv other replaced
	record -p "$PID" -d 1 -o out.pb.gz
	same "exit status" "$status" 0
	at_least "percent with the chain" "$(look chain out.pb.gz \
	    "main;first;descend;descend;descend;spin")" 97
}

@test "an executable that has no file" {
	record_chain "$FIXTURES/memfd" "$FIXTURES/deep" 1
	assert_all
}

@test "exec: both programs are in the profile" {
	record_chain "$FIXTURES/exec" 1 "$FIXTURES/deep-nopie" 1
	at_least "percent before" "$(look chain out.pb.gz "before_exec;spin")" 40
	at_least "percent after" "$(look chain out.pb.gz "descend;spin")" 40
	at_least "complete" "$(look stat stats.json complete)" 0.97
}

@test "names that a target chose are harmless and readable" {
	record -o out.pb.gz -- "$FIXTURES/spin" 1 1 $'\e[31m\xff'
	same "exit status" "$status" 0
	[[ $stderr != *$'\e'* ]] || fail "an escape sequence on stderr"
	go tool pprof -symbolize=none -raw out.pb.gz >raw 2>/dev/null
	iconv -f utf-8 -t utf-8 raw >/dev/null || fail "not UTF-8"
	run ! grep -q $'\e' raw
	grep -q 'thread_name:\[?\[31m' raw
}
