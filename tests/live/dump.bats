#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# dump.bats - every thread's stack, now, and what it waits for

load dump

# start_sleeping FIXTURE ARG...: until all its threads wait.
start_sleeping() {
	start "$@"
	eventually all_sleep "$PID"
}

start_waits() {
	start_sleeping blocked "$PWD/fifo" "$@"
}

ends_with() {
	[[ $1 == *"$2" ]] || fail "'$1' does not end with '$2'"
}

# lines_with WORD: how many lines of the text have it.
lines_with() {
	grep -cF -- "$1" dump.out || true
}

# --- what it shows

@test "the process: its id, name and executable, and when" {
	local before after

	start idle 60
	before=$(date -u +%Y-%m-%dT%H:%M:%S)
	json -p "$PID"
	after=$(date -u +%Y-%m-%dT%H:%M:%S)
	same "pid comm exe" "$(saw get dump.out pid comm exe)" \
	    "$PID idle $(realpath "$FIXTURES/idle")"
	[[ ! $(saw get dump.out time) < $before ]] || fail "the time is before"
	[[ ! $(saw get dump.out time | cut -c1-19) > $after ]] ||
	    fail "the time is after"
	ends_with "scrape $(saw get dump.out version)" \
	    "$("$SCRAPE" --version | sed -n '1s/.* //p')"
	same "messages" "$stderr" ""
}

@test "a bare number is a PID" {
	start idle 60
	json "$PID"
	same "pid" "$(saw get dump.out pid)" "$PID"
}

@test "every thread, sorted, with its name and state" {
	start spin 3 60
	eventually threads_named "$PID" 3 worker-
	json -p "$PID"
	same "threads" "$(saw threads dump.out)" "$(tids "$PID")"
	same "names" "$(saw threads dump.out name | sort | paste -sd' ')" \
	    "spin worker-0 worker-1 worker-2"
	for i in 0 1 2; do
		same "state of worker-$i" \
		    "$(saw thread dump.out worker-$i state)" R
		same "its system call" \
		    "$(saw thread dump.out worker-$i syscall)" null
		same "its end" "$(saw thread dump.out worker-$i end)" root
		saw chain dump.out worker-$i "worker;spin"
	done
	same "state of main" "$(saw thread dump.out main state)" S
	same "what main waits in" \
	    "$(saw thread dump.out main syscall.name)" futex
	saw chain dump.out main "main"
	assert_unharmed "$PID"
}

@test "five hundred threads, all of them" {
	start_sleeping pool 500
	json -p "$PID"
	same "threads" "$(saw threads dump.out | sort -n)" "$(tids "$PID")"
	same "threads that wait for work" \
	    "$(saw with dump.out "worker;wait_for_work")" 500
}

@test "what each thread waits for, and where" {
	local call text

	start_waits
	json -p "$PID"
	while read -r call text; do
		same "system call" \
		    "$(saw thread dump.out "$call" syscall.name)" "$call"
		[[ $(saw thread dump.out "$call" syscall.text) == "$text"* ]] ||
		    fail "it should say '$text':" \
		        "$(saw thread dump.out "$call" syscall)"
		saw chain dump.out "$call" "waiter;wait_$call"
		same "end of $call" "$(saw thread dump.out "$call" end)" root
		same "state of $call" "$(saw thread dump.out "$call" state)" S
	done < <(truth waits)
	same "number of poll" "$(saw thread dump.out poll syscall.number)" 7
	dump -p "$PID"
	while read -r call text; do
		at_least "lines with $text" "$(lines_with "$text")" 1
		at_least "lines with wait_$call" "$(lines_with "wait_$call")" 1
	done < <(truth waits)
}

