#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top_cost.sh [STACKS] - what looking costs, with 50,000 distinct stacks to show
#
# A fixture of which hardly a stack is seen twice is sampled fast until so many
# were seen, on a terminal of 200x60. Then, slowly, so that there are not many
# more, for each view: the CPU time of all of scrape with ten refreshes a second
# less that with none to speak of, by refresh: at most 20 ms. Ticks missed with
# and without drawing, at 100 Hz. Last, "held" and "own CPU" of the head against
# the target's own clock and the kernel's count (top_cost.py).
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
proofs=$(cd "$(dirname "$0")" && pwd)
stacks=${1:-50000}
failed=0

LIMIT_MS=20
SPAN_S=10
OFTEN=100ms
PER_SPAN=$((SPAN_S * 10))

# shellcheck source=tests/proofs/top_terminal.bash
. "$proofs/top_terminal.bash"

samples() {
	screen | grep -oE 'samples +[0-9][0-9  ,]*' | tr -dc '0-9'
}

delay() {
	keys d
	keys C-u
	type_text "$1"
	keys Enter
}

# used COMMAND: nanoseconds of CPU of scrape over a span
used() {
	local before

	before=$("$proofs/top_cost.py" cpu "$SCRAPE_PID")
	sleep $SPAN_S
	echo $(($("$proofs/top_cost.py" cpu "$SCRAPE_PID") - before))
}

# The file of the whole run; its comments say how many ticks were missed.
write_all() {
	local last

	last=$(ls -t ./*.pb.gz 2>/dev/null | head -n 1)
	keys W
	keys a
	is_written() {
		newest=$(ls -t ./*.pb.gz 2>/dev/null | head -n 1)
		[ -n "$newest" ] && [ "$newest" != "$last" ]
	}
	# The name is there before the file is.
	eventually is_written
	eventually shows "wrote ${newest#./}"
	echo "$newest"
}

missed_by() {
	go tool pprof -comments "$1" 2>/dev/null |
	    grep -oE '[0-9]+ ticks missed' | cut -d' ' -f1
}

distinct_in() {
	go tool pprof -raw "$1" 2>/dev/null |
	    sed -n '/^Samples/,/^Locations/p' | grep -cE '^ +[0-9]+ +[0-9]+:'
}

begin_target "$FIXTURES/manystacks" 900 4
watch 200x60 -r 5000 --max-pause 100 --window all --delay 1s -p "$PID"
# Nearly each sample is a stack of its own, where the machine has time for both;
# else it takes longer.
has_samples() {
	[ "$(samples)" -ge "$1" ]
}
# rate HZ KEY: "," for slower, "." for faster
rate() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! shows " $1 Hz" || return 0
		keys "$2"
		sleep 0.5
	done
	now_shows " $1 Hz"
}

PATIENCE_S=300
distinct=0
wanted=$((stacks * 105 / 100))
for _ in 1 2 3 4; do
	eventually has_samples $wanted
	rate 10 ,
	distinct=$(distinct_in "$(write_all)")
	[ "$distinct" -lt "$stacks" ] || break
	wanted=$(($(samples) * stacks * 105 / 100 / distinct))
	rate 1000 .
done
PATIENCE_S=30
printf 'distinct stacks: %d, of %s samples\n' "$distinct" "$(samples)"
[ "$distinct" -ge "$stacks" ] || failed=1
# What was written, and the last names, cost once and are no refresh.
sleep 5

# view NAME KEY
view() {
	local idle busy

	[ -z "$2" ] || keys "$2"
	sleep 1
	delay 60s
	sleep 1
	idle=$(used)
	delay $OFTEN
	sleep 1
	busy=$(used)
	awk -v name="$1" -v idle="$idle" -v busy="$busy" -v n=$PER_SPAN \
	    -v limit=$LIMIT_MS 'BEGIN {
		ms = (busy - idle) / n / 1e6
		printf "%-8s %6.2f ms a refresh (at most %d)\n", name, ms, limit
		exit ms > limit }' || failed=1
	assert_inside 200x60
}

view flat ''
view tree t
keys E
view 'tree, all' ''
keys t
view callers b
keys b
view flame F
keys F
printf 'distinct stacks by now: %d\n' "$(distinct_in "$(write_all)")"
rate 100 .

# ticks_missed DELAY: over a span
ticks_missed() {
	local before

	delay "$1"
	sleep 1
	before=$(missed_by "$(write_all)")
	sleep $((2 * SPAN_S))
	echo $(($(missed_by "$(write_all)") - before))
}

rarely=$(ticks_missed 60s)
often=$(ticks_missed $OFTEN)
printf 'ticks missed in %d s: %d undrawn, %d with %s between two screens\n' \
    $((2 * SPAN_S)) "$rarely" "$often" $OFTEN
# Those of the machine are in both; a hundredth of all ticks is no matter.
[ "$often" -le $((rarely + 2 * SPAN_S)) ] || failed=1

quit || failed=1
close_terminal
end_target

"$proofs/top_cost.py" hold || failed=1
exit "$failed"
