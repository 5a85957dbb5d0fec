#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top.bats - the keys of top, and how it behaves on terminals of all kinds
#
# On the fixture "stage", which says what its shares are, and at a quick pace.
# The same on programs of the world: tests/proofs/top_real.sh.

load top

# The pause is not bounded: on a busy machine the rate would go down.
QUICK=(-r 200 --delay 200ms --max-pause 100)

# at SIZE ARG...: top of the stage, with a row to see.
at() {
	on_stage
	watch "$1" "${QUICK[@]}" "${@:2}" -p "$PID"
	see 'alpha|paint'
}

# --- the screen

@test "the head says what is watched, and how true it is" {
	at 100x30
	now_shows "^ *scrape .*$PID .*stage"
	now_shows '200 Hz'
	now_shows 'CPU +[0-9.]+%.*user [0-9.]+.*sys [0-9.]+'
	now_shows 'attributed +[0-9.]+%'
	now_shows 'threads 4'
	now_shows 'window .*5 ?s'
	now_shows 'samples +[0-9]'
	now_shows 'missed +[0-9.]+%'
	now_shows 'complete.* [0-9.]+%'
	now_shows 'held +[0-9.]+%'
	assert_inside 100x30
	quit
}

@test "the table has the columns, and the shares of the fixture in them" {
	at 100x30 --window all
	now_shows 'SELF%[^ ]* +TOTAL% +SELF +TOTAL +FUNCTION +FILE:LINE +OBJECT'
	see '^ *[1-9][0-9]?\.[0-9] +[0-9.]+ +[0-9.]+.* alpha +.*stage\.c:[0-9]+ +stage'
	# That of an inlined call, too.
	see ' trim +.*stage\.c:[0-9]'
	see_above ' alpha ' ' trim '
	see_above ' trim ' ' delta '
	see_above ' delta ' ' play '
	quit
}

# --- leaving

@test "q, F10 and ^C leave; it says how to record, and no screen stays" {
	local key

	on_stage
	for key in q F10 C-c; do
		watch 80x24 "${QUICK[@]}" -p "$PID"
		keys "$key"
		ends
		screen | tr -d '\n' | grep -q 'scrape record'
		at_most "lines left" "$(screen | grep -c .)" 5
		assert_unharmed "$PID"
		tm kill-server
	done
}

# --- help

# every_key_is_shown: in the overlay.
every_key_is_shown() {
	local names words shown

	shown=$(screen)
	while IFS=$'\t' read -r names words; do
		grep -qF -- "$words" <<<"$shown" ||
		    fail "help does not tell '$names: $words'" "$shown"
	done < <(help_keys)
}

@test "h, ? and F1 show every key, and any key goes back" {
	local key

	at 120x60
	for key in h '?' F1; do
		keys "$key"
		see 'any key closes this'
		now_hides 'SELF%'
		every_key_is_shown
		keys Escape
		see 'SELF%'
	done
	quit
}

@test "the help has all that was counted, by the names of --stats" {
	at 120x60
	keys '?'
	see 'as scrape record --stats has it'
	now_shows 'ticks [1-9]'
	now_shows 'cpu_kernel_ns [1-9]'
	now_shows 'ends\.root [1-9]'
	now_shows 'no_schedstat (true|false)'
	resize 80x24
	see_no 'no_schedstat'
	for _ in $(seq 60); do
		keys Down
	done
	see 'no_schedstat (true|false)'
	keys Escape
	see 'SELF%'
	quit
}

@test "an unknown key says where the keys are told" {
	at 80x24
	keys '@'
	see 'press \? for keys'
	keys j
	see_no 'press \? for keys'
	quit
}

# --- standing still

table() {
	screen | sed '1,4d; $d'
}

# The head's, of the moment that it is of.
clock() {
	screen | grep -oE '[0-9]+:[0-9]{2}:[0-9]{2}'
}

# pauses_by KEY OTHER: which goes on.
pauses_by() {
	local before text clock

	keys "$1"
	see 'PAUSED'
	before=$(samples)
	text=$(table)
	clock=$(clock)
	works 50 "$PID"
	same "table" "$(table)" "$text"
	same "samples shown" "$(samples)" "$before"
	# Nor is the head of a later moment.
	sleep 1.2
	same "time" "$(clock)" "$clock"
	# Sorted meanwhile, it is still that of the moment.
	keys 2
	see_above ' main ' ' alpha '
	keys 1
	see_above ' alpha ' ' main '
	same "table" "$(table)" "$text"
	keys "$2"
	see_no 'PAUSED'
	# What came meanwhile is there at once.
	at_least "samples" "$(samples)" $((before + 50))
}

