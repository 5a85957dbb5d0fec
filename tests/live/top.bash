# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=bash disable=SC2154,SC2034 # it shares variables
#
# top.bash - `scrape top` in a terminal of its own: typed into, looked at
#
# The terminal is a window of tmux, on a server of our own. What runs in it is a
# small script (see top_script): the words "before top", scrape, then its status
# to the file "status". What the terminal's modes were before and after is in
# "stty.before" and "stty.after". tmux shows what a terminal would, alternate
# screen included, so what scrape leaves on it after its end can be seen.

load helper

TMUX_SOCKET=scrape-$$
# Where what is tested is not there yet, nobody wants to wait so long.
PATIENCE_S=${SCRAPE_PATIENCE_S:-$PATIENCE_S}
TERMINAL=screen-256color
LOCALE=C.UTF-8

# tests/live/top.py reads what -b --json printed.
top_saw() {
	"$here/top.py" "$@"
}

teardown() {
	tm kill-server 2>/dev/null || true
	# Killed, it leaves its file; other servers' are not ours.
	rm -f "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/$TMUX_SOCKET"
	end_started
}

# Without bats' own descriptor, which it would wait for.
tm() {
	env -u TMUX tmux -u -L "$TMUX_SOCKET" -f /dev/null "$@" 3>&-
}

# terminal COLUMNSxROWS COMMAND ARG...: runs it on a terminal of that size.
terminal() {
	tm new-session -d -x "${1%x*}" -y "${1#*x}" "${@:2}" \; \
	    set-option -g remain-on-exit on \; \
	    set-option -g escape-time 0 \; set-option -g status off
	# tmux takes a line for its status, until it is told not to.
	resize "$1"
}

resize() {
	tm resize-window -x "${1%x*}" -y "${1#*x}"
}

has_size() {
	[ "$(stty size <"$(tm display-message -p '#{pane_tty}')")" = \
	    "${1#*x} ${1%x*}" ]
}

# drawn_at SIZE: resizes, and waits for a picture of that size: for a word on
# it that was not there before.
drawn_at() {
	resize "$1"
	eventually has_size "$1"
	keys '@'
	see 'press \? for keys'
	keys C-l
	see_no 'press \? for keys'
}

# What runs in the terminal. It says what it did before scrape, so that a test
# can see that again; its last word is "after top".
top_script() {
	cat <<-'END'
	stty -g >stty.before
	echo "before top"
	"$@"
	echo $? >status
	stty -g >stty.after
	echo "after top"
	exec cat >/dev/null
	END
}

# open_top SIZE ARG...: scrape top in a terminal; sets SCRAPE_PID. TERMINAL and
# LOCALE are its TERM and LANG, ENVIRONMENT more words for env.
ENVIRONMENT=()
open_top() {
	rm -f top.pid status stty.before stty.after
	top_script >top.sh
	# shellcheck disable=SC2016
	terminal "$1" env -u NO_COLOR -u LC_ALL -u COLUMNS -u LINES \
	    TERM="$TERMINAL" LANG="$LOCALE" "${ENVIRONMENT[@]}" \
	    bash top.sh bash -c 'echo $$ >top.pid; exec "$0" top "$@"' \
	    "$SCRAPE" "${@:2}"
	eventually test -s top.pid
	SCRAPE_PID=$(<top.pid)
}

# watch SIZE ARG...: the same, until the first picture is there: its last line
# names the views.
watch() {
	open_top "$@"
	see '\[(functions|tree|callers|flame|threads)\]'
}

# --- looking

# The text of the screen, a line each; blanks at their ends are cut.
screen() {
	tm capture-pane -p
}

with_colors() {
	tm capture-pane -p -e
}

# For names at the end of a line there is a blank behind it.
spaced() {
	screen | sed 's/$/ /'
}

shows() {
	spaced | grep -qE -- "$1"
}

# see REGEX: waits until a line of the screen matches.
see() {
	eventually shows "$1" || {
		echo "the screen never shows /$1/:" >&2
		screen >&2
		return 1
	}
}

hides() {
	! shows "$1"
}

# see_no REGEX: waits until none does.
see_no() {
	eventually hides "$1" || {
		echo "the screen still shows /$1/:" >&2
		screen >&2
		return 1
	}
}

# What is so at this moment, and would not become so by waiting.
now_shows() {
	shows "$1" || fail "the screen does not show /$1/:" "$(screen)"
}

now_hides() {
	hides "$1" || fail "the screen shows /$1/:" "$(screen)"
}

# Samples since the start, from the head.
samples() {
	screen | grep -oE 'samples +[0-9][0-9  ,]*' | tr -dc '0-9'
}

# row REGEX: the number of the first line that matches, from 1.
row() {
	spaced | grep -nE -m 1 -- "$1" | cut -d: -f1
}

# above REGEX REGEX: the first stands higher.
above() {
	local a b

	a=$(row "$1")
	b=$(row "$2")
	[ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ]
}

