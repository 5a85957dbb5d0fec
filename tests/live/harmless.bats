#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# harmless.bats - whatever happens to scrape, nothing happens to the target
#
# SCRAPE_KILLS: how often scrape is killed (20; tests/proofs/kill.sh: 200).
# SCRAPE_DUMPS: how often a test dumps (40; tests/proofs/harm.sh: 1,000).

load dump

KILLS=${SCRAPE_KILLS:-20}

# Seconds between nothing and 0.4, so that start, attaching, sampling, naming
# and writing of a recording that takes 0.25 s are all hit.
random_instant() {
	printf '0.%03d\n' $((RANDOM % 400))
}

# kill_recordings OPTION...: of PID, again and again.
kill_recordings() {
	local i at

	for ((i = 0; i < KILLS; i++)); do
		at=$(random_instant)
		"$SCRAPE" record -p "$PID" -d 0.25 -o out.pb.gz "$@" \
		    >/dev/null 2>&1 3>&- &
		SCRAPE_PID=$!
		STARTED+=("$SCRAPE_PID")
		sleep "$at"
		kill -KILL "$SCRAPE_PID" 2>/dev/null || true
		wait "$SCRAPE_PID" 2>/dev/null || true
		assert_unharmed "$PID" || fail "killed after $at s"
	done
}

# Longer than the kills take on any machine; it is ended by the teardown.
LONG_ENOUGH=$((60 + 4 * KILLS))

@test "SIGKILL of scrape at a random instant leaves the target running" {
	start spin 4 "$LONG_ENOUGH"
	kill_recordings -r 500
}

# Much of the time is stop time; and with many a stop comes a signal.
@test "SIGKILL of scrape in the midst of stops and signals: none is lost" {
	start sigrate "$LONG_ENOUGH" urgent
	kill_recordings -r 5000 --max-pause 100
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "sent" "$(truth "count sent")" 10000
	same "received" "$(truth "count received")" "$(truth "count sent")"
}

@test "SIGKILL of a recording of wall time leaves sleepers asleep" {
	start crowd 20 2 "$LONG_ENOUGH"
	kill_recordings -m wall -r 500
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "waits that ended" "$(truth returned)" 0
}

# SIGSTOP cannot be put off, and comes to every thread of scrape: what is in its
# stop just then, a thread or two, stays there for as long. All others run, and
# none is held when scrape is killed.
@test "SIGSTOP of a recording, then SIGCONT or SIGKILL: nobody stays held" {
	local i held=0

	start sigrate "$LONG_ENOUGH" urgent
	for ((i = 0; i < KILLS; i++)); do
		record_bg -p "$PID" -d 60 -r 1000 --max-pause 100 -o out.pb.gz
		sleep "0.0$((RANDOM % 90 + 10))"
		kill -STOP "$SCRAPE_PID"
		eventually is_suspended
		at_most "threads held" "$(cat "/proc/$PID"/task/*/status |
		    grep -c '^TracerPid:[[:space:]]*[1-9]')" 2
		is_untouched "$PID" || held=$((held + 1))
		if ((i % 2)); then
			kill -CONT "$SCRAPE_PID"
			kill -TERM "$SCRAPE_PID"
			record_ends 0
		else
			end_scrape
		fi
		assert_unharmed "$PID"
	done
	echo "$held of $KILLS times somebody was held" >&2
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "received" "$(truth "count received")" "$(truth "count sent")"
}

@test "SIGKILL of scrape leaves its command running" {
	"$SCRAPE" record -o out.pb.gz -- "$FIXTURES/spin" 2 60 >out 2>&1 3>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	OUT=out
	eventually grep -q '^pid ' out
	PID=$(truth pid)
	STARTED+=("$PID")
	sleep 0.3
	kill -KILL "$SCRAPE_PID"
	wait "$SCRAPE_PID" || true
	assert_unharmed "$PID"
}