@test "space and z hold the picture, while sampling goes on" {
	at 100x30 --window all
	pauses_by Space z
	pauses_by z Space
	quit
}

@test "keys typed before the first picture are taken when it is there" {
	on_stage
	open_top 100x30 -p "$PID"
	keys j k G t
	see '\[tree\]'
	quit
}

# Each goes by the rows of the one before it: they come in one read.
@test "keys typed at once are taken in their order" {
	at 100x30 --window all
	keys H G
	see_cursor_on ' waiter '
	quit
}

# --- searching and filtering

@test "/ finds, n and N go on and back; what is not found is said" {
	at 100x30 --window all
	keys /
	type_text 'ing$'
	keys Enter
	see_cursor_on ' (opening|closing) '
	first=$(cursor_row | grep -oE '(open|clos)ing')
	keys n
	other=opening
	[ "$first" != opening ] || other=closing
	see_cursor_on " $other "
	keys N
	see_cursor_on " $first "
	keys /
	keys C-u
	type_text 'no_such_function'
	keys Enter
	see 'no_such_function.*([Nn]ot found|[Nn]o match|[Nn]othing)|([Nn]ot found|[Nn]o match|[Nn]othing).*no_such_function'
	quit
}

@test "f, F4 and \\ filter, T by the thread's name; Esc takes it away" {
	local key

	at 100x30 --window all
	for key in f F4 '\'; do
		keys "$key"
		type_text '^beta$'
		keys Enter
		see_no ' alpha '
		now_shows ' beta '
		now_shows ' trim '
		now_shows '\^beta\$'
		keys Escape
		see ' alpha '
	done
	keys T
	type_text '^paint'
	keys Enter
	see_no ' alpha '
	see ' paint '
	keys Escape
	see ' alpha '
	quit
}

@test "a filter that is no regular expression is said, and changes nothing" {
	at 100x30
	keys f
	type_text '(beta'
	keys Enter
	see '[Uu]nmatched|regular expression'
	now_shows ' alpha '
	quit
}

@test "a line being typed can be mended, and given up" {
	at 100x30 --window all
	keys f
	type_text 'nothing here'
	keys C-u
	type_text 'alphaX'
	keys BSpace Enter
	see_no ' beta '
	now_shows ' alpha '
	keys Escape
	see ' beta '
	keys f
	type_text 'alpha'
	see 'filter by.*alpha'
	keys Escape
	see '\[functions\]'
	now_shows ' beta '
	quit
}

# --- sorting

@test "1 to 7 sort by what is spent, by name, file, object, trend, process" {
	at 100x40 --window all
	keys 2
	see_above ' main ' ' alpha '
	see_above ' main ' ' opening '
	keys 1
	see_above ' alpha ' ' main '
	keys 3
	see_above ' alpha ' ' beta '
	see_above ' beta ' ' closing '
	see_above ' closing ' ' delta '
	see_above ' nested ' ' opening '
	keys 4
	see_above ' alpha .*stage\.c:[0-9]' ' beta .*stage\.c:[0-9]'
	keys 5
	see_above ' libc\.so' '[0-9] +stage $'
	keys 6
	see ' alpha '
	keys 7
	see ' alpha '
	keys 1
	see_above ' alpha ' ' main '
	quit
}

@test "--sort begins; i turns it round; < > s F6 choose the column" {
	local key

	at 100x40 --window all --sort total
	see_above ' main ' ' alpha '
	keys i
	see_above ' alpha ' ' main '
	keys i
	see_above ' main ' ' alpha '
	keys '<'
	see_above ' alpha ' ' main '
	keys '>'
	see_above ' main ' ' alpha '
	for key in s F6; do
		keys 1
		see_above ' alpha ' ' main '
		keys "$key"
		see_above ' main ' ' alpha '
		# By name.
		keys "$key"
		see_above ' closing ' ' delta '
	done
	quit
}

# --- tree, callers, folding

@test "t and F5 change between functions and the tree of calls" {
	local key

	at 100x30 --window all
	for key in t F5; do
		keys "$key"
		see_above ' _start' ' nested'
		see_above ' nested' ' play'
		see_above ' play' ' opening'
		see_above ' opening' ' alpha'
		keys "$key"
		see_above ' alpha ' ' play '
	done
	quit
}

# Closed all, nothing opens by itself any more.
@test "Enter, + - and the arrows open and close a branch, E and C all" {
	# Wide enough for the head to say that names are yet to come.
	at 140x50 --window all --view tree
	see ' opening'
	see_no 'naming [0-9]'
	keys C
	see_no ' alpha'
	see_no ' trim'
	see ' (_start|clone3?)'
	keys /
	type_text closing
	keys Enter
	see_cursor_on closing
	now_hides ' beta'
	keys Right
	see ' beta'
	see_above closing ' beta'
	keys Left
	see_no ' beta'
	keys +
	see ' beta'
	keys -
	see_no ' beta'
	keys Enter
	see ' beta'
	keys Enter
	see_no ' beta'
	keys E
	see ' trim'
	see ' paint'
	quit
}

