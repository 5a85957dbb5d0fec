#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# life.bats - whatever becomes of a target while it is recorded, all goes well
#
# Threads, programs, code and namespaces come and go; the recording ends with
# the right status and a summary, its CPU time is the kernel's, and afterwards
# the target answers, has no tracer, and did what it would have done alone. What
# a target must not suffer from dumps and top is in harmless.bats, top_life.bats.

load helper

# What lasts longer than this has been held up; a machine that is busy is not
# that slow.
EXEC_MAX_US=1000000

# More often than is good.
OFTEN=(-r 1000 --max-pause 100 --stats stats.json)

# recorded OPTION...: PID, all its time, then its CPU time. UNSEEN: what else is
# in the profile, by the --stats.
UNSEEN=
recorded() {
	record -m wall -d 0.8 "${OFTEN[@]}" "$@" -o wall.pb.gz -p "$PID"
	assert_told wall.pb.gz
	record -d 1 "${OFTEN[@]}" "$@" -o out.pb.gz -p "$PID"
	assert_told out.pb.gz
}

# assert_told FILE: status, file and summary of a recording that went well.
assert_told() {
	local counted

	same "exit status" "$status" 0
	[ -s "$1" ] || fail "no profile"
	[[ $stderr =~ [0-9]+\ samples: ]] || fail "no summary: $stderr"
	counted=$(look stat stats.json cpu_kernel_ns)
	[ -z "$UNSEEN" ] ||
	    counted=$((counted + $(look stat stats.json "$UNSEEN")))
	within "sum of cpu" "$(look total "$1")" "$counted" 1
}

# ends_fine KEY...: the target, told to; and the counts that have to be 0.
ends_fine() {
	local key

	kill -TERM "$PID"
	fixture_ends "$PID"
	for key; do
		same "$key" "$(truth "$key")" 0
	done
}

# --- threads

@test "threads by the thousand in each second: none is lost, nor held" {
	start storm 600 10000
	recorded
	assert_unharmed "$PID"
	ends_fine missing
	at_least "threads" "$(truth threads)" 500
}

# At this rate many are asked to stop at the very end of their lives.
@test "threads that end inside a stop" {
	start churn 600
	record -d 1.5 "${OFTEN[@]}" -r 5000 -o out.pb.gz -p "$PID"
	assert_told out.pb.gz
	at_least "stops" "$(look stat stats.json stops)" 100
	assert_unharmed "$PID"
	ends_fine
}

@test "a process that ends inside a stop ends as it would have" {
	local i

	for i in 1 2 3 4 5 6 7 8; do
		start spin 3 "0.$((i * 3))"
		record "${OFTEN[@]}" -r 5000 -o out.pb.gz -p "$PID"
		# It may have been gone before.
		[ "$status" = 3 ] || assert_told out.pb.gz
		fixture_ends "$PID"
		same "threads that told their work" \
		    "$(truth thread | grep -c .)" 3
	done
}

# main_ends MODE: in the midst of a recording.
main_ends() {
	local before

	start leaderless 600 later
	record_bg -m "$1" "${OFTEN[@]}" -o out.pb.gz -p "$PID"
	sleep 0.7
	kill -USR1 "$PID"
	is_zombie() { [ "$(status_field "$PID" State)" = Z ]; }
	eventually is_zombie
	sleep 0.7
	kill -TERM "$SCRAPE_PID"
	record_ends 0
	at_least "percent in survivor" \
	    "$(look chain out.pb.gz "survivor;spin")" 20
	at_least "percent in main" \
	    "$(look chain out.pb.gz "main;work_until_told")" 5
	is_untouched "$PID"
	before=$(progress "$PID")
	eventually has_progressed "$PID" "$before"
	ends_fine
}

@test "the main thread ends while others run" {
	main_ends cpu
	main_ends wall
}

# --- programs

@test "any thread executes a program, again and again" {
	start reexec 600
	recorded
	assert_unharmed "$PID"
	# Each life is told its end by the one before.
	kill -KILL "$PID"

	# One that is killed by an exec, in the midst of its stop, holds that up
	# until it is waited for.
	start reexec 2.5
	record -d 3 "${OFTEN[@]}" -r 5000 -o out.pb.gz -p "$PID"
	assert_told out.pb.gz
	fixture_ends "$PID"
	at_least "lives" "$(truth lives)" 5
	same "execs that failed" "$(truth failed)" 0
	at_most "microseconds of an exec" "$(truth slowest_us)" "$EXEC_MAX_US"
}

@test "fork without end: no child fails, or is held" {
	start fork 600 1
	recorded
	assert_unharmed "$PID"
	ends_fine failed
	at_least "forks" "$(truth forks)" 5
}

@test "fork without end, with the children" {
	UNSEEN=cpu_children_ns
	start fork 600 1
	recorded --children
	assert_unharmed "$PID"
	ends_fine failed
	at_least "forks" "$(truth forks)" 5
}

