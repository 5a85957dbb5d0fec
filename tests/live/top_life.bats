#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top_life.bats - how top ends, and what it leaves: terminal and target as before

load top

QUICK=(-r 200 --delay 200ms)

runs() {
	on_stage
	watch 100x30 "${QUICK[@]}" --window all -p "$PID"
	see ' alpha '
}

# sent SIGNAL [STATUS]: then all is as before.
sent() {
	kill "-$1" "$SCRAPE_PID"
	ends "${2:-0}"
	assert_unharmed "$PID"
	no_helpers_left
}

# Processes that look up names end with the one that shows them.
no_helpers_left() {
	eventually none_has_parent "$SCRAPE_PID"
	eventually nobody_named_so
}

none_has_parent() {
	[ -z "$(pgrep -P "$1")" ]
}

# What was started as this very program, in this test: by its environment.
nobody_named_so() {
	local exe

	for exe in $(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' \
	    -lname "$(realpath "$SCRAPE")" 2>/dev/null); do
		! tr '\0' '\n' 2>/dev/null <"${exe%exe}environ" |
		    grep -qx "BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR" || return 1
	done 2>/dev/null
}

# --- signals

@test "SIGTERM: the terminal is given back" {
	runs
	sent TERM
}

@test "SIGINT likewise" {
	runs
	sent INT
}

@test "SIGHUP likewise" {
	runs
	sent HUP
}

@test "SIGQUIT: whatever it says, the terminal is given back" {
	runs
	kill -QUIT "$SCRAPE_PID"
	eventually has_ended
	terminal_is_back
	assert_unharmed "$PID"
	no_helpers_left
}

@test "the terminal goes away: so does scrape, and the target runs on" {
	runs
	tm kill-server
	eventually is_gone "$SCRAPE_PID"
	assert_unharmed "$PID"
	no_helpers_left
}

@test "SIGKILL of scrape: the target runs on, no helper stays" {
	runs
	kill -KILL "$SCRAPE_PID"
	eventually test -s status
	assert_unharmed "$PID"
	no_helpers_left
}

# crashes SIGNAL: in the thread that draws.
crashes() {
	runs
	top_saw tgkill "$SCRAPE_PID" "$SCRAPE_PID" "$1"
	ends $((128 + $1))
	now_shows 'report'
	assert_unharmed "$PID"
	no_helpers_left
}

@test "a crash in drawing: terminal given back, it says what to report" {
	crashes 11
}

@test "a failed assertion: the same" {
	crashes 6
}

@test "a crash in another thread: the same" {
	runs
	for tid in "/proc/$SCRAPE_PID/task"/*; do
		[ "${tid##*/}" = "$SCRAPE_PID" ] || other=${tid##*/}
	done
	top_saw tgkill "$SCRAPE_PID" "$other" 11
	ends 139
	now_shows 'report'
	assert_unharmed "$PID"
	no_helpers_left
}

# --- the one who looks up names

helper_pid() {
	pgrep -P "$SCRAPE_PID" | head -n 1
}

@test "the helper that looks up names is killed: all goes on" {
	runs
	helper=$(helper_pid)
	[ -n "$helper" ] || fail "there is no helper"
	kill -KILL "$helper"
	eventually is_gone "$helper"
	keys r
	works 50 "$PID"
	see ' alpha '
	see ' trim '
	quit
	assert_unharmed "$PID"
	no_helpers_left
}

# --- suspended and continued

# With a shell that knows jobs, as a user has it.
@test "^Z gives the terminal back and holds nobody; fg goes on" {
	on_stage
	terminal 100x30 env TERM="$TERMINAL" LANG="$LOCALE" \
	    PS1='here: ' bash --norc --noprofile -i
	see '^here:'
	type_text "stty -g >stty.before; $SCRAPE top ${QUICK[*]}"
	type_text " --window all -p $PID"
	keys Enter
	see 'SELF%'
	see ' alpha '
	for i in 1 2; do
		keys C-z
		see 'Stopped'
		see_no 'SELF%'
		assert_unharmed "$PID"
		keys Enter
		type_text 'stty -g >stty.after'
		keys Enter
		eventually test -s stty.after
		# bash has set its own modes by now; what counts is what a
		# command of it would get.
		same "modes" "$(<stty.after)" "$(<stty.before)"
		rm stty.after
		type_text 'fg'
		keys Enter
		see 'SELF%'
		see ' alpha '
	done
	keys t
	see '\[tree\]'
	keys q
	see_no 'SELF%'
	type_text 'echo status $?'
	keys Enter
	see 'status 0'
	assert_unharmed "$PID"
}

@test "SIGTSTP from outside does the same" {
	on_stage
	terminal 100x30 env TERM="$TERMINAL" LANG="$LOCALE" \
	    PS1='here: ' bash --norc --noprofile -i
	see '^here:'
	type_text "bash -c 'echo \$\$ >top.pid; exec $SCRAPE top -p $PID'"
	keys Enter
	see 'SELF%'
	kill -TSTP "$(<top.pid)"
	see 'Stopped'
	see_no 'SELF%'
	assert_unharmed "$PID"
	keys Enter
	type_text 'fg'
	keys Enter
	see 'SELF%'
	keys q
	see_no 'SELF%'
}