@test "b shows the callers of the chosen function" {
	at 100x30 --window all
	keys /
	type_text '^delta$'
	keys Enter
	see_cursor_on ' delta '
	keys b
	see_no ' alpha'
	see_above ' delta' ' opening'
	see ' closing'
	keys E
	see_above ' (opening|closing)' ' play'
	quit
}

# --- the flame graph

to_flame() {
	keys F
	see '\[flame\]'
	see nested
}

# Flames grow upward: whoever calls is below.
@test "the flame graph has callers below what they call, and their widths" {
	at 100x30 --window all
	to_flame
	now_hides 'SELF%.*FUNCTION'
	see_above alpha opening
	see_above opening play
	see_above play nested
	see_above nested main
	# Of play, its caller's share: at most as wide.
	at_most "cells of opening" "$(cells_of opening)" "$(cells_of play)"
	at_least "cells of opening" "$(cells_of opening)" 20
	quit
}

# cells_of NAME: of its box, which is of one colour.
cells_of() {
	with_colors | grep -m 1 "$1" | python3 -c '
import re, sys
line = re.sub(r"\x1b\[39m", "", sys.stdin.readline().rstrip("\n"))
for part in re.split(r"\x1b\[[0-9;]*m", line):
    if sys.argv[1] in part:
        print(len(part))
        break' "$1"
}

@test "arrows go from box to box, its numbers are told; Enter zooms" {
	at 100x30 --window all --view flame
	see paint
	# A box goes by its way from the root: until all on it have their names.
	see __libc_start_call_main
	see start_thread
	keys /
	type_text '^alpha$'
	keys Enter
	see '^alpha'
	now_shows 'total .*[0-9.]+%.*self .*[0-9.]+%.*stage\.c:[0-9]+ .*stage'
	keys Down
	see '^opening'
	keys Down
	see '^play'
	keys Up
	see '^(opening|closing)'
	keys Left
	see '^closing'
	keys Right
	see '^opening'
	keys Enter
	see_no paint
	see alpha
	see nested
	keys BSpace
	see paint
	quit
}

# --- threads

@test "H: the threads, what each does, and one alone" {
	local i

	at 100x30 --window all
	keys H
	see 'painter'
	see "$PID +stage +(running|sleeping) +[0-9.]+"
	see 'waiter +sleeping .*epoll_wait'
	keys H
	see ' alpha '
	keys H
	see painter
	# By CPU they stand in this order, however little there is.
	for i in 1 2 3; do
		cursor_row >before
		! grep -q painter before || break
		keys Down
		eventually cursor_has_moved
	done
	see_cursor_on painter
	keys Enter
	see ' paint '
	see_no ' alpha '
	quit
}

cursor_has_moved() {
	[ "$(cursor_row | awk '{ print $1 }')" != "$(awk '{ print $1 }' before)" ]
}

# --- grain, window, reset, delay, rate

@test "l goes from functions to lines, objects and addresses, and round" {
	at 100x30 --window all
	keys l
	see ' alpha .*stage\.c:[0-9]+'
	see '[Ll]ine|LINE'
	keys l
	see_no ' alpha '
	see 'libc\.so'
	keys l
	see '0x[0-9a-f]{4,}|alpha\+0x'
	keys l
	see_above ' alpha ' ' delta '
	quit
}

# Nothing is added to what was forgotten while the target is stopped.
@test "r and R forget what was counted" {
	local key

	at 100x30 --window all
	for key in r R; do
		see ' alpha '
		kill -STOP "$PID"
		keys "$key"
		see_no ' alpha '
		see 'window all \(0s\)|no samples'
		kill -CONT "$PID"
		see ' alpha '
	done
	quit
}

# Two pictures, between which the target has worked for 0.3 s, are the same.
stands_still() {
	local before

	before=$(screen)
	works 30 "$PID"
	[ "$(screen)" = "$before" ]
}

goes_on() {
	! stands_still
}

@test "w, the rate's keys and d change window, rate and delay" {
	at 100x30
	now_shows 'window .*5 ?s'
	keys w
	see 'window .*30 ?s'
	keys w
	see 'window .*(60 ?s|1 ?m)'
	keys w
	see 'window .*(start|all)'
	keys w
	see 'window .*5 ?s'
	keys .
	see ' 500 Hz'
	keys ,
	see ' 200 Hz'
	keys ,
	see ' 100 Hz'
	keys d
	type_text 'soon'
	keys Enter
	see 'a delay is like'
	keys d
	type_text '60'
	keys Enter
	eventually stands_still
	keys d
	type_text '100ms'
	keys Enter
	eventually goes_on
	quit
}