@test "no system call of an event loop fails because of a recording" {
	start eventloop 60
	record -p "$PID" -d 3 -r 500 --max-pause 100 -o out.pb.gz \
	    --stats stats.json
	same "exit status" "$status" 0
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	# Nothing is proved where nothing was stopped.
	at_least "stops" "$(look stat stats.json stops)" 200
	at_least "rounds" "$(truth rounds)" 5000
	same "calls that failed with EINTR" "$(truth eintr)" 0
	same "calls that failed" "$(truth errors)" 0
}

@test "no signal is lost or late because of a recording" {
	start signals 3
	record -p "$PID" -d 2.5 -r 500 --max-pause 100 -o out.pb.gz \
	    --stats stats.json
	same "exit status" "$status" 0
	fixture_ends "$PID"
	at_least "stops" "$(look stat stats.json stops)" 200
	at_least "sent" "$(truth sent)" 5000
	same "received" "$(truth received)" "$(truth sent)"
	same "out of order" "$(truth out_of_order)" 0
}

is_stopped() {
	[ "$(status_field "$1" State)" = T ]
}

@test "a target stopped by job control is recorded, and stays stopped" {
	start spin 2 60
	kill -STOP "$PID"
	eventually is_stopped "$PID"
	record -p "$PID" -d 1 -o out.pb.gz
	same "exit status" "$status" 0
	same "state" "$(status_field "$PID" State)" T
	same "tracer" "$(status_field "$PID" TracerPid)" 0
	mentions "used no CPU"
	kill -CONT "$PID"
	eventually is_untouched "$PID"
	assert_unharmed "$PID"
}

@test "SIGSTOP and SIGCONT do what they do while it is recorded" {
	local before

	start spin 2 60
	record_bg -p "$PID" -d 3 -o out.pb.gz
	sleep 0.3
	kill -STOP "$PID"
	eventually is_stopped "$PID"
	before=$(progress "$PID")
	sleep 0.7
	same "state" "$(status_field "$PID" State)" T
	same "CPU time while stopped" "$(progress "$PID")" "$before"
	kill -CONT "$PID"
	eventually has_progressed "$PID" "$before"
	record_ends 0
	assert_unharmed "$PID"
	at_least "percent in spin" "$(look chain out.pb.gz "worker;spin")" 95
}

@test "two recordings at once: both work, or the second says why not" {
	local status2=0

	start spin 2 60
	record_bg -p "$PID" -d 2 --max-pause 100 -o one.pb.gz
	record -p "$PID" -d 1 --max-pause 100 -o two.pb.gz
	status2=$status
	case $status2 in
	0) at_least "samples of the second" "$(look count two.pb.gz)" 50 ;;
	4) mentions "traced" ;;
	*) fail "exit status of the second is $status2" ;;
	esac
	record_ends 0
	at_least "samples of the first" "$(look count one.pb.gz)" 100
	assert_unharmed "$PID"
}

@test "forks under a recording end well, and no child is held" {
	start fork 60 256
	record -p "$PID" -d 2 -r 500 -o out.pb.gz
	same "exit status" "$status" 0
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "forks" "$(truth forks)" 10
	same "children that failed" "$(truth failed)" 0
}

@test "threads that come and go by the hundred are let go" {
	start churn 60
	record -p "$PID" -d 2 -r 500 -o out.pb.gz
	same "exit status" "$status" 0
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
}

@test "an idle target is not stopped at all" {
	local before

	start idle 60
	before=$(sed -n '/ctxt_switches/p' "/proc/$PID/status")
	record -p "$PID" -d 1 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	same "stops" "$(look stat stats.json stops)" 0
	same "turns on a core" \
	    "$(sed -n '/ctxt_switches/p' "/proc/$PID/status")" "$before"
}

# --- scrape dump

# Times that a test dumps; tests/proofs/harm.sh: 1,000.
DUMPS=${SCRAPE_DUMPS:-40}