is_suspended() {
	[ "$(status_field "$SCRAPE_PID" State)" = T ]
}

@test "SIGSTOP, then SIGCONT: it goes on, in the middle of whatever it was" {
	runs
	for i in 1 2 3; do
		kill -STOP "$SCRAPE_PID"
		eventually is_suspended
		before=$(samples)
		sleep "0.$((RANDOM % 5))"
		kill -CONT "$SCRAPE_PID"
		goes_on() { [ "$(samples)" -gt "$before" ]; }
		eventually goes_on
	done
	quit
	assert_unharmed "$PID"
}

@test "the terminal was resized while it was suspended" {
	runs
	kill -STOP "$SCRAPE_PID"
	eventually is_suspended
	resize 70x20
	kill -CONT "$SCRAPE_PID"
	see_no 'OBJECT'
	see ' alpha'
	assert_inside 70x20
	quit
}

# --- the target's end

@test "SIGKILL of the target: its last screen stays, and can be written" {
	need_program go
	runs
	kill -KILL "$PID"
	see 'exited|killed|gone'
	now_shows ' alpha '
	keys t
	see ' opening'
	keys W
	keys a
	see '\.pb\.gz'
	file=$(screen | grep -oE '[^ ]+\.pb\.gz' | tail -n 1)
	top_saw pprof "$file" | grep -q $'\talpha$'
	quit
}

@test "the target ends by itself: the same" {
	start stage 1
	watch 100x30 "${QUICK[@]}" --window all -p "$PID"
	see 'exited|gone'
	now_shows ' alpha '
	quit
	screen | tr -d '\n' | grep -q 'scrape record'
}

@test "the target executes another program: that one is shown" {
	start_program bash -c "echo pid \$\$; while [ ! -e go ]; do :; done
	    exec '$FIXTURES/stage' 60"
	watch 100x30 "${QUICK[@]}" -p "$PID"
	see 'bash'
	touch go
	see ' alpha '
	see '^ *scrape .*stage'
	quit
	assert_unharmed "$PID"
}

@test "^C in the first moment, again and again: the terminal is given back" {
	on_stage
	for i in 1 2 3 4 5 6; do
		open_top 80x24 "${QUICK[@]}" -p "$PID"
		sleep "0.$((RANDOM % 30 / 10))$((RANDOM % 10))"
		kill -INT "$SCRAPE_PID"
		eventually has_ended
		same "terminal modes" "$(<stty.after)" "$(<stty.before)"
		same "alternate screen" \
		    "$(tm display-message -p '#{alternate_on}')" 0
		assert_unharmed "$PID"
		tm kill-server
	done
}

# flow on|off: as ^Q and ^S do. What a stopped terminal is told waits in the
# kernel.
flow() {
	python3 -c '
import os, sys, termios
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
termios.tcflow(fd, termios.TCOON if sys.argv[2] == "on" else termios.TCOOFF)
' "$(tm display-message -p '#{pane_tty}')" "$1"
}

@test "a terminal that is stopped by ^S does not stop the sampling" {
	runs
	flow off
	works 20 "$PID"
	before=$(samples)
	works 100 "$PID"
	same "samples shown" "$(samples)" "$before"
	flow on
	came_meanwhile() { [ "$(samples)" -ge $((before + 80)) ]; }
	eventually came_meanwhile
	quit
	assert_unharmed "$PID"
}

@test "two tops of one process, and a dump: all of them see it" {
	runs
	batch_has ' alpha '
	"$SCRAPE" dump -p "$PID" >third
	grep -q 'main' third
	see ' alpha '
	quit
	assert_unharmed "$PID"
}

@test "no system call of an event loop fails because of top" {
	start eventloop 60
	"$SCRAPE" top -b -n 8 --delay 200ms -r 500 -p "$PID" >out
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "rounds" "$(truth rounds)" 1000
	same "calls that failed with EINTR" "$(truth eintr)" 0
	same "calls that failed" "$(truth errors)" 0
}

@test "SIGKILL of top at a random instant leaves the target running" {
	local i

	start spin 4 600
	for ((i = 0; i < 8; i++)); do
		"$SCRAPE" top -b -r 500 --delay 100ms -p "$PID" \
		    >/dev/null 2>&1 3>&- &
		SCRAPE_PID=$!
		STARTED+=("$SCRAPE_PID")
		sleep "0.$(printf '%03d' $((RANDOM % 500)))"
		kill -KILL "$SCRAPE_PID" 2>/dev/null || true
		wait "$SCRAPE_PID" 2>/dev/null || true
		assert_unharmed "$PID"
	done
	no_helpers_left
}