# --- CPU time and all time

# rows_of_threads: how many there are.
rows_of_threads() {
	table | grep -cE ' (running|sleeping|disk) '
}

comes_first() {
	table | head -n 1 | grep -q " $1 "
}

has_rows_of_threads() {
	[ "$(rows_of_threads)" = "$1" ]
}

@test "a changes between CPU time and all time, and so does -m" {
	at 120x50 --window all
	now_shows 'mode cpu'
	eventually comes_first alpha
	keys a
	see 'mode wall'
	now_shows 'all time from now on'
	# Two threads of four mostly sleep.
	eventually comes_first clock_nanosleep
	see ' alpha '
	# A thread has a row, whatever its states were.
	keys H
	see '\[threads\]'
	eventually has_rows_of_threads 4
	keys H
	keys a
	see 'mode cpu'
	# What was used in mode wall is there, and no time of who slept.
	eventually comes_first alpha
	keys Space
	see PAUSED
	keys a
	see 'mode wall'
	see_no PAUSED
	quit
}

@test "-m wall: a file of W, a table and its JSON are of all time, too" {
	need_program go
	on_stage
	watch 100x30 "${QUICK[@]}" --window all -m wall -p "$PID"
	see 'mode wall'
	see ' sleep_ns '
	keys W
	keys w
	see 'wrote .*\.pb\.gz'
	go tool pprof -raw "$(written)" 2>/dev/null >raw
	grep -q '^samples/count cpu/nanoseconds wall/nanoseconds' raw
	grep -q 'state:\[sleeping\]' raw
	quit
	"$SCRAPE" top -b -n 1 -m wall --json -p "$PID" >page
	grep -q '"mode":"wall"' page
	grep -q '"function":"sleep_ns"' page
	"$SCRAPE" top -b -n 1 -m wall -p "$PID" | grep -q ' mode wall '
}

# --- W

written() {
	screen | grep -oE '[^ ]+\.pb\.gz' | tail -n 1
}

@test "W writes the window, or the whole run, and names the file" {
	need_program go
	at 100x30 --window 1s
	works 180 "$PID"
	keys W
	see '\[w\]indow.*\[a\]ll'
	keys w
	see '\.pb\.gz'
	small=$(written)
	[ -s "$small" ] || fail "there is no $small"
	top_saw pprof "$small" | grep -q $'\talpha$'
	keys W
	see '\[w\]indow.*\[a\]ll'
	keys a
	see '\.pb\.gz'
	[ "$(written)" != "$small" ] || fail "the same file"
	at_least "time of all" "$(cpu_of "$(written)")" "$(awk -v \
	    a="$(cpu_of "$small")" 'BEGIN { print a * 1.5 }')"
	quit
	nothing_left_behind
}

cpu_of() {
	top_saw pprof "$1" | awk '{ s += $1 } END { printf "%.0f", s }'
}

@test "a profile that cannot be written is said, and all goes on" {
	mkdir gone
	on_stage
	terminal_in_gone "$PID"
	see ' alpha '
	keys W
	keys w
	see 'not written: .*No such file'
	see ' alpha '
	quit
}

# Where it runs there is no directory any more.
terminal_in_gone() {
	local folder=$PWD

	top_script | sed "s| >s| >$folder/s|; s|>stty|>$folder/stty|" >top.sh
	# shellcheck disable=SC2016
	terminal 100x30 env TERM="$TERMINAL" LANG="$LOCALE" TMPDIR="$folder" \
	    bash -c 'cd gone && rmdir ../gone && . "$0"' "$PWD/top.sh" \
	    "$SCRAPE" top "${QUICK[@]}" -p "$1"
}

# --- moving

@test "arrows, j k, g G, pages, Home and End move the cursor" {
	local first second

	at 80x16 --window all
	see ' alpha '
	see ' delta '
	# Rows that stand still, in whatever order they do.
	keys Space
	see PAUSED
	first=" $(function_in_row 1) " second=" $(function_in_row 2) "
	keys g
	see_cursor_on "$first"
	keys j
	see_cursor_on "$second"
	keys k
	see_cursor_on "$first"
	keys Down
	see_cursor_on "$second"
	keys Up
	see_cursor_on "$first"
	keys G
	see_no "$first"
	keys g
	see_cursor_on "$first"
	keys End
	see_no "$first"
	keys Home
	see_cursor_on "$first"
	keys NPage NPage
	see_no "$first"
	keys PPage PPage
	see_cursor_on "$first"
	quit
}