# in_background COMMAND ARG...: scrape, as a shell with job control starts it.
# Sets SCRAPE_PID. In the tests' own process group, which may be an orphaned
# one, the kernel drops a SIGTSTP: nobody would be there to say fg.
in_background() {
	set -m
	env --default-signal=INT,QUIT "$@" >bg.out 2>bg.err </dev/null 3>&- &
	SCRAPE_PID=$!
	set +m
	STARTED+=("$SCRAPE_PID")
}

# dumps_in_background OPTION...: as long as it is left to.
dumps_in_background() {
	in_background "$SCRAPE" dump -n 100000 --interval 1ms "$@"
}

end_scrape() {
	kill "-${1:-KILL}" "$SCRAPE_PID" 2>/dev/null || true
	wait "$SCRAPE_PID" 2>/dev/null || true
}

ends_well() {
	local status=0

	wait "$1" || status=$?
	same "exit status of $1" "$status" 0
}

# tells_no_lies FILE: of the threads of chains; see dump.py.
tells_no_lies() {
	local complete broken wrong

	read -r complete broken wrong < <(saw one_of "$1" chain- \
	    "$(truth even)" "$(truth odd)")
	at_least "complete stacks" "$complete" 1
	same "stacks of no chain, or of both" "$wrong" 0
	echo "complete $complete, not complete $broken" >&2
}

# kills OPTION...: of a dump with them, while the target runs.
kills() {
	local i at

	for ((i = 0; i < KILLS / 2; i++)); do
		at=0.$(printf '%04d' $((RANDOM % 600)))
		in_background "$SCRAPE" dump "$@" -p "$PID"
		sleep "$at"
		end_scrape
		assert_unharmed "$PID" || fail "dump $*, killed after $at s"
	done
}

@test "SIGKILL of a dump at a random instant leaves the target running" {
	start crowd 20 2 "$LONG_ENOUGH"
	kills
	kills -n 1000 --interval 1ms
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "waits that ended" "$(truth returned)" 0
}

@test "SIGKILL of a frozen dump at a random instant likewise" {
	start crowd 20 2 "$LONG_ENOUGH"
	kills --freeze
	kills --freeze -n 1000 --interval 1ms
	kill -TERM "$PID"
	fixture_ends "$PID"
	# scrape-dump(1): those that had been asked and were not yet copied get
	# EINTR; no more than 8 are asked ahead.
	echo "waits that ended: $(truth returned)" >&2
	at_most "waits that ended" "$(truth returned)" $((8 * KILLS))
}

# A signal in the middle of dumps, and what comes of it.
@test "^C and SIGTERM in the middle of a dump leave the target running" {
	local option signal i

	start crowd 20 2 600
	for ((i = 0; i < KILLS / 8; i++)); do
		for signal in INT TERM; do
			for option in --no-fold --freeze; do
				dumps_in_background $option -p "$PID"
				sleep "0.0$((RANDOM % 90 + 10))"
				end_scrape $signal
				assert_unharmed "$PID"
			done
		done
	done
}

is_suspended() {
	[ "$(status_field "$SCRAPE_PID" State)" = T ]
}

# With so many threads most of the time is stop time.
@test "^Z in the middle of a dump holds nobody; fg goes on with it" {
	local option i lines

	start crowd 100 1 600
	for ((i = 0; i < KILLS / 4; i++)); do
		for option in --no-fold --freeze; do
			dumps_in_background $option -p "$PID"
			eventually test -s bg.out
			sleep "0.0$((RANDOM % 90 + 10))"
			kill -TSTP "$SCRAPE_PID"
			eventually is_suspended
			assert_unharmed "$PID" || fail "held, $option"
			lines=$(wc -c <bg.out)
			kill -CONT "$SCRAPE_PID"
			has_gone_on() { [ "$(wc -c <bg.out)" != "$lines" ]; }
			eventually has_gone_on
			end_scrape
			assert_unharmed "$PID"
		done
	done
}

