#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# snapshot.bats - saved snapshots: the same stacks, read by us and by others
#
# The tool tests/tools/snapshot saves a process and prints its stacks, and
# prints those in a file.

load helper

TOOL=${top_builddir:-.}/tests/tools/snapshot

has_threads() { # has_threads N: at least, by now
	local tasks=("/proc/$PID/task"/*)

	[ "${#tasks[@]}" -ge "$1" ]
}

# save FIXTURE ARG...: runs a copy of the fixture, saves it, ends it, and moves
# the copy away. saved/ has the file x.core and the extracts.
save() {
	[ -x "$TOOL" ] || skip "tests/tools/snapshot is not built"
	mkdir -p saved
	cp "$FIXTURES/$1" "$1"
	start_program "./$1" "${@:2}"
	eventually has_threads "${THREADS:-1}"
	"$TOOL" save "$PID" saved saved/x.core >live
	kill -KILL "$PID"
	mv "$1" moved
}

show() {
	"$TOOL" show saved/x.core "$@"
}

# The stacks in the file are those that were there, names and all.
shows_the_same() {
	show saved >again
	diff live again
	grep -q "$1" again || fail "no $1 in: $(cat again)"
	same "threads with a root" "$(grep -c ' root ' again)" \
	    "$(grep -c '^[0-9]' live)"
}

chain_of() { # chain_of: the functions of a gdb or eu-stack listing, leaf first
	sed -nE 's/^#[0-9]+ +(0x[0-9a-f]+ +(in )?)?([a-z_]+).*/\3/p' |
	    grep -v '^unit$' | tr '\n' ' '
}

CHAIN='spin descend descend descend descend first main '

@test "a program that is not there any more" {
	save deep 20 4
	shows_the_same ' descend+'
}

@test "a stack of 200 kB" {
	save deep 20 350
	shows_the_same ' main+'
	same "levels" "$(grep -c ' descend+' live)" 350
}

@test "programs linked in other ways" {
	for fixture in deep-nopie deep-static deep-static-pie deep-debug-frame; do
		save "$fixture" 20 4
		shows_the_same ' descend+'
	done
}

@test "names that only .dynsym has" {
	save deep-stripped 20 4
	shows_the_same ' __libc_start_main+'
	! grep -q ' descend+' live || fail "it is not stripped"
}

@test "code without CFI: its bytes are in the file" {
	save nocfi-fp 20
	shows_the_same ' guessed$'
}

@test "code that no file holds" {
	save jit 20
	shows_the_same ' guessed$'
}

@test "a signal handler on a stack of its own" {
	save sigstack 20
	shows_the_same ' signal$'
}

@test "many threads" {
	THREADS=21 save spin 20 4
	shows_the_same ' spin+'
	same "threads" "$(grep -c '^[0-9]' again)" 21
}

@test "the vDSO comes with the file" {
	save vdso 20
	show saved >again
	diff live again
}

@test "it holds stack memory: for its owner alone" {
	save deep 20 4
	same "mode" "$(stat -c %a saved/x.core)" 600
	same "what is left beside" "$(find . -name '*.tmp*')" ""
}

@test "gdb reads it" {
	need_program gdb
	save deep 20 4
	same "chain" "$(gdb -nx -batch -c saved/x.core moved -ex bt 2>/dev/null |
	    sed 1,/^Core/d | awk '!seen[$1]++' | chain_of)" "$CHAIN"
}

# The path of the program's extract.
extract() {
	local id

	id=$(awk '/ main\+/ { print $NF; exit }' live)
	echo "saved/.build-id/${id:0:2}/${id:2}"
}

@test "gdb takes an extract for the program" {
	need_program gdb
	save deep 20 4
	same "chain" "$(gdb -nx -batch -c saved/x.core "$(extract)" -ex bt \
	    2>/dev/null | sed 1,/^Core/d | awk '!seen[$1]++' | chain_of)" \
	    "$CHAIN"
}

@test "eu-stack reads it, with the program and with its extract" {
	need_program eu-stack
	save deep 20 4
	for program in moved "$(extract)"; do
		eu-stack --core saved/x.core -e "$program" >frames
		[[ $(chain_of <frames) == "${CHAIN}__libc_start_call_main"* ]] ||
		    fail "$program: $(cat frames)"
	done
}

@test "gdb's own core file prints" {
	need_program gcore
	save deep 20 4
	start_program ./moved 20 4
	gcore -o other "$PID" >/dev/null 2>&1 || skip "gcore does not work here"
	"$TOOL" show "other.$PID" >again
	grep -q '^[0-9]* root ' again || fail "no root: $(cat again)"
	same "levels" "$(grep -c ' descend+' again)" 4
}
