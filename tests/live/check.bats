#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check.bats - what the doctor says of a target's files, and how it says it
#
# Who is kept out, and why, is in ladder.bats.

load helper

check_json() {
	"$SCRAPE" check --json "$@" >check.json
}

# module PATH FIELD: of the JSON object that was printed last.
module() {
	python3 -c '
import json, sys
for m in json.load(open("check.json"))["modules"]:
    if m["path"] == sys.argv[1]:
        print(m[sys.argv[2]])' "$@"
}

@test "a program with everything" {
	start deep 60
	check_json -p "$PID"
	exe=$(readlink "/proc/$PID/exe")
	same "verdict" "$(module "$exe" verdict)" pass
	same "symbols" "$(module "$exe" symbols)" full
	same "unwind" "$(module "$exe" unwind)" .eh_frame_hdr
	same "lines" "$(module "$exe" lines)" True
	same "build-id" "$(module "$exe" build_id)" \
	    "$(readelf -n "$exe" | sed -n 's/.*Build ID: //p')"
	assert_unharmed "$PID"
}

@test "a stripped program: a warning, and where its debug file would be" {
	start deep-stripped 60
	exe=$(readlink "/proc/$PID/exe")
	run --separate-stderr "$SCRAPE" check "$PID"
	same "exit status" "$status" 0
	[[ $output == *"warn  $exe: exported names only, .eh_frame_hdr, no lines"* ]]
	id=$(readelf -n "$exe" | sed -n 's/.*Build ID: //p')
	[[ $output == *"/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"* ]]
	[[ ${lines[-1]} == "scrape can read PID $PID (deep-stripped): "*" of "*" modules without symbols"* ]] ||
	    fail "${lines[-1]}"
}

@test "a program that was deleted, and has a name to trick a terminal" {
	name=$(printf 'x\033[2Jy\n')
	cp "$FIXTURES/idle" "$name"
	start_program "./$name" 60
	rm "$name"
	run "$SCRAPE" check "$PID"
	same "exit status" "$status" 0
	[[ $output == *'/x?[2Jy (deleted): all symbols'* ]] || fail "$output"
	[[ $output != *$'\033'* ]] || fail "an escape sequence came through"
	check_json "$PID"
	python3 -c '
import json
m = json.load(open("check.json"))["modules"]
assert [x for x in m if x["deleted"] and x["opened"]
    and "\x1b" not in x["path"]], m'
}

@test "it attaches to nothing but by a child that ends" {
	need_program strace
	start spin 1 60
	"${NO_LEAKS[@]}" strace -f -e trace=ptrace,kill,tkill,tgkill -o calls \
	    "$SCRAPE" check "$PID" >/dev/null
	grep -Eq "PTRACE_SEIZE, $PID, NULL, .*\) = 0" calls || {
		cat calls >&2
		fail "it did not try to attach"
	}
	run grep -E 'PTRACE_(INTERRUPT|ATTACH|DETACH|CONT|GETREGSET)' calls
	same "calls that stop" "$output" ""
	run grep -E 'kill\(.*(SIG[A-Z]+)' calls
	same "signals" "$output" ""
	assert_unharmed "$PID"
}

@test "this machine" {
	run --separate-stderr "$SCRAPE" check
	same "exit status" "$status" 0
	same "standard error" "$stderr" ""
	for word in kernel ptrace process_vm_readv yama seccomp schedstat \
	    debug-files debuginfod; do
		[[ $output == *" $word "* ]] || fail "nothing about $word"
	done
	check_json
	python3 -c '
import json
c = json.load(open("check.json"))
assert c["schema"] == "scrape-check/1" and c["pid"] is None, c
assert all(f["what"] for f in c["machine"]), c'
}

@test "this machine, from within a sandbox: 4" {
	run "${NO_LEAKS[@]}" "$FIXTURES/sandbox" ptrace "$SCRAPE" check
	same "exit status" "$status" 4
	[[ $output == *"FAIL  ptrace "*"scrape cannot be used here" ]]
}

@test "colours on a terminal only, and not with NO_COLOR" {
	need_program script
	run "$SCRAPE" check
	[[ $output != *$'\033'* ]]
	run script -qec "\"$SCRAPE\" check" /dev/null
	[[ $output == *$'\033[32mok'* ]] || fail "no colours: $output"
	NO_COLOR=1 run script -qec "\"$SCRAPE\" check" /dev/null
	[[ $output != *$'\033'* ]]
}

@test "standard output that is full: 1" {
	for options in "" --json; do
		# shellcheck disable=SC2086
		run -1 sh -c '"$SCRAPE" check $0 >/dev/full' "$options"
		[[ $output == *"No space left"* ]]
	done
}