# SIGSTOP cannot be put off: what is stopped then stays so until SIGCONT, or
# until scrape is killed.
@test "after a SIGSTOP in the middle of a dump all goes on, or with SIGKILL" {
	local signal i

	start crowd 50 1 600
	for ((i = 0; i < KILLS / 4; i++)); do
		for signal in CONT KILL; do
			dumps_in_background --freeze -p "$PID"
			sleep "0.0$((RANDOM % 90 + 10))"
			kill -STOP "$SCRAPE_PID"
			eventually is_suspended
			if [ $signal = CONT ]; then
				kill -CONT "$SCRAPE_PID"
				end_scrape TERM
			else
				end_scrape
			fi
			assert_unharmed "$PID" || fail "after SIG$signal"
		done
	done
	kill -TERM "$PID"
	fixture_ends "$PID"
}

@test "a reader that goes away: no thread stays held" {
	local i

	start crowd 50 2 600
	for ((i = 0; i < KILLS / 2; i++)); do
		"$SCRAPE" dump --no-fold -n 100 --interval 1ms -p "$PID" \
		    2>noise | head -n 1 >/dev/null
		same "noise" "$(cat noise)" ""
		assert_unharmed "$PID"
		"$SCRAPE" dump --freeze -p "$PID" 2>noise | head -n 1 >/dev/null
		assert_unharmed "$PID"
	done
}

# dump_waits OPTION...: of a target whose threads are all in a call
dump_waits() {
	json -n "$DUMPS" --interval 1ms "$@" -p "$PID"
	same "dumps" "$(saw get dump.out pid | grep -c .)" "$DUMPS"
}

# no_wait_ended: and how often one ended that should have.
no_wait_ended() {
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "calls" "$(truth returned | grep -c .)" 14
	same "calls that ended" "$(truth returned | grep -v ' 0$')" ""
	at_least "rounds" "$(truth rounds)" "$1"
}

@test "calls without end do not end, though each thread has to be stopped" {
	start fpwaits 600
	dump_waits --thread '_|read|poll|sel|nano|fut|acc|recv|msg'
	same "threads not stopped" "$(saw threads dump.out stopped_us |
	    awk '$1 <= 0' | grep -c .)" 0
	same "ends" "$(saw threads dump.out end | sort -u)" root
	dump_waits --freeze
	same "ends" "$(saw threads dump.out end | sort -u)" root
	is_untouched "$PID"
	no_wait_ended 0
}

@test "calls that end by their time do so by that alone" {
	start fpwaits 600 1
	dump_waits
	dump_waits --freeze
	assert_unharmed "$PID"
	no_wait_ended "$DUMPS"
}

@test "no signal is lost or late because of a dump" {
	start signals 3
	while ! is_gone "$PID"; do
		"$SCRAPE" dump -n 50 --interval 1ms -p "$PID" >/dev/null || true
		"$SCRAPE" dump --freeze -n 50 --interval 1ms -p "$PID" \
		    >/dev/null || true
	done 2>/dev/null
	fixture_ends "$PID"
	at_least "sent" "$(truth sent)" 1000
	same "received" "$(truth received)" "$(truth sent)"
	same "out of order" "$(truth out_of_order)" 0
}

# A shell hears of its job what it would hear without us, and nothing else.
@test "a parent hears of its job's stops, and of no others" {
	local child

	start jobs 600
	eventually grep -q '^child' "$OUT"
	child=$(truth child)
	for option in --no-fold --freeze; do
		json $option -n "$DUMPS" --interval 1ms -p "$child"
	done
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "rounds" "$(truth rounds)" 5
	same "events that did not come" "$(truth missing)" 0
	same "events without a cause" "$(truth extra)" 0
	same "exit status of the child" "$(truth status)" 42
}

in_vfork() {
	[ "$(status_field "$PID" State)" = D ]
}

@test "a vfork parent, which cannot stop, is shown and keeps nobody waiting" {
	local option

	start vfork 600
	eventually in_vfork
	for option in --no-fold --freeze; do
		json $option -n 10 --interval 1ms -p "$PID"
		same "state" "$(saw thread dump.out main state)" D
		saw chain dump.out main "main;wait_for_child"
		same "ends of the other" "$(saw threads dump.out tid end |
		    grep -v "^$PID " | sort -u | cut -d' ' -f2)" root
		assert_unharmed "$PID"
	done
	# The child ends with its parent.
}

