#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top_life.bats - how top ends, and what it leaves: terminal and target as before
#
# SCRAPE_KILLS: how often top is killed as text (20; tests/proofs/kill.sh: 200),
# and a quarter of it on a screen. SCRAPE_TOP_S: for how many seconds a
# target is watched that might come to harm (3; tests/proofs/harm.sh: 30).

load top

QUICK=(-r 200 --delay 200ms --max-pause 100)

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

@test "SIGUSR1, which record knows: the terminal is given back" {
	runs
	kill -USR1 "$SCRAPE_PID"
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

# Before there are numbers, and between the first numbers and the first picture.
@test "keys typed before the first picture do what they do" {
	on_stage
	open_top 100x30 "${QUICK[@]}" -p "$PID"
	for i in $(seq 60); do
		keys j
		keys k
	done
	see ' alpha '
	quit
	assert_unharmed "$PID"
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

is_writing() {
	[ "$(cut -d' ' -f1 "/proc/$SCRAPE_PID/syscall" 2>/dev/null)" = 1 ]
}

@test "SIGTERM, when nobody reads the tables: it dies of that" {
	local status=0

	on_stage
	mkfifo pipe
	exec 7<>pipe
	head -c 65536 /dev/zero >&7
	"$SCRAPE" top -b --delay 100ms -p "$PID" >pipe 2>err 3>&- 7>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	eventually is_writing
	kill -TERM "$SCRAPE_PID"
	eventually is_gone "$SCRAPE_PID"
	exec 7>&-
	wait "$SCRAPE_PID" || status=$?
	same "exit status" "$status" 143
	assert_unharmed "$PID"
	no_helpers_left
}

# unread_top: top on a terminal that takes a picture and then no more, as when a
# connection hangs; more than the kernel keeps of it is drawn.
unread_top() {
	on_stage
	terminal 200x60 env TERM="$TERMINAL" LANG="$LOCALE" \
	    "$here/unread.py" "$SCRAPE" top "${QUICK[@]}" --window all -p "$PID"
	eventually test -s top.pid
	SCRAPE_PID=$(<top.pid)
	see ' alpha '
	before=$(samples)
	touch unread
	sleep 0.2
	for _ in {1..40}; do
		keys C-l
		sleep 0.05
	done
}

# Within a second it is gone, though nobody reads.
leaves_unread() {
	local i

	for ((i = 0; i < 20; i++)); do
		[ ! -s status ] || break
		sleep 0.1
	done
	[ -s status ] || fail "it waits for the terminal"
	same "status" "$(<status)" 0
	same "modes" "$(<modes)" same
	assert_unharmed "$PID"
	no_helpers_left
}

@test "a terminal that is not read: SIGTERM ends it" {
	unread_top
	kill -TERM "$SCRAPE_PID"
	leaves_unread
}

@test "a terminal that is not read: q ends it" {
	unread_top
	keys q
	leaves_unread
}

@test "a terminal that is not read: W writes, and ^Z suspends" {
	unread_top
	keys W
	keys a
	eventually compgen -G '*.pb.gz' >/dev/null
	# There is no shell that would stop it: it goes on at once.
	keys C-z
	kill -TERM "$SCRAPE_PID"
	leaves_unread
}

@test "a terminal that is read again shows what is so then" {
	unread_top
	sleep 2
	rm unread
	came_meanwhile() { [ "$(samples)" -ge $((before + 600)) ]; }
	eventually came_meanwhile
	keys t
	see '\[tree\]'
	see ' opening'
	see '^ *scrape .*stage'
	at_most "missed" \
	    "$(screen | grep -oE 'missed +[0-9.]+' | grep -oE '[0-9.]+$')" 30
	keys q
	eventually test -s status
	same "modes" "$(<modes)" same
	now_hides 'SELF%'
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

# --- the target, while it is watched

WATCHED_S=${SCRAPE_TOP_S:-3}

# is_watched OPTION...: as text, for that long.
is_watched() {
	timeout -k 5 "$((WATCHED_S + 30))" "$SCRAPE" top -b -r 500 \
	    --delay 250ms -n "$((4 * WATCHED_S))" "$@" -p "$PID" >tables
	grep -q '^samples [1-9]' tables
}

@test "no system call of an event loop fails while top watches" {
	start eventloop 600
	is_watched
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "rounds" "$(truth rounds)" 1000
	same "calls that failed with EINTR" "$(truth eintr)" 0
	same "calls that failed" "$(truth errors)" 0
}

@test "no signal is lost or late while top watches" {
	start signals "$((WATCHED_S + 1))"
	is_watched
	fixture_ends "$PID"
	at_least "sent" "$(truth sent)" 1000
	same "received" "$(truth received)" "$(truth sent)"
	same "out of order" "$(truth out_of_order)" 0
}

@test "a program executes itself again and again while top watches" {
	start reexec "$((WATCHED_S + 2))"
	is_watched
	fixture_ends "$PID"
	at_least "lives" "$(truth lives)" 5
	same "execs that failed" "$(truth failed)" 0
}

@test "a thousand threads a second, none lost or held, while top watches" {
	start storm 600
	is_watched
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "threads" "$(truth threads)" 200
	same "threads that did nothing" "$(truth missing)" 0
}

descriptors_of() {
	find "/proc/$SCRAPE_PID/fd" -lname "$1" 2>/dev/null | grep -c .
}

@test "forks without end, while top watches: no child fails" {
	start fork 600 1
	is_watched --children
	assert_unharmed "$PID"
	kill -TERM "$PID"
	fixture_ends "$PID"
	at_least "forks" "$(truth forks)" 10
	same "children that failed" "$(truth failed)" 0
}

descriptors_to() {
	find "/proc/$SCRAPE_PID/fd" -lname "$1" 2>/dev/null | grep -c .
}

have_ended() {
	[ "$(tail -n 2 tables | head -n 1 | grep -o '"exited":true' |
	    grep -c .)" -ge "$1" ]
}

# Eight of them live at a time, each is watched and looked at.
@test "children that have ended, while top watches, are not held open" {
	# shellcheck disable=SC2016
	start_program bash -c 'echo pid $$
	    while [ $SECONDS -lt 60 ]; do
		for i in 1 2 3 4 5 6 7 8; do sleep 0.5 & done
		wait
	    done'
	"$SCRAPE" top --json --delay 100ms --children -p "$PID" >tables 3>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	eventually have_ended 60
	at_most "processes held open" "$(descriptors_to '*pidfd*')" 30
	kill -TERM "$SCRAPE_PID"
	wait "$SCRAPE_PID"
}

# --- killed

KILLS=${SCRAPE_KILLS:-20}

# kill_after_a_while: of SCRAPE_PID, within half a second.
kill_after_a_while() {
	sleep "0.$(printf '%03d' $((RANDOM % 500)))"
	kill -KILL "$SCRAPE_PID"
}

@test "SIGKILL of top at a random instant leaves the target running" {
	local i

	start storm $((60 + 4 * KILLS))
	for ((i = 0; i < KILLS; i++)); do
		"$SCRAPE" top -b -r 500 --delay 100ms -p "$PID" \
		    >/dev/null 2>&1 3>&- &
		SCRAPE_PID=$!
		STARTED+=("$SCRAPE_PID")
		kill_after_a_while
		wait "$SCRAPE_PID" || true
		assert_unharmed "$PID"
		no_helpers_left
	done
}

@test "SIGKILL of top on a screen likewise" {
	local i

	start spin 4 $((60 + 4 * KILLS))
	for ((i = 0; i < KILLS / 4; i++)); do
		open_top 100x30 -r 500 --delay 100ms -p "$PID"
		kill_after_a_while
		eventually test -s status
		assert_unharmed "$PID"
		no_helpers_left
		tm kill-server
	done
}
