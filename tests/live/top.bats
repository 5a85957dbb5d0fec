#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top.bats - the keys of top, and how it behaves on terminals of all kinds
#
# On the fixture "stage", which says what its shares are, and at a quick pace.
# The same on programs of the world: tests/proofs/top_real.sh.

load top

QUICK=(-r 200 --delay 250ms)

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
	see_above ' alpha ' ' trim '
	see_above ' trim ' ' delta '
	see_above ' delta ' ' play '
	quit
}

@test "names of source lines and inlined calls come while it runs" {
	at 100x30
	see ' trim +.*stage\.c:[0-9]'
	quit
}

# --- leaving

@test "q leaves" {
	at 80x24
	quit
	assert_unharmed "$PID"
}

@test "F10 leaves" {
	at 80x24
	keys F10
	ends
}

@test "^C leaves" {
	at 80x24
	keys C-c
	ends
}

@test "on leaving it says how to record, and leaves no screen behind" {
	at 80x24
	quit
	screen | tr -d '\n' | grep -q 'scrape record'
	at_most "lines left" "$(screen | grep -c .)" 5
}

# --- help

# every_key_is_shown: in the overlay, on pages if it has several.
every_key_is_shown() {
	local names words shown

	shown=$(screen; keys NPage; sleep 0.3; screen)
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
		see_no 'SELF%'
		every_key_is_shown
		keys Escape
		see 'SELF%'
	done
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

# Samples since the start, from the head.
samples() {
	screen | grep -oE 'samples +[0-9][0-9  ,]*' | tr -dc '0-9'
}

table() {
	screen | tail -n +5
}

pauses_by() {
	local before text

	at 100x30 --window all
	keys "$1"
	see '[Pp]aused|PAUSED'
	before=$(samples)
	text=$(table)
	sleep 1.5
	same "table" "$(table)" "$text"
	keys "$1"
	see_no '[Pp]aused|PAUSED'
	# What came meanwhile is there at once.
	at_least "samples" "$(samples)" $((before + 150))
	quit
}

@test "space holds the picture, while sampling goes on" {
	pauses_by Space
}

@test "z does the same" {
	pauses_by z
}

# --- searching and filtering

@test "/ finds, n and N go on and back" {
	at 100x30 --window all
	keys /
	type_text 'ing$'
	keys Enter
	see_cursor_on ' (opening|closing) '
	first=$(with_colors | grep -oE $'\e''\[[0-9;]*7m.*' |
	    grep -oE '(open|clos)ing' | head -n 1)
	keys n
	other=opening
	[ "$first" != opening ] || other=closing
	see_cursor_on " $other "
	keys N
	see_cursor_on " $first "
	quit
}

@test "what is not found is said" {
	at 100x30
	keys /
	type_text 'no_such_function'
	keys Enter
	see 'no_such_function'
	see '[Nn]ot found|[Nn]o match|[Nn]othing'
	quit
}

@test "f, F4 and \\ filter, Esc takes the filter away" {
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
	quit
}

@test "a filter that is no regular expression is said, and changes nothing" {
	at 100x30
	keys f
	type_text '(beta'
	keys Enter
	see '[Uu]nmatched|regular expression'
	keys Escape Escape
	see ' alpha '
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
	keys Escape
	sleep 0.5
	now_shows ' beta '
	quit
}

# --- sorting

@test "1 to 4 sort by what is spent, by name and by file" {
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
	keys 1
	see_above ' alpha ' ' main '
	quit
}

@test "5 to 7 sort by object, trend and process" {
	at 100x40 --window all
	keys 5
	see_above ' libc\.so' '[0-9] +stage $'
	keys 6
	see ' alpha '
	keys 7
	see ' alpha '
	quit
}

@test "i turns the order round" {
	at 200x60 --window all
	see_above ' alpha ' ' main '
	keys i
	see_above ' main ' ' alpha '
	keys i
	see_above ' alpha ' ' main '
	quit
}

@test "< and > choose the column to sort by" {
	at 100x30 --window all
	keys '>'
	see_above ' main ' ' alpha '
	keys '<'
	see_above ' alpha ' ' main '
	quit
}

@test "s and F6 choose the next column" {
	local key

	at 100x30 --window all
	for key in s F6; do
		keys "$key"
		see_above ' main ' ' alpha '
		keys "$key"
		see_above ' alpha ' ' beta '
		keys 1
		see_above ' alpha ' ' main '
	done
	quit
}

@test "--sort begins with that order" {
	at 100x30 --window all --sort total
	above ' main ' ' alpha '
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

# The hot way down to alpha is open; what it passes by is closed.
@test "Enter, + - and the arrows open and close a branch" {
	at 100x30 --window all --view tree
	see ' closing'
	keys /
	type_text closing
	keys Enter
	see_cursor_on closing
	see_no ' beta'
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
	quit
}

@test "E opens all, C closes all" {
	at 100x50 --window all --view tree
	keys E
	see ' trim'
	see ' paint'
	keys C
	see_no ' alpha'
	see_no ' trim'
	see ' (_start|clone3?)'
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
	see_above ' opening' ' play'
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

@test "Enter zooms into the chosen box, Backspace is the way back" {
	at 100x30 --window all --view flame
	see paint
	keys /
	type_text '^opening$'
	keys Enter
	see '^opening'
	keys Enter
	see_no paint
	see alpha
	see nested
	keys BSpace
	see paint
	quit
}

@test "the arrows go from box to box, and its numbers are told" {
	at 100x30 --window all --view flame
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
	keys Right
	see '^(opening|closing)'
	quit
}

# --- threads

@test "the threads, what each does, and one alone" {
	at 100x30 --window all --view threads
	see 'painter'
	see "$PID +stage +(running|sleeping) +[0-9.]+"
	see 'waiter +sleeping .*epoll_wait'
	for i in 1 2 3 4; do
		! cursor_on painter || break
		keys Down
		sleep 0.3
	done
	see_cursor_on painter
	keys Enter
	see ' paint '
	see_no ' alpha '
	quit
}

@test "H goes to the threads and back" {
	at 100x30
	keys H
	see 'waiter +sleeping '
	keys H
	see ' alpha '
	quit
}

@test "T filters by the name of the thread" {
	at 100x30 --window all
	keys T
	type_text '^paint'
	keys Enter
	see_no ' alpha '
	see ' paint '
	keys Escape
	see ' alpha '
	quit
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

@test "w changes the window, and the head names it" {
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
	quit
}

resets_by() {
	local before

	at 100x30 --window all
	has_some() { [ "$(samples)" -ge 500 ]; }
	eventually has_some
	before=$(samples)
	keys "$1"
	has_fewer() { [ "$(samples)" -lt 450 ]; }
	eventually has_fewer
	see ' alpha '
	quit
}

@test "r forgets what was counted" {
	resets_by r
}

@test "R does the same" {
	resets_by R
}

# stands_still SECONDS: the head's clock as well.
stands_still() {
	local before

	before=$(screen)
	sleep "$1"
	[ "$(screen)" = "$before" ]
}

@test "d changes the delay between two pictures" {
	at 100x30 --window all
	keys d
	type_text 'soon'
	keys Enter
	see 'a delay is like'
	keys d
	type_text '60'
	keys Enter
	sleep 0.5
	stands_still 1.5 || fail "it goes on"
	keys d
	type_text '100ms'
	keys Enter
	sleep 0.5
	! stands_still 1.5 || fail "it stands still"
	quit
}

@test "the rate can be changed while it runs" {
	at 100x30
	keys .
	see ' 500 Hz'
	keys ,
	see ' 200 Hz'
	keys ,
	see ' 100 Hz'
	quit
}

# --- W

written() {
	screen | grep -oE '[^ ]+\.pb\.gz' | tail -n 1
}

@test "W writes the window, and names the file" {
	need_program go
	at 100x30 --window all
	keys W
	see '[wW]indow|[aA]ll'
	keys w
	see '\.pb\.gz'
	[ -s "$(written)" ] || fail "there is no $(written)"
	top_saw pprof "$(written)" | grep -q $'\talpha$'
	quit
	nothing_left_behind
}

@test "W, then a: the whole run, which is more than the window" {
	need_program go
	at 100x30 --window 1s
	sleep 2
	keys W
	see '[wW]indow|[aA]ll'
	keys w
	see '\.pb\.gz'
	small=$(written)
	keys W
	keys a
	is_another() { [ -n "$(written)" ] && [ "$(written)" != "$small" ]; }
	eventually is_another
	at_least "time of all" "$(cpu_of "$(written)")" "$(awk -v \
	    a="$(cpu_of "$small")" 'BEGIN { print a * 1.5 }')"
	quit
}

cpu_of() {
	top_saw pprof "$1" | awk '{ s += $1 } END { printf "%.0f", s }'
}

@test "a profile that cannot be written is said, and all goes on" {
	at 100x30
	need_root
	mkdir gone
	# Where it runs there is no directory any more.
	kill -0 "$SCRAPE_PID"
	quit
	on_stage
	# shellcheck disable=SC2016
	terminal_in_gone "$PID"
	see ' alpha '
	keys W
	keys w
	see '\.pb\.gz|No such file|cannot'
	see ' alpha '
	quit
}

terminal_in_gone() {
	local folder=$PWD

	top_script | sed "s| >s| >$folder/s|; s|>stty|>$folder/stty|" >top.sh
	tm kill-server 2>/dev/null || true
	# shellcheck disable=SC2016
	terminal 100x30 env TERM="$TERMINAL" LANG="$LOCALE" TMPDIR="$folder" \
	    bash -c 'cd gone && rmdir ../gone && . "$0"' "$PWD/top.sh" \
	    "$SCRAPE" top "${QUICK[@]}" -p "$1"
}

# --- moving

@test "arrows, j k, g G, pages, Home and End move the cursor" {
	at 80x16 --window all
	keys g
	see_cursor_on ' alpha '
	keys j
	see_cursor_on ' trim '
	keys k
	see_cursor_on ' alpha '
	keys Down
	see_cursor_on ' trim '
	keys Up
	see_cursor_on ' alpha '
	keys G
	see_no ' alpha '
	keys g
	see_cursor_on ' alpha '
	keys End
	see_no ' alpha '
	keys Home
	see_cursor_on ' alpha '
	keys NPage
	see_no ' alpha '
	keys PPage
	see_cursor_on ' alpha '
	quit
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

@test "the wheel scrolls" {
	at 80x16 --window all
	see_cursor_on ' alpha '
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

@test "a terminal of another size is filled anew" {
	at 100x30
	now_shows 'OBJECT'
	resize 60x20
	see_no OBJECT
	see ' alpha'
	assert_inside 60x20
	resize 200x60
	see OBJECT
	assert_inside 200x60
	above ' alpha ' ' delta '
	quit
}

@test "narrower and narrower: columns go in their order, the name stays" {
	local width last='' heads

	at 110x24
	for width in 100 90 80 70 60 50 45 40; do
		resize "${width}x24"
		see 'SELF%.*FUNC|FUNC'
		sleep 0.4
		see ' alpha'
		assert_inside "${width}x24"
		heads=$(screen | grep -m 1 FUNC)
		case $heads in
		*OBJECT*) [[ $heads == *FILE* ]] || fail "$heads" ;;
		esac
		case $heads in
		*FILE*) [[ $heads == *' SELF '* ]] || fail "$heads" ;;
		esac
		case $heads in
		*' SELF '*) [[ $heads == *' TOTAL '* ]] || fail "$heads" ;;
		esac
		last=$heads
	done
	[[ $last == *SELF%* && $last != *OBJECT* && $last != *FILE* ]] ||
	    fail "at 40 columns: $last"
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
	sleep 0.5
	resize 1x1
	sleep 0.5
	kill -0 "$SCRAPE_PID"
	resize 80x24
	see ' alpha '
	at_least "samples" "$(samples)" $((before + 100))
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

# Every view and overlay, on every size, again and again.
@test "all views at all sizes: what is drawn stays inside" {
	local size view

	at 80x24
	for view in t b F H '?' /; do
		keys "$view"
		for size in 200x60 40x8 100x30 39x7 80x24; do
			resize "$size"
			sleep 0.3
			assert_inside "$size"
			kill -0 "$SCRAPE_PID" || fail "$view at $size"
		done
		keys Escape
		keys Escape
	done
	see ' alpha|STATE|_start'
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

@test "flames have colours where the terminal has them" {
	at 100x30 --view flame
	eventually has_colors
	quit
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

@test "NO_COLOR that is empty counts for nothing; --color=always wins" {
	ENVIRONMENT=(NO_COLOR=)
	at 100x30 --view flame
	eventually has_colors
	quit
	tm kill-server
	ENVIRONMENT=(NO_COLOR=1)
	watch_again 100x30 --color=always --view flame
	eventually has_colors
	quit
}

watch_again() {
	open_top "$1" "${QUICK[@]}" "${@:2}" -p "$PID"
	see ' alpha|alpha'
}

@test "--color=never: none" {
	at 100x30 --color=never --view flame
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
	see ' alpha '
	same "tables" "$(tm capture-pane -p -S - | grep -c 'SELF%')" 2
}

@test "TERM that is not set, or not known" {
	TERMINAL=
	on_stage
	open_top 200x60 "${QUICK[@]}" -n 1 -p "$PID"
	ends
	see ' alpha '
	TERMINAL=no-such-terminal
	tm kill-server
	open_top 200x60 "${QUICK[@]}" -n 1 -p "$PID"
	eventually has_ended
	see ' alpha |no-such-terminal'
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

	# A title, a colour, a clear, the start of a string that never ends.
	for name in $'\e]0;evil\a' $'\e[31mred' $'\e[2J\e[H' $'\eP\x9bx' \
	    $'a\tb\rc\nd'; do
		start stage 120 "$name"
		watch 100x30 "${QUICK[@]}" -p "$PID" --view threads
		see '\?'
		see painter
		same "title" "$(tm display-message -p '#{pane_title}' |
		    grep -c evil)" 0
		same "red" "$(with_colors | grep -c $'\e''\[31mred')" 0
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
	same "columns of the state" "$(state_columns | sort -u | wc -l)" 1
	quit
	tm kill-server
	LOCALE=C
	watch 100x30 "${QUICK[@]}" -p "$PID" --view threads
	see '\?'
	! beyond_ascii || fail "$(screen)"
	same "columns of the state" "$(state_columns | sort -u | wc -l)" 1
	quit
}

# The cell where the state of each thread stands; CJK takes two.
state_columns() {
	screen | grep -E '(painter|waiter|漢|\?\?) ' | python3 -c '
import re, sys, unicodedata
for line in sys.stdin:
    m = re.search(r" (running|sleeping) ", line)
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
	for size in 100x30 200x60 40x8; do
		watch "$size" "${QUICK[@]}" -p "$PID" --window all
		see 'start0*…?0*'
		assert_inside "$size"
		keys t
		sleep 0.5
		assert_inside "$size"
		keys F
		sleep 0.5
		assert_inside "$size"
		same "title" "$(tm display-message -p '#{pane_title}' |
		    grep -c evil)" 0
		quit
		tm kill-server
	done
	"$SCRAPE" top --json -n 1 --delay 500ms --window all -p "$PID" >out
	top_saw valid out
	grep -q "$long" out
	"$SCRAPE" top -b -n 1 --delay 500ms --window all -p "$PID" >out
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
	sleep 4
	rises=$(trend_of delta)
	kill -USR1 "$PID"
	marks_differ() {
		[ -n "$(trend_of delta)" ] && [ -n "$(trend_of alpha)" ] &&
		    [ "$(trend_of delta)" != "$(trend_of alpha)" ]
	}
	eventually marks_differ || fail "$(screen)"
	quit
}

# What stands beside a row that is no number, no name, no place.
trend_of() {
	screen | grep -m 1 " $1 " | grep -oE '[▲▼↑↓^v+]+' | head -n 1
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
	open_top 100x30 "${QUICK[@]}" --window all -- "$FIXTURES/stage" 2 x 7
	see ' alpha '
	see 'exited \(status 7\)'
	now_shows ' alpha '
	keys q
	ends 7
}

@test "-- CMD that is not there" {
	run -127 "$SCRAPE" top -b -n 1 -- ./no-such-program
}

# --- batch

@test "-b prints as many tables as asked for, one after each delay" {
	on_stage
	run -0 --separate-stderr "$SCRAPE" top -b -n 3 --delay 300ms -p "$PID"
	same "tables" "$(grep -c 'SELF%' <<<"$output")" 3
	[[ $output == *' alpha '* ]]
	! grep -q $'\e' <<<"$output" || fail "escapes"
	same "stderr" "$stderr" ""
	assert_unharmed "$PID"
}

@test "without a terminal it is the same" {
	on_stage
	"$SCRAPE" top -n 2 --delay 300ms -p "$PID" >out </dev/null
	same "tables" "$(grep -c 'SELF%' out)" 2
	! grep -q $'\e' out || fail "escapes"
}

@test "a table is there as soon as its delay is over, also in a pipe" {
	on_stage
	"$SCRAPE" top -b -n 2 --delay 1 -p "$PID" 3>&- | {
		grep -m 1 -q 'SELF%'
		touch first
		cat >/dev/null
		touch last
	} &
	STARTED+=($!)
	eventually test -e first
	[ ! -e last ] || fail "the first came with the last"
	eventually test -e last
}

@test "COLUMNS bounds the lines of a table" {
	on_stage
	COLUMNS=60 "$SCRAPE" top -b -n 1 --delay 300ms -p "$PID" >out
	grep -q alpha out
	at_most "columns" "$(wc -L <out)" 60
}

@test "a reader that goes away ends it, quietly" {
	on_stage
	set +e
	"$SCRAPE" top -b --delay 100ms -p "$PID" 2>noise | head -n 1 >/dev/null
	statuses=("${PIPESTATUS[@]}")
	set -e
	same "exit status" "${statuses[0]}" 0
	same "noise" "$(cat noise)" ""
	assert_unharmed "$PID"
}

@test "--json: an object for each refresh, as the schema says" {
	on_stage
	"$SCRAPE" top --json -n 3 --delay 400ms --window all -p "$PID" >out
	top_saw valid out
	same "objects" "$(wc -l <out)" 3
	same "pid" "$(top_saw get out pid | sort -u)" "$PID"
	within "alpha" "$(top_saw share out alpha self)" 40 30
	at_least "main" "$(top_saw share out main total)" 60
}

@test "-b of a target that ends: exit status 0" {
	start stage 1
	run -0 "$SCRAPE" top -b --delay 300ms -p "$PID"
	[[ $output == *' alpha '* ]]
}

@test "-b: --sort, --view, --grain and --window are heard" {
	on_stage
	run -0 "$SCRAPE" top -b -n 1 --delay 1 --window all --sort total -p "$PID"
	[[ $output == *' main '*' alpha '* ]]
	run -0 "$SCRAPE" top -b -n 1 --delay 1 --view tree -p "$PID"
	[[ $output == *' nested'*' play'* ]]
	run -0 "$SCRAPE" top -b -n 1 --delay 1 --grain object -p "$PID"
	[[ $output == *libc.so* && $output != *' alpha '* ]]
	run -2 "$SCRAPE" top -b -n 1 --view threads -p "$PID"
}

@test "-t and --thread: of these threads alone" {
	on_stage
	tid=$(grep -l painter "/proc/$PID"/task/*/comm | cut -d/ -f5)
	for option in "-t $tid" '--thread ^paint'; do
		# shellcheck disable=SC2086
		run -0 "$SCRAPE" top -b -n 1 --delay 1500ms $option -p "$PID"
		[[ $output == *' paint '* && $output != *' alpha '* ]]
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