# function_in_row N: of the table, whose rows begin with four numbers.
function_in_row() {
	screen | sed '1,/SELF%/d' | awk -v n="$1" 'NR == n { print $5 }'
}

@test "^L draws everything anew" {
	at 80x24
	printf 'SPOILED' >"$(tm display-message -p '#{pane_tty}')"
	see SPOILED
	keys C-l
	see_no SPOILED
	see ' alpha '
	quit
}

# --- the mouse

@test "a click chooses a row, one on a head sorts by its column" {
	at 100x30 --window all
	keys Space
	see PAUSED
	y=$(($(row ' delta ') - 1))
	click 45 "$y"
	see_cursor_on ' delta '
	y=$(($(row 'SELF%') - 1))
	click 10 "$y"
	see_above ' main ' ' alpha '
	click 3 "$y"
	see_above ' alpha ' ' main '
	quit
}

# Some library calls wait for what they think must follow.
@test "a button let go, one that nobody knows, half a report: it goes on" {
	at 100x30 --window all
	mouse 35 10 10
	shows_more_than "$(samples)"
	mouse 160 10 10
	shows_more_than "$(samples)"
	keys -H 1b 5b 4d 20
	shows_more_than "$(samples)"
	quit
}

shows_more_than() {
	has_more() { [ "$(samples)" -gt "$1" ]; }
	eventually has_more "$(($1 + 30))"
}

@test "the wheel scrolls" {
	at 80x16 --window all
	see_cursor_on ' alpha '
	keys Space
	see PAUSED
	for i in 1 2 3 4 5 6; do
		wheel down 40 8
	done
	see_no ' alpha '
	for i in 1 2 3 4 5 6; do
		wheel up 40 8
	done
	see ' alpha '
	quit
}

@test "a click chooses a box of the flame graph, a second one zooms" {
	at 100x30 --window all --view flame
	see paint
	keys Space
	see PAUSED
	x=$(screen | grep -m 1 opening | sed 's/opening.*//' | wc -m)
	y=$(($(row opening) - 1))
	click "$x" "$y"
	see '^opening'
	click "$x" "$y"
	see_no paint
	see alpha
	quit
}

# --- sizes

# columns_fit HEADS: of each that is shown, those that go later are shown.
columns_fit() {
	case $1 in
	*OBJECT*) [[ $1 == *FILE* ]] || fail "$1" ;;
	esac
	case $1 in
	*FILE*) [[ $1 == *' SELF '* ]] || fail "$1" ;;
	esac
	case $1 in
	*' SELF '*) [[ $1 == *' TOTAL '* ]] || fail "$1" ;;
	esac
}

@test "wider and narrower: columns come and go in their order, names stay" {
	local width heads

	at 100x30
	now_shows 'OBJECT'
	drawn_at 200x60
	now_shows 'OBJECT'
	assert_inside 200x60
	for width in 90 80 70 60 50 45 40; do
		drawn_at "${width}x24"
		see ' alpha'
		assert_inside "${width}x24"
		heads=$(screen | grep -m 1 FUNC)
		columns_fit "$heads"
	done
	[[ $heads == *SELF%* && $heads != *OBJECT* && $heads != *FILE* ]] ||
	    fail "at 40 columns: $heads"
	quit
}

@test "too small: it says so, samples on, and is back when there is room" {
	at 80x24 --window all
	before=$(samples)
	resize 30x5
	see 'too small.*30x5'
	assert_inside 30x5
	resize 20x5
	see 'too small'
	resize 2x2
	eventually has_size 2x2
	resize 1x1
	eventually has_size 1x1
	works 50 "$PID"
	resize 80x24
	see ' alpha '
	at_least "samples" "$(samples)" $((before + 50))
	quit
}

@test "40x8 is enough" {
	at 40x8
	now_hides 'too small'
	now_shows 'SELF%'
	assert_inside 40x8
	quit
}

@test "it starts in a terminal that is too small, too" {
	on_stage
	open_top 20x5 "${QUICK[@]}" -p "$PID"
	see 'too small'
	resize 80x24
	see ' alpha '
	quit
}

@test "all views at all sizes: what is drawn stays inside" {
	local size view

	at 80x24
	for size in 200x60 40x8 100x30 80x24; do
		drawn_at "$size"
		for view in 't tree' 'b callers' 'F flame' 'H threads'; do
			keys "${view%% *}"
			see "\\[${view#* }\\]"
			assert_inside "$size"
		done
		keys '?'
		see 'any key closes'
		assert_inside "$size"
		keys Escape
		see_no 'any key closes'
		keys f
		see 'filter by'
		assert_inside "$size"
		keys Escape
		see_no 'filter by'
		keys H
		see_no '\[threads\]'
	done
	# With each of them it may become too small.
	for view in t b F H '?' /; do
		keys "$view"
		resize 39x7
		see 'too small'
		resize 80x24
		see_no 'too small'
		keys Escape
	done
	quit
}

