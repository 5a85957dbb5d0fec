#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ladder.bats - each reason for which the kernel keeps scrape out
#
# Every row shows the same three things: record is refused with the right
# status, and names the cause and what to type; check names the same gate, in
# text and JSON, and ends with the same status; the target is as it was.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	STARTED=()
	PUBLIC=
	AS=()	    # words before scrape: who runs it, and where
	S=$SCRAPE   # the scrape that they can execute
	OUT_DIR=.
}

teardown() {
	local pid

	for pid in "${STARTED[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[ -z "$PUBLIC" ] || remove_public
}

# Scrape from a folder that nobody can execute it in.
use_public() {
	need_root
	need_program setpriv unshare
	make_public
	S=$PUBLIC/scrape
	OUT_DIR=$PUBLIC
}

# gate NAME FIELD: of the JSON object that check printed last.
gate() {
	python3 -c '
import json, sys
for gate in json.load(open("check.json"))["gates"]:
    if gate["name"] == sys.argv[1]:
        print(gate[sys.argv[2]])' "$@"
}

first_failed() {
	python3 -c '
import json
gates = json.load(open("check.json"))["gates"]
print(next((g["name"] for g in gates if g["verdict"] == "fail"), "none"))'
}

check_json() {
	"${AS[@]}" "$S" check --json -p "$1" >check.json 2>check.err
}

# closed STATUS GATE PID WORD...: both commands are kept out there and say so.
closed() {
	local want=$1 gate=$2 pid=$3 word json_status=0

	shift 3
	run --separate-stderr "${AS[@]}" "$S" record -p "$pid" -d 1 \
	    -o "$OUT_DIR/out.pb.gz"
	refused "$want"
	[[ $stderr == "scrape: PID $pid"* ]] || fail "it names no PID: $stderr"
	for word in "$pid" "$@"; do
		mentions "$word"
	done
	[ ! -e "$OUT_DIR/out.pb.gz" ] || fail "it left a file"
	said=$stderr

	run --separate-stderr "${AS[@]}" "$S" check -p "$pid"
	same "status of check" "$status" "$want"
	same "standard error of check" "$stderr" ""
	[[ $output == *"FAIL  $gate "* ]] || fail "check does not say so: $output"
	[[ ${lines[-1]} == "scrape cannot read PID $pid"* ]] ||
	    fail "the summary is not last: $output"
	check_json "$pid" || json_status=$?
	same "status of check --json" "$json_status" "$want"
	same "first gate that is closed" "$(first_failed)" "$gate"
}

# What record, in closed, said to type.
says_try() {
	[[ $said == *"try: $1"* ]] || fail "it does not say '$1': $said"
}

is_somebodys() { [ "$(status_field "$PID" Uid)" = "$1" ]; }

@test "nothing is closed: check ends with 0, and stops nothing" {
	start spin 1 60
	check_json "$PID"
	same "first gate that is closed" "$(first_failed)" none
	same "attach" "$(gate attach verdict)" pass
	assert_unharmed "$PID"
}

@test "gone: 3" {
	start exits 0
	fixture_ends "$PID"
	closed 3 exists "$PID" "no such process"
}

@test "not a number of a process: 2" {
	for bad in 0 -1 x 99999999999999999999 ''; do
		run --separate-stderr "$SCRAPE" check -p "$bad"
		same "exit status" "$status" 2
		mentions "'$bad'"
	done
}

outer_of_inner() {
	outer=$(grep -l "^NSpid:.*[[:space:]]$inner\$" /proc/[0-9]*/status \
	    2>/dev/null | cut -d/ -f3)
	[ -n "$outer" ]
}

# A process in a PID namespace of its own: it is inner there and outer here.
# The numbers begin high, where nothing else has one.
start_inner() {
	need_root
	need_program unshare
	# shellcheck disable=SC2016
	unshare --pid --fork --mount-proc --kill-child sh -c '
		echo 3999000 >/proc/sys/kernel/ns_last_pid
		"$FIXTURES/idle" 60' >inner.out 2>&1 3>&- &
	STARTED+=($!)
	eventually grep -q ^pid inner.out
	inner=$(truth pid inner.out)
	[ ! -e "/proc/$inner" ] || skip "PID $inner is taken out here"
	eventually outer_of_inner
}

@test "a number of an inner PID namespace: 3, and what it is out here" {
	start_inner
	closed 3 exists "$inner" "PID $outer"
	says_try "scrape record -p $outer"
	is_untouched "$outer"
}

@test "/proc of another PID namespace: 4" {
	need_root
	need_program unshare
	start idle 60
	AS=(unshare --pid --fork)
	closed 4 pid-namespace "$PID" "another PID namespace"
	assert_idle "$PID"
}

@test "no /proc at all: 4" {
	need_root
	need_program unshare
	start idle 60
	# shellcheck disable=SC2016
	AS=(unshare --mount sh -c 'mount -t tmpfs none /proc && exec "$@"' -)
	"${AS[@]}" true || skip "nothing can be mounted here"
	"${AS[@]}" "$S" --version >/dev/null 2>&1 ||
	    skip "sanitizers do not work without /proc"
	closed 4 pid-namespace "$PID" "not mounted" "mount -t proc"
	assert_idle "$PID"
}