@test "frames: where they are, in which module, at which line" {
	local start offset

	start deep-nopie 60
	eventually grep -q running "/proc/$PID/syscall"
	json -p "$PID"
	saw chain dump.out main "main;first;descend;descend;descend;spin"
	file=$(realpath "$FIXTURES/deep-nopie")
	read -r pc offset < <(saw frame dump.out main first pc function_offset)
	start=$(nm "$file" | sed -n 's/^0*\([0-9a-f]*\) t first$/0x\1/p')
	same "start of first" "$(printf '%#x' $((pc - offset)))" "$start"
	same "module, name, flags" "$(saw frame dump.out main first module \
	    system_name inlined signal_frame guessed)" \
	    "$file first false false false"
	same "module_offset" \
	    "$(saw frame dump.out main first module_offset)" "$pc"
	same "build id" "$(saw frame dump.out main first build_id)" \
	    "$(readelf -n "$file" | sed -n 's/.*Build ID: //p')"
	read -r source line < <(saw frame dump.out main first file line)
	ends_with "$source" fixtures/programs/deep.c
	same "line of the call" "$(sed -n "${line}p" "$source" | tr -d '\t')" \
	    "descend_ptr(depth);"
}

@test "a shared object: module_offset is its own address" {
	start_sleeping idle 60
	json -p "$PID"
	read -r function module offset < <(saw frame dump.out main poll \
	    function module module_offset 2>/dev/null ||
	    saw frame dump.out main __poll function module module_offset)
	at=$(addr2line -f -e "$module" $((offset - 1)) 2>/dev/null | head -n 1)
	start=$(readelf -sW --dyn-syms "$module" |
	    awk '$8 ~ /^poll@/ { print "0x" $2; exit }')
	[ -n "$start" ] || skip "libc has no symbol poll"
	at_least "offset of $function in libc" $((offset)) $((start))
	at_most "offset of $function in libc" $((offset)) $((start + 512))
}

@test "inlined calls, innermost first; --no-inline, --no-lines" {
	start inline 60
	json -p "$PID"
	"$FIXTURES/inline" 0.1 >inline.out
	saw inlined dump.out main "$(truth inlined inline.out)"
	same "innermost" "$(saw frame dump.out main innermost inlined)" true
	json --no-inline -p "$PID"
	[[ $(saw stack dump.out main) != *innermost* ]] ||
	    fail "inlined: $(saw stack dump.out main)"
	saw chain dump.out main "main;outer"
	json --no-lines -p "$PID"
	saw chain dump.out main outer
	same "file and line" "$(saw frame dump.out main outer file line)" \
	    "null null"
}

@test "a signal frame is one" {
	start sigstack 60 alt
	json -p "$PID"
	same "signal frames" "$(saw threads dump.out frames |
	    grep -o '"signal_frame": true' | grep -c .)" 1
	same "end" "$(saw thread dump.out main end)" root
}

@test "guessed frames say so, in both forms" {
	start nocfi-fp 60
	json -p "$PID"
	saw chain dump.out main "main;first;second;third"
	same "guessed" "$(saw frame dump.out main first guessed)" true
	same "guessed" "$(saw frame dump.out main third guessed)" false
	dump -p "$PID"
	grep -F first dump.out | grep -qi -e guess -e '?' -e '~' ||
	    fail "no mark: $(grep -F first dump.out)"
}

@test "--max-depth: the leaf stays, and it is said that more was cut" {
	start deep 60 100
	json --max-depth 7 -p "$PID"
	same "frames" "$(saw physical dump.out main)" 7
	same "end complete" "$(saw threads dump.out end complete)" "depth false"
	saw chain dump.out main "descend;descend;descend;descend"
	dump --max-depth 7 -p "$PID"
	at_least "lines that say depth" "$(lines_with depth)" 1
	json -p "$PID"
	at_least "frames without it" "$(saw physical dump.out main)" 102
	same "end" "$(saw thread dump.out main end)" root
}

@test "a stack of 600 kB is whole" {
	start deep 60 1000
	json --max-depth 2000 -p "$PID"
	same "end" "$(saw thread dump.out main end)" root
	same "descend" "$(saw stack dump.out main | tr ';' '\n' |
	    grep -c '^descend$')" 1000
}

# --- which threads and processes

@test "-t and --thread choose threads" {
	start spin 3 60
	eventually threads_named "$PID" 3 worker-
	tid=$(grep -l '^worker-1$' "/proc/$PID/task/"*/comm | cut -d/ -f5)
	json -p "$PID" -t "$tid"
	same "threads" "$(saw threads dump.out tid name)" "$tid worker-1"
	# The first is not dropped in silence.
	dump --json -p "$PID" -t "$tid" -t "$PID"
	refused 2
	json -p "$PID" --thread '^worker-[02]$'
	same "threads" "$(saw threads dump.out name | sort | paste -sd' ')" \
	    "worker-0 worker-2"
}