@test "vfork without end likewise" {
	start vfork 600 1
	recorded
	assert_unharmed "$PID"
	ends_fine failed
	at_least "forks" "$(truth forks)" 20
}

# --- code

@test "code that is loaded, unloaded and moved all the time" {
	start remaps 600 "$FIXTURES/plugin.so"
	recorded
	assert_unharmed "$PID"
	ends_fine failed
	at_least "loads" "$(truth loads)" 50
	at_least "moves" "$(truth moves)" 50
	at_least "percent in the plugin" \
	    "$(look chain out.pb.gz "load_once;plugin_run")" 10
	at_least "percent in what is moved" \
	    "$(look chain out.pb.gz "called_by_moved;unit")" 10
}

@test "from one mount namespace to another: the same stacks, the same names" {
	mkdir lib
	cp "$FIXTURES/plugin.so" lib
	start namespaces 600 "$PWD/lib/plugin.so"
	! grep -q '^not permitted' "$OUT" || skip "setns is not permitted here"
	recorded
	assert_unharmed "$PID"
	ends_fine failed
	at_least "turns" "$(truth turns)" 10
	at_least "percent in the plugin" \
	    "$(look chain out.pb.gz "work_in_turns;plugin_run")" 95
}

# --- others who stop it

# traced_by TRACER...: PID, from now on; in TRACER_PID.
traced_by() {
	# Named, or bash gives /dev/null to who is in the background.
	"$@" <&0 >tracer.out 2>&1 3>&- &
	TRACER_PID=$!
	STARTED+=("$TRACER_PID")
	is_traced() { [ "$(status_field "$PID" TracerPid)" = "$TRACER_PID" ]; }
	eventually is_traced
}

@test "a target at a breakpoint of gdb is recorded, and stays there" {
	need_program gdb
	start spin 2 600
	mkfifo to_gdb
	# Both ends: gdb shall not see an end of it.
	exec 9<>to_gdb
	traced_by gdb -nx -q -p "$PID" <&9
	record -d 1 -o out.pb.gz -p "$PID"
	same "exit status" "$status" 0
	mentions gdb
	same "tracer" "$(status_field "$PID" TracerPid)" "$TRACER_PID"
	same "state" "$(status_field "$PID" State)" t
	echo detach >&9
	echo quit >&9
	exec 9>&-
	wait "$TRACER_PID"
	assert_unharmed "$PID"
	ends_fine
}

@test "a target that strace follows is recorded, without a stop" {
	need_program strace
	start eventloop 600
	traced_by strace -f -e trace=none -o /dev/null -p "$PID"
	record -d 1 -o out.pb.gz --stats stats.json -p "$PID"
	same "exit status" "$status" 0
	mentions strace
	same "stops" "$(look stat stats.json stops)" 0
	kill -INT "$TRACER_PID"
	wait "$TRACER_PID" || true
	assert_unharmed "$PID"
	# As for its calls, strace itself breaks some as it attaches.
	ends_fine
}

@test "--no-stop stops nobody" {
	start spin 2 600
	recorded --no-stop
	same "stops" "$(look stat stats.json stops)" 0
	assert_unharmed "$PID"
	ends_fine
}

# Stopped by job control before is in harmless.bats; here from the middle of one
# stop to the middle of another, again and again.
@test "SIGSTOP and SIGCONT a hundred times a second" {
	local i

	start spin 2 600
	record_bg -p "$PID" -d 2 "${OFTEN[@]}" -o out.pb.gz
	while ! is_gone "$SCRAPE_PID"; do
		kill -STOP "$PID"
		sleep 0.005
		kill -CONT "$PID"
		sleep 0.005
	done
	kill -CONT "$PID"
	record_ends 0
	assert_unharmed "$PID"
	at_least "percent in spin" "$(look chain out.pb.gz "worker;spin")" 90
	ends_fine
}

# --- signals

# got_signals KIND: the short form of tests/proofs/signals.sh. What a busy
# machine makes of ten thousand a second is not judged, only what became of them.
# It takes a thousand stops until one comes together with a signal.
got_signals() {
	start sigrate 600 "$1"
	recorded -r 5000
	assert_unharmed "$PID"
	ends_fine
	at_least "stops" "$(look stat stats.json stops)" 100
	at_least "sent" "$(truth "count sent")" 2000
	# A timer's last may be on its way.
	at_most "lost" $(($(truth "count sent") - $(truth "count received"))) 2
	at_most "invented" $(($(truth "count received") - \
	    $(truth "count sent"))) 2
}

@test "ten thousand signals a second of a timer: none is lost" {
	got_signals timer
}

@test "ten thousand signals a second as Go sends them: none is lost" {
	got_signals urgent
}

@test "ten thousand faults a second as a JVM handles them: none is lost" {
	got_signals fault
}