# hidden OPTION: /proc in a mount namespace of our own hides what is others'.
hidden() {
	use_public
	start idle 60
	# shellcheck disable=SC2016
	AS=(unshare --mount sh -c 'mount -t proc -o "$0" proc /proc &&
	    exec "$@"' "$1" "${AS_NOBODY[@]}")
	"${AS[@]}" true || skip "/proc cannot be mounted here"
	closed 4 visible "$PID" "$2"
	assert_idle "$PID"
}

@test "hidepid=2: 4, and that it exists" {
	hidden hidepid=2 hidepid=
}

@test "hidepid=1: 4" {
	hidden hidepid=1 hidepid=
}

@test "a thread: its process, and that is said" {
	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	tid=$(grep -l '^worker-0$' "/proc/$PID/task/"*/comm | cut -d/ -f5)
	check_json "$tid"
	same "process" "$(gate process verdict)" warn
	[[ $(gate process what) == *"$tid"*"$PID"* ]]
	assert_unharmed "$PID"
}

@test "itself: 2" {
	# shellcheck disable=SC2016
	run --separate-stderr sh -c 'exec "$SCRAPE" record -p $$ -d 1 -o o.pb.gz'
	refused 2
	mentions itself
	# shellcheck disable=SC2016
	run --separate-stderr sh -c 'exec "$SCRAPE" check $$'
	same "exit status" "$status" 2
	[[ $output == *"FAIL  not-self "* ]]
}

@test "a zombie: 5, and who should wait for it" {
	start zombie
	eventually grep -q ^zombie "$OUT"
	closed 5 alive "$(truth zombie)" zombie "$PID (zombie)"
	says_try "scrape record -p $PID"
}

@test "a kernel thread: 5" {
	[ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ] ||
	    skip "PID 2 is no kernel thread here"
	closed 5 user-space 2 kthreadd "kernel thread" "perf top"
}

@test "stopped by job control: no failure, and that is said" {
	start idle 60
	kill -STOP "$PID"
	is_stopped() { [ "$(status_field "$PID" State)" = T ]; }
	eventually is_stopped
	check_json "$PID"
	same "runnable" "$(gate runnable verdict)" warn
	same "try" "$(gate runnable try)" "kill -CONT $PID"
	same "state" "$(status_field "$PID" State)" T
}

# traced TARGET TRACER NAME: recorded all the same, and said to be.
traced() {
	run --separate-stderr "$S" record -d 1 -o out.pb.gz -p "$1"
	same "exit status" "$status" 0
	mentions "PID $1 is traced by PID $2 ($3)"
	check_json "$1"
	same "verdict of check" "$(gate tracer verdict)" warn
	[[ $(gate tracer why) == *"PID $2 ($3)"* ]] ||
	    fail "check does not say by whom"
}

@test "already traced: recorded, and by whom; the tracer keeps it" {
	local tracer

	start spin 1 60
	target=$PID
	start traces "$target"
	tracer=$PID
	traced "$target" "$tracer" traces
	same "tracer" "$(status_field "$target" TracerPid)" "$tracer"
	kill -KILL "$tracer"
	eventually is_untouched "$target"
	assert_unharmed "$target"
}

@test "already traced by strace: recorded" {
	local tracer

	need_program strace
	start spin 1 60
	strace -p "$PID" -o strace.out 2>/dev/null 3>&- &
	tracer=$!
	STARTED+=("$tracer")
	is_traced() { [ "$(status_field "$PID" TracerPid)" != 0 ]; }
	eventually is_traced
	traced "$PID" "$tracer" strace
}

@test "traced from a PID namespace that is not seen: check finds out" {
	start_inner
	start traces "$outer"
	same "tracer" "$(status_field "$outer" TracerPid)" "$PID"
	# From inside the tracer has no number.
	run nsenter --target "$outer" --pid --mount "$SCRAPE" check --json \
	    -p "$inner"
	same "exit status" "$status" 4
	echo "$output" >check.json
	same "first gate that is closed" "$(first_failed)" attach
	[[ $(gate attach why) == *"another PID namespace"* ]]
}

@test "somebody else's: 4, whose it is, and what to do" {
	use_public
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60
	AS=(setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)
	closed 4 owner "$PID" nobody "scrape runs as root without CAP_SYS_PTRACE"
	assert_idle "$PID"
}

@test "root's, for nobody: 4, sudo" {
	use_public
	start idle 60
	AS=("${AS_NOBODY[@]}")
	closed 4 owner "$PID" "belongs to root" "runs as nobody"
	says_try "sudo scrape record -p $PID"
	assert_idle "$PID"
}

@test "the same user in another group: 4" {
	use_public
	start_program setpriv --reuid="$NOBODY" --regid=5 --clear-groups \
	    "$PUBLIC/idle" 60
	AS=("${AS_NOBODY[@]}")
	closed 4 owner "$PID" group nogroup
	assert_idle "$PID"
}

@test "another saved user: 4" {
	use_public
	AS=("${AS_NOBODY[@]}")
	# By Python: any exec makes the saved id what the effective one is.
	start_program python3 -c '
import os, time
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 1)
print("pid", os.getpid(), flush=True)
time.sleep(60)'
	closed 4 owner "$PID" "real, effective, saved"
	assert_idle "$PID"
}