@test "a thread that is not there: refused, and named" {
	start idle 60
	dump --json -p "$PID" -t 1
	[ "$status" != 0 ] || fail "it found a thread"
	same "standard output" "$output" ""
	mentions "$PID"
	dump -p "$PID" --thread nonesuch
	[ "$status" != 0 ] || [ -n "$stderr" ] || fail "nothing was said"
	dump -p "$PID" --thread '('
	same "exit status of a bad expression" "$status" 2
	dump -p "$PID" -t x
	same "exit status of a bad number" "$status" 2
}

@test "a thread's id stands for its process" {
	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	tid=$(grep -l '^worker-0$' "/proc/$PID/task/"*/comm | cut -d/ -f5)
	json -p "$tid"
	same "pid" "$(saw get dump.out pid)" "$PID"
	same "threads" "$(saw threads dump.out)" "$(tids "$PID")"
	mentions "$tid"
}

@test "-n and --interval: so many dumps, so far apart" {
	local from to

	start idle 60
	from=$(date +%s%N)
	json -n 3 --interval 200ms -p "$PID"
	to=$(date +%s%N)
	same "dumps" "$(saw get dump.out pid | paste -sd' ')" "$PID $PID $PID"
	at_least "milliseconds" $(((to - from) / 1000000)) 390
	same "lines" "$(grep -c . dump.out)" 3
	same "times" "$(saw get dump.out time | sort -u | grep -c .)" 3
	dump -n 2 --interval 10ms -p "$PID"
	same "exit status" "$status" 0
	at_least "lines with the PID" "$(lines_with "$PID")" 2
	for bad in "-n 0" "-n x" "-n -1" "--interval x" "--interval -1" \
	    "--max-depth 0" "--color sometimes"; do
		# shellcheck disable=SC2086
		dump -p "$PID" $bad
		same "exit status of $bad" "$status" 2
		same "standard output" "$output" ""
	done
}

@test "several processes, in the order they were named" {
	start idle 60
	first=$PID
	start spin 1 60
	json -p "$PID" -p "$first"
	same "pids" "$(saw get dump.out pid | paste -sd' ')" "$PID $first"
	same "names" "$(saw get dump.out comm | paste -sd' ')" "spin idle"
	dump -p "$PID" -p "$first"
	at_least "lines with idle" "$(lines_with idle)" 1
	at_least "lines with spin" "$(lines_with spin)" 1
}

@test "one of several processes is gone: the others are shown, 3" {
	start exits 0
	fixture_ends "$PID"
	gone=$PID
	start idle 60
	dump --json -p "$gone" -p "$PID"
	same "exit status" "$status" 3
	mentions "$gone"
	same "pids" "$(saw get dump.out pid)" "$PID"
}

@test "--children: the whole tree below, each process once" {
	local pids

	start_program bash -c 'bash -c "sleep 60 & sleep 60 & wait" & echo ready
	    wait'
	tree_stands() { [ "$(tree "$PID" | grep -c .)" = 4 ]; }
	tree() {
		local p

		echo "$1"
		for p in $(pgrep -P "$1"); do tree "$p"; done
	}
	eventually tree_stands
	pids=$(tree "$PID" | sort -n)
	# shellcheck disable=SC2206
	STARTED+=($pids)
	eventually all_sleep "$(tail -n 1 <<<"$pids")"
	json --children -p "$PID"
	same "pids" "$(saw get dump.out pid | sort -n)" "$pids"
	same "first" "$(saw get dump.out pid | head -n 1)" "$PID"
	json --children -p "$PID" -p "$(tail -n 1 <<<"$pids")"
	same "pids, each once" "$(saw get dump.out pid | sort -n)" "$pids"
	json -p "$PID"
	same "pids without it" "$(saw get dump.out pid)" "$PID"
}