see_above() {
	eventually above "$1" "$2" || {
		echo "/$1/ is never above /$2/:" >&2
		screen >&2
		return 1
	}
}

# The chosen row: the one below the heads that is drawn in reverse. tmux tells
# what changes, and the heads are reversed too.
cursor_row() {
	with_colors | awk '
	function paint(codes,    n, each, i) {
		n = split(codes, each, ";")
		if (n == 0)
			is_reversed = 0
		for (i = 1; i <= n; i++) {
			if (each[i] == 38 || each[i] == 48)
				i += each[i + 1] == 5 ? 2 : 4
			else if (each[i] == 7)
				is_reversed = 1
			else if (each[i] + 0 == 0 || each[i] == 27)
				is_reversed = 0
		}
	}
	{
		text = ""
		is_chosen = 0
		while (match($0, /\033\[[0-9;]*m/)) {
			is_chosen = is_chosen || is_reversed && RSTART > 1
			text = text substr($0, 1, RSTART - 1)
			paint(substr($0, RSTART + 2, RLENGTH - 3))
			$0 = substr($0, RSTART + RLENGTH)
		}
		is_chosen = is_chosen || is_reversed && length($0) > 0
		if (is_chosen && is_below)
			print text $0 " "
		if (text $0 ~ /FUNCTION|STATE/)
			is_below = 1
	}'
}

cursor_on() {
	cursor_row | grep -qE -- "$1"
}

# see_cursor_on REGEX
see_cursor_on() {
	eventually cursor_on "$1" || {
		echo "the cursor is never on /$1/:" >&2
		with_colors | cat -v >&2
		return 1
	}
}

# The widest line and the number of lines: never more than the terminal has.
assert_inside() {
	local columns=${1%x*} rows=${1#*x}

	at_most "lines" "$(screen | wc -l)" "$rows"
	at_most "columns" "$(screen | LC_ALL=C.UTF-8 wc -L)" "$columns"
}

# --- typing

# Names of tmux for keys: Enter, Escape, Up, NPage, F1, C-c ...
keys() {
	tm send-keys "$@"
}

type_text() {
	tm send-keys -l -- "$1"
}

# click COLUMN ROW, from 0: as terminals of this kind report the first button.
click() {
	mouse 32 "$@"
	mouse 35 "$@"
}

# wheel up|down COLUMN ROW
wheel() {
	if [ "$1" = up ]; then
		mouse 96 "${@:2}"
	else
		mouse 97 "${@:2}"
	fi
}

mouse() {
	# shellcheck disable=SC2046
	tm send-keys -H 1b 5b 4d $(printf '%x %x %x' "$1" $(($2 + 33)) \
	    $(($3 + 33)))
}

# --- the end

has_ended() {
	[ -s status ] && [ -s stty.after ]
}

# ends [STATUS]: scrape is gone, and the terminal is as it was.
ends() {
	eventually has_ended || {
		screen >&2
		return 1
	}
	terminal_is_back
	same "exit status" "$(<status)" "${1:-0}"
}

terminal_is_back() {
	same "terminal modes" "$(<stty.after)" "$(<stty.before)"
	see 'after top'
	# Where there is another screen, ours was on that, and is gone.
	case $TERMINAL in
	vt100 | linux | dumb | '') ;;
	*)
		tm capture-pane -p -S - | grep -q 'before top' ||
		    fail "what was on the terminal is gone:" "$(screen)"
		now_hides 'SELF%'
		;;
	esac
	same "cursor shown" "$(tm display-message -p '#{cursor_flag}')" 1
	same "alternate screen" "$(tm display-message -p '#{alternate_on}')" 0
	same "mouse reports" "$(tm display-message -p '#{mouse_any_flag}')" 0
	same "keypad" "$(tm display-message -p '#{keypad_flag}')" 0
}

quit() {
	keys q
	ends "$@"
}

# --- the fixture

# The stage of most tests: see fixtures/programs/stage.c.
on_stage() {
	start stage 120 "$@"
}

cpu_ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

has_worked() {
	[ "$(cpu_ticks "$2")" -ge "$1" ]
}

# works TICKS PID: waits until it has used so much more CPU, in 1/100 s. What is
# sampled goes by that, not by the clock.
works() {
	eventually has_worked $(($(cpu_ticks "$2") + $1)) "$2"
}

# The table of keys, "KEYS<tab>WORDS" a line.
help_keys() {
	"$SCRAPE" top --help-keys
}

# batch_has REGEX ARG...: tables are printed until one has such a line; what
# came until then is in "out".
batch_has() {
	set +e
	timeout "$PATIENCE_S" "$SCRAPE" top -b -r 200 --delay 200ms \
	    --window all "${@:2}" -p "$PID" 3>&- |
	    WANTED=$1 awk '{ print } $0 ~ ENVIRON["WANTED"] { exit }' >out
	statuses=("${PIPESTATUS[@]}")
	set -e
	same "exit status" "${statuses[0]}" 0
	grep -qE -- "$1" out
}