# --- colours

# colours: the numbers of the colours that are on the screen.
colors() {
	with_colors | grep -oE $'\e''\[[0-9;]*m' | tr ';' '\n' | tr -dc '0-9\n' |
	    grep -E '^(3[0-8]|4[0-8]|9[0-7]|10[0-7])$' | sort -u
}

has_colors() {
	[ -n "$(colors)" ]
}

@test "flames have colours where the terminal has them and --color lets" {
	local no_color color colored

	on_stage
	while read -r no_color color colored; do
		ENVIRONMENT=("NO_COLOR=${no_color#-}")
		watch 100x30 "${QUICK[@]}" --view flame "--color=$color" \
		    -p "$PID"
		see alpha
		if [ "$colored" = colors ]; then
			eventually has_colors
		else
			same "colours" "$(colors)" ""
		fi
		quit
		tm kill-server
	done <<-'END'
		- auto colors
		1 always colors
		- never none
	END
}

@test "NO_COLOR: none, and the cursor is still seen" {
	ENVIRONMENT=(NO_COLOR=1)
	at 100x30
	same "colours" "$(colors)" ""
	see_cursor_on ' alpha '
	keys F
	see nested
	same "colours" "$(colors)" ""
	quit
}

# --- terminals and locales

draws_as() {
	TERMINAL=$1
	at 80x24
	keys t
	see_above ' play' ' opening'
	keys F
	see nested
	quit
}

@test "TERM=xterm" {
	draws_as xterm
}

@test "TERM=xterm-256color" {
	draws_as xterm-256color
}

@test "TERM=screen: eight colours" {
	draws_as screen
}

@test "TERM=linux" {
	# Not with the mouse of a console: the library for it leaks some bytes,
	# which a build with sanitizers takes for ours.
	export NCURSES_GPM_TERMS=none
	draws_as linux
}

@test "TERM=vt100: no colours, no other screen" {
	draws_as vt100
}

@test "TERM=dumb: as with -b, no control sequences" {
	TERMINAL=dumb
	on_stage
	open_top 200x60 "${QUICK[@]}" -n 2 -p "$PID"
	ends
	see 'SELF%'
	same "tables" "$(tm capture-pane -p -S - | grep -c 'SELF%')" 2
}

@test "TERM that is not set, or not known" {
	TERMINAL=
	on_stage
	open_top 200x60 "${QUICK[@]}" -n 1 -p "$PID"
	ends
	see 'SELF%'
	TERMINAL=no-such-terminal
	tm kill-server
	open_top 200x60 "${QUICK[@]}" -n 1 -p "$PID"
	eventually has_ended
	see 'SELF%|no-such-terminal'
}

# lines_drawn: whether there are characters beyond ASCII on the screen.
beyond_ascii() {
	screen | LC_ALL=C grep -q '[^ -~]'
}

@test "LANG=C: ASCII alone" {
	LOCALE=C
	at 100x30 --window all --view tree
	see ' play'
	! beyond_ascii || fail "$(screen)"
	keys E
	see ' trim'
	! beyond_ascii || fail "$(screen)"
	quit
}

@test "LANG=C.UTF-8: lines of the tree are drawn" {
	at 100x30 --window all --view tree
	keys E
	see ' trim'
	beyond_ascii || fail "$(screen)"
	quit
}

# --- foreign names

@test "control characters in a thread's name do nothing to the terminal" {
	local name

	# A title and a colour; a clear, and a string that never ends.
	for name in $'\e]0;evil\a\e[31m' $'\e[2J\eP\x9bx\tb\rc\n'; do
		start stage 60 "$name"
		watch 100x30 "${QUICK[@]}" -p "$PID" --view threads
		see painter
		see '\?(\]0;evil|\[2J)\?'
		same "title" "$(tm display-message -p '#{pane_title}' |
		    grep -c evil)" 0
		same "red" "$(with_colors | grep -c $'\e''\[31m')" 0
		see '^ *scrape .*stage'
		quit
		tm kill-server
		end_started
	done
}

@test "wide characters: the columns behind them stay where they are" {
	start stage 120 '漢字漢字'
	watch 100x30 "${QUICK[@]}" -p "$PID" --view threads
	see '漢字漢字'
	eventually states_are_aligned || fail "$(screen)"
	quit
	tm kill-server
	LOCALE=C
	watch 100x30 "${QUICK[@]}" -p "$PID" --view threads
	see '\?\?\?\? '
	see painter
	! beyond_ascii || fail "$(screen)"
	eventually states_are_aligned || fail "$(screen)"
	quit
}

