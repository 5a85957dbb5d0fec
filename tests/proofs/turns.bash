# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=bash disable=SC2154,SC2034 # it shares variables
#
# turns.bash - a target with a profiler and without, by turns, in one run
#
# The target prints what it has counted at each SIGUSR1, ending with a line
# "report N". It is asked before and after each turn of turn_s seconds; whether
# that was "with" or "without" goes to $dir/turns, what it said to $dir/out.
# Who comes first of a pair takes turns too, so that what drifts is in both.
#
# The sourcing script sets failed=0. Sets dir, which goes at the end.

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"

turn_s=3
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-turns.XXXXXX")
target=
scrape=

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$scrape" ] || kill -KILL "$scrape" 2>/dev/null || true
	[ -z "$target" ] || kill -KILL "$target" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

not_ok() {
	echo "not ok: $*"
	failed=1
}

# Whether a command of scrape has an option, by its help.
has() {
	"$SCRAPE" "$1" --help | grep -q -- "$2"
}

# words_for WAY: the words after scrape that profile so, for good, in words.
# None: this scrape has no such thing.
words_for() {
	case $1 in
	cpu) words=(record -q -r 100 -o "$dir/profile.pb.gz") ;;
	wall)
		words=(record -q -r 100 -m wall -o "$dir/profile.pb.gz")
		has record '--mode=' || words=()
		;;
	dump) words=(dump --no-lines -n 1000000 --interval 100ms) ;;
	freeze) words=(dump --no-lines --freeze -n 1000000 --interval 100ms) ;;
	top) words=(top -b --delay 1s) ;;
	esac
}

# What it has counted so far.
ask() {
	local before

	before=$(grep -c '^report' "$dir/out" || true)
	kill -USR1 "$target"
	until [ "$(grep -c '^report' "$dir/out")" -gt "$before" ]; do
		sleep 0.02
	done
}

turn() {
	ask
	echo "$1" >>"$dir/turns"
	sleep "$turn_s"
	ask
}

# Not while scrape comes up, or writes its file.
turn_with() {
	"$SCRAPE" "${words[@]}" -p "$target" >"$dir/scrape.out" \
	    2>"$dir/scrape.err" &
	scrape=$!
	sleep 1
	turn with
	kill -TERM "$scrape" 2>/dev/null || {
		cat "$dir/scrape.err" >&2
		not_ok "scrape ${words[*]} has ended by itself"
	}
	wait "$scrape" || true
	scrape=
}

turn_without() {
	sleep 0.5
	turn without
}

is_unharmed() {
	! cat "/proc/$1"/task/*/status | grep -q \
	    -e '^State:[[:space:]]*[tT]' -e '^TracerPid:[[:space:]]*[1-9]'
}

# take_turns PAIRS FIXTURE ARG...: it gets its seconds as the first argument.
take_turns() {
	local pairs=$1 i

	: >"$dir/turns"
	: >"$dir/out"
	"$FIXTURES/$2" $((pairs * (2 * turn_s + 10) + 60)) "${@:3}" \
	    >"$dir/out" &
	target=$!
	until grep -q '^pid' "$dir/out"; do sleep 0.1; done
	sleep 0.5
	for ((i = 0; i < pairs; i++)); do
		if ((i % 2)); then
			turn_with
			turn_without
		else
			turn_without
			turn_with
		fi
	done
	is_unharmed "$target" || not_ok "$2 is held"
	kill -TERM "$target"
	wait "$target" || not_ok "$2 ended with $?"
	target=
}