@test "no process, no such process" {
	dump --json
	same "exit status" "$status" 2
	same "standard output" "$output" ""
	start exits 0
	fixture_ends "$PID"
	dump --json -p "$PID"
	refused 3
	mentions "$PID"
}

@test "a process whose main thread has ended" {
	start leaderless 60
	eventually threads_named "$PID" 2 ""
	has_lost_its_leader() { [ "$(status_field "$PID" State)" = Z ]; }
	eventually has_lost_its_leader
	dump --json -p "$PID"
	same "exit status" "$status" 0
	saw valid dump.out
	same "threads" "$(saw threads dump.out)" "$(tids "$PID")"
	same "threads in survivor" "$(saw with dump.out "survivor;spin")" 1
	same "state of the first" "$(saw thread dump.out main state)" Z
}

@test "threads that come and go while it looks" {
	start churn 60
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		json -p "$PID"
		# glibc ends the CFI of clone3 before its system call.
		[[ $(saw stack dump.out main) == *clone3 ]] || same \
		    "main's end" "$(saw thread dump.out main end)" root
	done
	assert_unharmed "$PID"
}

# --- what it does to the target

# Not "needs no stop": did not stop. The walks of this fixture need none.
@test "threads that wait are not stopped, and no wait ends" {
	need_program strace
	start_waits
	json -p "$PID"
	same "microseconds stopped" \
	    "$(saw threads dump.out stopped_us | awk '{ s += $1 } END { print s }')" 0
	"${NO_LEAKS[@]}" strace -f -o ptrace.out -e trace=ptrace \
	    "$SCRAPE" dump -p "$PID" >traced.out 2>&1
	# What it may try on itself is its own.
	tids "$PID" | sed 's/.*/ptrace([A-Z_]*, &,/' >patterns
	run ! grep -f patterns ptrace.out
	at_least "lines of that dump" "$(grep -c . traced.out)" 30
	for _ in $(seq 20); do
		"$SCRAPE" dump -p "$PID" >/dev/null
	done
	kill -TERM "$PID"
	fixture_ends "$PID"
	truth returned >returned
	same "waits" "$(grep -c . returned)" 11
	same "waits that ended" "$(grep -v ' 0$' returned | paste -sd' ')" ""
}

@test "no call of an event loop fails because of it, frozen or not" {
	start eventloop 60
	for _ in $(seq 40); do
		"$SCRAPE" dump -p "$PID" >/dev/null
		"$SCRAPE" dump --freeze -p "$PID" >/dev/null
	done
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "rounds" "$(truth rounds)" 1000
	same "calls that failed with EINTR" "$(truth eintr)" 0
	same "calls that failed" "$(truth errors)" 0
}

@test "--freeze stops all threads, and tells for how long" {
	start_waits
	json --freeze -p "$PID"
	same "threads that were not stopped" "$(saw threads dump.out stopped_us |
	    awk '$1 <= 0' | grep -c .)" 0
	same "threads" "$(saw threads dump.out)" "$(tids "$PID")"
	same "incomplete" "$(saw threads dump.out end | grep -cv root)" 0
	dump --freeze -p "$PID"
	grep -qi -e frozen -e freeze -e froze -e held -e stopped dump.out \
	    dump.err || fail "it does not say that it was frozen"
	grep -q '[0-9] \?[mµu]\?s' dump.out dump.err ||
	    fail "it does not say for how long"
	is_untouched "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "waits that ended" "$(truth returned |
	    grep -v -e ' 0$' | paste -sd' ')" ""
}

# Without --freeze one dump in ten has two.
@test "--freeze is one moment: never two threads in with_lock" {
	start turns 120 12
	json --freeze --no-lines -n 40 --interval 1ms -p "$PID"
	saw with dump.out with_lock >holders
	same "dumps" "$(grep -c . holders)" 40
	same "dumps with two holders" "$(grep -cv '^[01]$' holders)" 0
	at_least "dumps with one" "$(grep -c 1 holders)" 10
	assert_unharmed "$PID"
}