# All three are there, in one column.
states_are_aligned() {
	[ "$(state_columns | sort | uniq -c | awk '{ print $1 }')" = 3 ]
}

# The cell where the state of each thread stands; CJK takes two.
state_columns() {
	screen | grep -E '(painter|waiter|字|\?\?) ' | python3 -c '
import re, sys, unicodedata
for line in sys.stdin:
    m = re.search(r" (running|sleeping|traced) ", line)
    if m:
        print(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
                  for c in line[:m.start()]))'
}

# renamed_stage NAME-OF-ALPHA NAME-OF-BETA: the stage with other names.
renamed_stage() {
	local source=$here/../../fixtures/programs

	need_program gcc
	need_program objcopy
	gcc -O2 -fomit-frame-pointer -pthread -c "$source/stage.c" -o stage.o
	printf 'alpha %s\nbeta %s\n' "$1" "$2" >names
	objcopy --redefine-syms=names stage.o renamed.o
	gcc -pthread renamed.o -o renamed
}

@test "a name of 100,000 letters is shortened, and can be looked at" {
	long=$(printf 'start%099990dend' 0)
	renamed_stage "$long" "$(printf '\e]0;evil\a\e[31m')"
	start_program ./renamed 120
	watch 80x24 "${QUICK[@]}" -p "$PID" --window all
	for size in 100x30 200x60 40x8; do
		drawn_at "$size"
		for view in 't tree' 'F flame' 't tree' 't functions'; do
			keys "${view%% *}"
			see "\\[${view#* }\\]"
			assert_inside "$size"
		done
		see 'start0'
	done
	same "title" "$(tm display-message -p '#{pane_title}' |
	    grep -c evil)" 0
	quit
	# Names are cut at a bound: src/session/namer_message.h.
	batch_has start0000 --json
	grep -qE 'start0{10000}' out
	top_saw valid out
	batch_has start0000
	! grep -q $'\e' out || fail "escapes in a table"
}

@test "long names of C++ keep what tells them apart" {
	renamed_stage \
	    _ZNSt6vectorISt4pairINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEiESaIS7_EE17_M_realloc_insertIJS7_EEEvN9__gnu_cxx17__normal_iteratorIPS7_S9_EEDpOT_ \
	    _ZN4core3ptr46drop_in_place\$LT\$alloc..vec..Vec\$LT\$u8\$GT\$\$GT\$17h0123456789abcdefE
	start_program ./renamed 120
	watch 80x24 "${QUICK[@]}" -p "$PID" --window all
	see 'std::vector<.*_M_realloc_insert'
	see 'drop_in_place'
	assert_inside 80x24
	quit
}

# --- trends

@test "what rises and what falls is marked" {
	on_stage
	watch 100x30 "${QUICK[@]}" --window 2s -p "$PID"
	see ' alpha '
	works 200 "$PID"
	kill -USR1 "$PID"
	turns() {
		[[ $(trend_of delta) == ▲ && $(trend_of alpha) == ▼ ]]
	}
	eventually turns || fail "$(screen)"
	quit
}

# What stands beside a row: before its numbers.
trend_of() {
	screen | grep -m 1 " $1 " | grep -oE '^ *(▲|▼)' | tr -d ' '
}

# --- several processes, commands

@test "several processes have a column" {
	on_stage
	first=$PID
	start spin 1 120
	watch 120x30 "${QUICK[@]}" --window all -p "$first" -p "$PID"
	see 'PROCESS'
	see " alpha .*$first"
	see " (unit|working|clock_gettime|__vdso).*$PID"
	quit
	assert_unharmed "$first"
	assert_unharmed "$PID"
}

@test "--children: what the process starts comes in" {
	start_program bash -c "echo pid \$\$; '$FIXTURES/spin' 1 120 & wait"
	STARTED+=("$(pgrep -P "$PID")")
	watch 120x30 "${QUICK[@]}" --window all --children -p "$PID"
	see ' unit '
	quit
}

@test "-- CMD is started and shown; what it prints comes after the screen" {
	open_top 100x30 "${QUICK[@]}" --window all -- "$FIXTURES/stage" 120
	see ' alpha '
	now_hides '^pid [0-9]'
	command=$(screen | grep -oE 'pid +[0-9]+' | head -n 1 | tr -dc 0-9)
	keys q
	see '^pid [0-9]'
	see 'runs on'
	now_hides 'SELF%'
	is_untouched "$command" || fail "it is held"
	keys C-c
	ends 130
	is_gone "$command" || fail "it runs on"
}