@test "not dumpable: 4" {
	use_public
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60 nodump
	AS=("${AS_NOBODY[@]}")
	closed 4 dumpable "$PID" dumpable PR_SET_DUMPABLE sudo
	assert_idle "$PID"
}

@test "more capabilities than scrape has: 4" {
	use_public
	start idle 60
	AS=(setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)
	closed 4 capabilities "$PID" "capabilities that scrape lacks"
	assert_idle "$PID"
}

@test "no CAP_SYS_PTRACE in a container: the line to type for it" {
	need_root
	need_program setpriv unshare
	start idle 60
	mkdir -p run
	# shellcheck disable=SC2016
	AS=(unshare --mount sh -c '
		mount -t tmpfs none /run && touch /run/.containerenv && exec "$@"
	    ' - setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)
	"${AS[@]}" true || skip "no tmpfs can be mounted here"
	closed 4 capabilities "$PID"
	says_try "podman run --cap-add=SYS_PTRACE"
	same "container" "$(gate container verdict)" warn
	# shellcheck disable=SC2016
	AS=(unshare --mount sh -c 'mount -t tmpfs none /run &&
		mkdir -p /run/secrets/kubernetes.io && exec "$@"
	    ' - setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)
	closed 4 capabilities "$PID"
	says_try "securityContext.capabilities.add: [SYS_PTRACE]"
}

@test "another user namespace: 4" {
	need_program unshare
	start idle 60
	AS=(unshare --user --map-root-user)
	"${AS[@]}" true || skip "no user namespaces here"
	closed 4 user-namespace "$PID" "user namespace"
	assert_idle "$PID"
}

@test "another user namespace, without a name in it: 4" {
	use_public
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60
	AS=(unshare --user --)
	"${AS[@]}" true || skip "no user namespaces here"
	closed 4 user-namespace "$PID" "user namespace"
	assert_idle "$PID"
}

@test "yama: 4, and its level" {
	scope=/proc/sys/kernel/yama/ptrace_scope
	[ -e "$scope" ] || skip "this kernel has no Yama: see t_gate"
	[ "$(cat "$scope")" = 1 ] || skip "ptrace_scope is $(cat "$scope")"
	use_public
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60
	AS=("${AS_NOBODY[@]}")
	closed 4 yama "$PID" "ptrace_scope is 1"
}

@test "a seccomp filter that refuses ptrace: 4" {
	start idle 60
	AS=("${NO_LEAKS[@]}" "$FIXTURES/sandbox" ptrace)
	closed 4 seccomp "$PID" "seccomp filter" ptrace EPERM
	AS=("${NO_LEAKS[@]}" "$FIXTURES/sandbox" ptrace,process_vm_readv)
	closed 4 seccomp "$PID" "seccomp filter" ptrace EPERM
	assert_idle "$PID"
}

@test "a filter that refuses process_vm_readv only: a warning, whole stacks" {
	start spin 1 60
	AS=("$FIXTURES/sandbox" process_vm_readv)
	check_json "$PID"
	same "first gate that is closed" "$(first_failed)" none
	same "seccomp" "$(gate seccomp verdict)" warn
	[[ $(gate seccomp why) == */proc/PID/mem* ]]
	run --separate-stderr "${AS[@]}" "$S" record -p "$PID" -d 1 \
	    -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	at_least "complete" "$(python3 -c '
import json
print(json.load(open("stats.json"))["complete"])')" 0.99
	assert_unharmed "$PID"
}

@test "a 32-bit process: 5" {
	need_fixture idle32
	start idle32
	grep -q ready "$OUT" || skip "the kernel runs no 32-bit programs"
	closed 5 bitness "$PID" "32-bit x86" x86-64
	assert_idle "$PID"
}

@test "nobody may look at what is nobody's" {
	use_public
	[ ! -e /proc/sys/kernel/yama/ptrace_scope ] ||
	    [ "$(cat /proc/sys/kernel/yama/ptrace_scope)" = 0 ] ||
	    skip "Yama forbids that"
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60
	run --separate-stderr "${AS_NOBODY[@]}" "$S" check "$PID"
	same "exit status" "$status" 0
	assert_idle "$PID"
}

@test "an ended main thread is no zombie" {
	start leaderless
	is_leaderless() { [ "$(status_field "$PID" State)" = Z ]; }
	eventually is_leaderless
	check_json "$PID"
	same "first gate that is closed" "$(first_failed)" none
	same "bitness" "$(gate bitness verdict)" pass
}
