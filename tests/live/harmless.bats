#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# harmless.bats - whatever happens to scrape, nothing happens to the target
#
# SCRAPE_KILLS: how often scrape is killed (20; tests/proofs/kill.sh: 200).

load helper

KILLS=${SCRAPE_KILLS:-20}

# Seconds between nothing and 0.4, so that start, attaching, sampling, naming
# and writing of a recording that takes 0.25 s are all hit.
random_instant() {
	printf '0.%03d\n' $((RANDOM % 400))
}

@test "SIGKILL of scrape at a random instant leaves the target running" {
	local i at

	# Longer than the kills take on any machine; it is ended by the teardown.
	start spin 4 $((60 + 4 * KILLS))
	for ((i = 0; i < KILLS; i++)); do
		at=$(random_instant)
		"$SCRAPE" record -p "$PID" -d 0.25 -r 500 -o out.pb.gz \
		    >/dev/null 2>&1 3>&- &
		SCRAPE_PID=$!
		STARTED+=("$SCRAPE_PID")
		sleep "$at"
		kill -KILL "$SCRAPE_PID" 2>/dev/null || true
		wait "$SCRAPE_PID" 2>/dev/null || true
		assert_unharmed "$PID" || fail "killed after $at s"
	done
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
	record -p "$PID" -d 3 -r 500 -o out.pb.gz --stats stats.json
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
	record -p "$PID" -d 2.5 -r 500 -o out.pb.gz --stats stats.json
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
	record_bg -p "$PID" -d 2 -o one.pb.gz
	record -p "$PID" -d 1 -o two.pb.gz
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