@test "-- CMD that ends: its last screen stays, its status is ours" {
	open_top 100x30 "${QUICK[@]}" --window all -- "$FIXTURES/stage" 1 x 7
	see ' alpha '
	see 'exited \(status 7\)'
	now_shows ' alpha '
	keys q
	ends 7
}

@test "-- CMD: SIGTERM to scrape is for the command, too" {
	local status=0

	timeout 2 "$SCRAPE" top -b --delay 200ms -- sleep 300 >out || status=$?
	# timeout(1) tells its own end; what it ended was the command.
	same "status" "$status" 124
	grep -q 'sleep' out
	! pgrep -f 'sleep 300' >/dev/null
}

@test "-- CMD: a failure of ours is not taken for one of the command's" {
	local status=0

	"$SCRAPE" top -b -n 1 --delay 200ms -- sleep 1 >/dev/full 2>err ||
	    status=$?
	same "status" "$status" 125
	grep -q 'No space left' err
}

@test "-- CMD that is not there" {
	run -127 "$SCRAPE" top -b -n 1 -- ./no-such-program
}

# --- batch

@test "-b prints as many tables as asked for, without a terminal as well" {
	on_stage
	for option in -b ''; do
		# shellcheck disable=SC2086
		run -0 --separate-stderr "$SCRAPE" top $option -n 3 \
		    --delay 200ms -p "$PID" </dev/null
		same "tables" "$(grep -c 'SELF%' <<<"$output")" 3
		! grep -q $'\e' <<<"$output" || fail "escapes"
		same "stderr" "$stderr" ""
	done
	assert_unharmed "$PID"
}

# A reader that goes away ends it, quietly; a table comes when it is due.
@test "a table is there at once, also in a pipe whose reader goes away" {
	on_stage
	batch_has ' alpha ' 2>noise
	same "noise" "$(cat noise)" ""
	assert_unharmed "$PID"
}

@test "COLUMNS bounds the lines of a table" {
	on_stage
	COLUMNS=60 "$SCRAPE" top -b -n 2 --delay 200ms -p "$PID" >out
	grep -q 'SELF%' out
	at_most "columns" "$(wc -L <out)" 60
}

@test "--json: an object for each refresh, as the schema says" {
	on_stage
	"$SCRAPE" top --json -n 3 -r 500 --delay 400ms --window all -p "$PID" \
	    >out
	top_saw valid out
	same "objects" "$(wc -l <out)" 3
	same "pid" "$(top_saw get out pid | sort -u)" "$PID"
	within "alpha" "$(top_saw share out alpha self)" 43 35
	at_least "main" "$(top_saw share out main total)" 70
}

@test "-b of a target that ends: exit status 0" {
	start stage 1
	run -0 "$SCRAPE" top -b --delay 200ms -p "$PID"
	[[ $output == *' alpha '* ]]
}

@test "-b: --sort, --view, --grain and --window are heard" {
	on_stage
	batch_has ' alpha ' --sort total
	grep -m 1 -E ' (main|alpha) ' out | grep -q ' main '
	batch_has '    nested' --view tree
	batch_has 'libc\.so' --grain object
	! grep -q ' alpha ' out || fail "functions among objects"
	run -2 "$SCRAPE" top -b -n 1 --view threads -p "$PID"
}

@test "-t and --thread: of these threads alone" {
	local tid option

	on_stage
	tid=$(grep -l painter "/proc/$PID"/task/*/comm | cut -d/ -f5)
	for option in "-t $tid" '--thread ^paint'; do
		# shellcheck disable=SC2086
		batch_has ' paint ' $option
		! grep -q ' alpha ' out || fail "of another thread, too"
	done
}

# --- refusals

@test "what record refuses, top refuses, with the same status" {
	run -3 --separate-stderr "$SCRAPE" top 999999999
	same "screen" "$output" ""
	start zombie 60
	eventually grep -q '^zombie' "$OUT"
	run -5 --separate-stderr "$SCRAPE" top "$(truth zombie)"
	run -5 --separate-stderr "$SCRAPE" top 2
	need_root
	"${AS_NOBODY[@]}" true || skip "cannot become another user"
	start idle 60
	make_public
	run -4 --separate-stderr "${AS_NOBODY[@]}" "$PUBLIC/scrape" top "$PID"
	remove_public
}

@test "a refusal on a terminal leaves the terminal alone" {
	open_top 80x24 999999999
	eventually has_ended
	same "exit status" "$(<status)" 3
	same "terminal modes" "$(<stty.after)" "$(<stty.before)"
	see 'no process 999999999|no such process|999999999'
	now_shows 'before top'
}