@test "vfork again and again: each child ends well" {
	start vfork 600 1
	for option in --no-fold --freeze; do
		json $option -n "$DUMPS" --interval 1ms -p "$PID"
		assert_unharmed "$PID"
	done
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "forks" "$(truth forks)" 10
	same "children that failed" "$(truth failed)" 0
}

# What holds an exec up holds it for ever or for seconds: a machine that is busy
# does not.
EXEC_MAX_US=3000000

@test "threads that exec while they are dumped" {
	local option

	for option in --no-fold --freeze; do
		start reexec 4
		# It may be a zombie in the midst of an exec, and yet alive.
		until grep -q '^failed' "$OUT"; do
			status=0
			timeout -k 1 30 "$SCRAPE" dump $option -n 20 \
			    --interval 1ms -p "$PID" >dump.out 2>dump.err ||
			    status=$?
			[ "$status" -lt 124 ] || fail "dump $option hangs"
		done
		fixture_ends "$PID"
		at_least "lives" "$(truth lives)" 5
		same "execs that failed" "$(truth failed)" 0
		at_most "microseconds of an exec" "$(truth slowest_us)" \
		    "$EXEC_MAX_US"
	done
}

# The kernel lets a stop and an exec wait for each other for ever.
@test "a program that executes itself while it is recorded" {
	start reexec 600
	run timeout -s KILL 60 "$SCRAPE" record -q -d 3 -r 250 \
	    -o out.pb.gz -p "$PID"
	same "exit status" "$status" 0
	[ -s out.pb.gz ] || fail "no profile"
	assert_unharmed "$PID"
}

@test "a thousand threads a second, none of them lost or held" {
	start storm 600
	for option in --no-fold --freeze; do
		json $option -n "$((2 * DUMPS))" --interval 1ms -p "$PID"
		same "dumps" "$(saw get dump.out pid | grep -c .)" \
		    $((2 * DUMPS))
		assert_unharmed "$PID"
	done
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "threads" "$(truth threads)" 200
	same "threads that did nothing" "$(truth missing)" 0
}

# The last dump before its end is as good as any; after it there is none.
@test "a target that ends while it is dumped ends as it would have" {
	local i option

	for ((i = 0; i < KILLS / 4; i++)); do
		for option in --no-fold --freeze; do
			start spin 3 "0.$((RANDOM % 3))$((RANDOM % 10))"
			dump --json $option -n 100000 --interval 1ms -p "$PID"
			same "exit status" "$status" 0
			saw valid dump.out
			fixture_ends "$PID"
			same "threads that told their work" \
			    "$(truth thread | grep -c .)" 3
		done
	done
}

@test "a main thread that has ended, and others that run: dumped and unharmed" {
	start leaderless 600
	for option in --no-fold --freeze; do
		json $option -n "$DUMPS" --interval 1ms -p "$PID"
		same "others that are neither whole nor explained" \
		    "$(saw threads dump.out tid complete problem |
		        grep -v -e "^$PID " -e ' true null$' \
		            -e 'did not stop' | sort -u)" ""
		same "frames of the main thread" \
		    "$(saw thread dump.out main frames)" "[]"
	done
	assert_unharmed_but_main "$PID"
}

# The main thread is a zombie, which is in no state that tells anything.
assert_unharmed_but_main() {
	local before

	is_untouched "$1" || fail "process $1 is held"
	before=$(progress "$1")
	eventually has_progressed "$1" "$before"
}