@test "a target stopped by job control is shown, and stays stopped" {
	is_stopped() { [ "$(status_field "$PID" State)" = T ]; }

	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	kill -STOP "$PID"
	eventually is_stopped
	for option in --no-fold --freeze; do
		json $option -p "$PID"
		same "states" "$(saw threads dump.out state | sort -u)" T
		saw chain dump.out worker-0 "worker;spin"
		saw chain dump.out worker-1 "worker;spin"
		same "ends" "$(saw threads dump.out end | sort -u)" root
		same "state after it" "$(status_field "$PID" State)" T
		same "tracer" "$(status_field "$PID" TracerPid)" 0
	done
	kill -CONT "$PID"
	eventually is_untouched "$PID"
	assert_unharmed "$PID"
}

@test "SIGKILL of a dump at a random instant leaves the target running" {
	local at option

	start spin 4 120
	for _ in $(seq 10); do
		for option in --no-fold --freeze; do
			at=0.0$((RANDOM % 50 + 10))
			"$SCRAPE" dump $option -n 1000 --interval 1ms \
			    -p "$PID" >/dev/null 2>&1 3>&- &
			SCRAPE_PID=$!
			STARTED+=("$SCRAPE_PID")
			sleep "$at"
			kill -KILL "$SCRAPE_PID" 2>/dev/null || true
			wait "$SCRAPE_PID" 2>/dev/null || true
			assert_unharmed "$PID" || fail "$option, after $at s"
		done
	done
}

@test "^C between two dumps: what there is, and at once" {
	local before=$SECONDS status=0

	start idle 60
	env --default-signal=INT,QUIT "$SCRAPE" dump --json -n 100 \
	    --interval 60s -p "$PID" >dump.out 2>dump.err </dev/null 3>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	has_one() { [ -s dump.out ]; }
	# The first is there before the wait for the second.
	eventually has_one
	kill -INT "$SCRAPE_PID"
	wait "$SCRAPE_PID" || status=$?
	at_most "seconds" $((SECONDS - before)) 20
	same "dumps" "$(saw get dump.out pid)" "$PID"
	[ "$status" = 0 ] || [ "$status" = 130 ] || fail "status $status"
}

# --- the text

@test "identical stacks are folded, --no-fold shows each" {
	start_sleeping pool 20
	dump -p "$PID"
	same "exit status" "$status" 0
	same "lines with wait_for_work" "$(lines_with wait_for_work)" 1
	grep -qw 20 dump.out || fail "the count is not there: $output"
	dump --no-fold -p "$PID"
	same "lines with wait_for_work" "$(lines_with wait_for_work)" 20
	for i in 0 7 19; do
		same "lines with pool-$i" "$(grep -cw "pool-$i" dump.out)" 1
	done
	for tid in $(tids "$PID"); do
		grep -qw "$tid" dump.out || fail "no thread $tid"
	done
	json -p "$PID"
	same "threads in JSON, never folded" "$(saw threads dump.out |
	    grep -c .)" 21
}

@test "colours: only when asked for, or on a terminal without NO_COLOR" {
	local escape=$'\e['

	need_program script
	start idle 60
	on_tty() {
		script -qec "$1 \"$SCRAPE\" dump $2 -p $PID" /dev/null </dev/null
	}
	dump -p "$PID"
	[[ $output != *"$escape"* ]] || fail "colours in a file"
	dump --color always -p "$PID"
	[[ $output == *"$escape"* ]] || fail "no colours"
	# Without them it is the same text.
	[[ $(on_tty "env -u NO_COLOR TERM=xterm" "") == *"$escape"* ]] ||
	    fail "no colours on a terminal"
	[[ $(on_tty "env NO_COLOR=1 TERM=xterm" "") != *"$escape"* ]] ||
	    fail "colours in spite of NO_COLOR"
	[[ $(on_tty "env -u NO_COLOR TERM=xterm" "--color=never") != \
	    *"$escape"* ]] || fail "colours in spite of --color=never"
	dump --json --color always -p "$PID"
	saw valid dump.out
}

@test "a reader that goes away, a disk that is full" {
	start_sleeping pool 300
	run --separate-stderr bash -c \
	    'set -o pipefail; "$SCRAPE" dump --no-fold -p "$0" | head -n 1' \
	    "$PID"
	[[ $stderr != *rror* ]] || fail "noise: $stderr"
	run --separate-stderr bash -c \
	    '"$SCRAPE" dump -p "$0" >/dev/full' "$PID"
	same "exit status" "$status" 1
	mentions "No space left on device"
}