@test "a target that gdb holds: shown, without a stop, and still gdb's" {
	local gdb

	need_program gdb
	start blocked "$PWD/fifo" 600
	mkfifo to_gdb
	gdb -nx -q -p "$PID" <to_gdb >gdb.out 2>&1 3>&- &
	gdb=$!
	STARTED+=("$gdb")
	exec 9>to_gdb
	echo 'printf "%s\n", "at" " prompt"' >&9
	eventually grep -q 'at prompt' gdb.out
	for option in --no-fold --freeze; do
		json_of_traced $option -n 5 --interval 1ms -p "$PID"
		same "states" "$(saw threads dump.out state | sort -u)" t
		same "microseconds held" \
		    "$(saw threads dump.out stopped_us | sort -u)" 0.0
		same "tracer" "$(status_field "$PID" TracerPid)" "$gdb"
		saw chain dump.out poll "waiter;wait_poll"
	done
	echo 'detach' >&9
	echo 'quit' >&9
	exec 9>&-
	wait "$gdb"
	kill -TERM "$PID"
	fixture_ends "$PID"
}

# It says on stderr who traces it.
json_of_traced() {
	dump --json "$@"
	same "exit status" "$status" 0
	saw valid dump.out
	mentions gdb
}

# --- several at once

@test "four dumps and a recording at once: all end, and none says what is not" {
	local i pids=()

	start chains-fp 4 600
	for i in 1 2 3 4; do
		"$SCRAPE" dump --json -n "$DUMPS" --interval 1ms \
		    $([ $((i % 2)) = 0 ] && echo --freeze) -p "$PID" \
		    >"many.$i" 2>"many.$i.err" 3>&- &
		pids+=($!)
		STARTED+=($!)
	done
	"$SCRAPE" record -d 1 -o out.pb.gz -p "$PID" >rec.out 2>rec.err 3>&- &
	pids+=($!)
	STARTED+=($!)
	for i in "${pids[@]}"; do
		ends_well "$i"
	done
	for i in 1 2 3 4; do
		saw valid "many.$i"
		same "dumps" "$(saw get "many.$i" pid | grep -c .)" "$DUMPS"
		tells_no_lies "many.$i"
	done
	assert_unharmed "$PID"
}

# --- all together

# Which of them get no CPU in time is the machine's affair; that none is left
# interrupted, and that the others are not held for them, is not.
@test "five hundred threads frozen, eight of them busy: no wait ends" {
	start crowd 492 8 600
	dump --json --freeze -n "$((DUMPS / 10))" --interval 10ms -p "$PID"
	same "exit status" "$status" 0
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	same "waits that ended" "$(truth returned)" 0
	saw valid dump.out
	same "threads" "$(saw threads dump.out | grep -c .)" \
	    $((501 * (DUMPS / 10)))
	same "stacks that are neither whole nor explained" \
	    "$(saw threads dump.out complete problem |
	        grep -v -e '^true null$' -e 'did not stop' | sort -u)" ""
	saw get dump.out frozen_us >&2
}

# --- what is said of threads that were not stopped is true

# true_stacks FIXTURE WAIT_US OPTION...
true_stacks() {
	start "$1" 4 600 "$2"
	json -n "$((2 * DUMPS))" --interval 1ms "${@:3}" -p "$PID"
	tells_no_lies dump.out
	kill -KILL "$PID"
}

@test "stacks of threads that keep waking are of one moment" {
	true_stacks chains 1000
	true_stacks chains 50
	true_stacks chains 1000 --freeze
}

@test "long stacks of threads that keep waking are of one moment" {
	true_stacks chains-deep 1000
	true_stacks chains-deep 50
	true_stacks chains-deep 50 --freeze
}

@test "stacks that need a stop are of one moment" {
	true_stacks chains-fp 50
	true_stacks chains-fp-deep 1000
	true_stacks chains-fp-deep 50
	true_stacks chains-fp-deep 50 --freeze
}

# As on a kernel that does not keep it: then switches are counted.
@test "stacks are of one moment also without schedstat" {
	need_root
	need_program unshare
	start chains 4 600 50
	echo "0 0 0" >no_schedstat
	unshare -m sh -c 'mount --bind no_schedstat /proc/$$/schedstat &&
	    exec "$@"' sh "$SCRAPE" dump --json -n "$((2 * DUMPS))" \
	    --interval 1ms -p "$PID" >dump.out
	saw valid dump.out
	tells_no_lies dump.out
}