@test "-q and -v: only what is on stderr differs" {
	start idle 60
	dump -q -p "$PID"
	same "exit status" "$status" 0
	same "messages" "$stderr" ""
	dump -v --json -p "$PID"
	same "exit status" "$status" 0
	saw valid dump.out
}

# --- hostile names

# Bytes that a terminal would act on; a newline and a tab are layout.
control_bytes() {
	LC_ALL=C tr -d '\n\t\040-\176\240-\377' <"$1" | od -An -c | head -n 1
}

@test "a thread's name with escape sequences is harmless and readable" {
	start_program "$FIXTURES/spin" 1 60 $'\e[31mX\a\xff'
	eventually threads_named "$PID" 1 $'\e'
	dump -p "$PID"
	same "exit status" "$status" 0
	same "control bytes" "$(control_bytes dump.out)" ""
	grep -qF '[31mX' dump.out || fail "the name is not there: $output"
	iconv -f utf-8 -t utf-8 dump.out >/dev/null || fail "not UTF-8"
	json -p "$PID"
	saw threads dump.out name | grep -qF '[31mX'
}

@test "a name of a process and a folder with control bytes is harmless" {
	local folder=$'d\e]0;title\a\n"\\'

	mkdir "$folder"
	cp "$FIXTURES/idle" "$folder/"$'i\e[2J\r'
	start_program "$folder/"$'i\e[2J\r' 60
	dump -p "$PID"
	same "exit status" "$status" 0
	same "control bytes" "$(control_bytes dump.out)" ""
	json -p "$PID"
	saw get dump.out exe | grep -qF 'title'
}

@test "a symbol with control bytes is harmless and readable" {
	gcc -O2 -fomit-frame-pointer -c -o deep.o "$SOURCES/deep.c"
	objcopy --redefine-sym first=$'fir\e[31mst\r\x9b\xff"\\' deep.o evil.o
	gcc -o evil evil.o
	start_program ./evil 60
	json -p "$PID"
	saw stack dump.out main | grep -q 'main;fir.*\[31mst.*;descend'
	dump -p "$PID"
	same "control bytes" "$(control_bytes dump.out)" ""
	iconv -f utf-8 -t utf-8 dump.out >/dev/null || fail "not UTF-8"
	grep -qF '[31mst' dump.out || fail "the name is not there: $output"
	dump --color always -p "$PID"
	[[ $output != *$'\e[31mst'* ]] || fail "the symbol's escape is there"
}

# --- saved, and shown again

# As Debian's musl: what unwinds it is in another file.
@test "a snapshot's extract has the CFI of the debug file" {
	cp "$FIXTURES/deep-debug-frame" program
	id=$(readelf -n program | sed -n 's/.*Build ID: //p')
	mkdir -p "debug/.build-id/${id:0:2}"
	objcopy --only-keep-debug program \
	    "debug/.build-id/${id:0:2}/${id:2}.debug"
	strip program
	start_program ./program 60
	"$SCRAPE" record -q --debug-path debug --save-snapshots saved -d 0.5 \
	    -p "$PID" -o debug.pb.gz 3>&-
	kill -KILL "$PID"
	rm -r program debug
	files=(saved/*.core)
	json --from-snapshot "${files[0]}"
	same "end" "$(saw thread dump.out main end)" root
	saw chain dump.out main "main;first;descend;descend;descend;spin"
}

@test "a saved snapshot shows the same stacks" {
	start_waits
	mkdir saved
	json --save-snapshots saved -p "$PID"
	mv dump.out live.out
	files=(saved/*)
	same "files" "${#files[@]}" 1
	kill -KILL "$PID"
	dump --json --from-snapshot "${files[0]}"
	same "exit status" "$status" 0
	saw valid dump.out
	saw same dump.out live.out
	# A snapshot has no system calls.
	same "waits for" "$(saw threads dump.out syscall | sort -u)" null
	dump --from-snapshot "${files[0]}"
	same "exit status" "$status" 0
	at_least "lines with wait_poll" "$(lines_with wait_poll)" 1
}
