#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# truth.bats - the profile says what the target says of itself
#
# Shares are held against the binomial distribution, CPU time against the
# kernel's own count. The minute-long versions are tests/proofs/truth.sh.

load helper

# record_counted FIXTURE ARG...: a recording of a whole life, from exec to exit.
# Sets OUT to what the fixture printed.
record_counted() {
	OUT=$BATS_TEST_TMPDIR/out
	record -o out.pb.gz --stats stats.json -- "$FIXTURES/$1" "${@:2}"
	same "exit status" "$status" 0
	printf '%s\n' "$output" >"$OUT"
}

assert_process_total() {
	local total

	total=$(look total out.pb.gz)
	within "sum of cpu" "$total" "$(truth cpu_ns)" 1
	within "sum of cpu" "$total" "$(look stat stats.json cpu_kernel_ns)" 1
}

# assert_sampled PERCENT: so much of it stands in stacks, and not in the rows
# that say what was missed: those alone would make any sum right.
assert_sampled() {
	at_least "percent of cpu in stacks" "$(look stat stats.json \
	    cpu_attributed_ns cpu_kernel_ns | paste -sd' ' |
	    awk '{ print 100 * $1 / $2 }')" "$1"
}

# Every "thread TID NS" of the fixture, within 1 % of the label's sum.
assert_thread_totals() {
	local tid ns seen

	look threads out.pb.gz >threads
	[ -n "$(truth thread)" ] || fail "the fixture told of no threads"
	while read -r tid ns; do
		seen=$(awk -v tid="$tid" '$1 == tid { print $2 }' threads)
		within "cpu of thread $tid" "${seen:-0}" "$ns" 1
	done < <(truth thread)
}

# shares_hold SECONDS: all ten within 3 sigma. One function in ten recordings
# may be outside by chance alone (10 x 0.27 %), hence more than one attempt.
shares_hold() {
	local wanted

	record_counted serial "$1"
	wanted=$(sed -n 's/^share_\(.\) \(.*\)/\1=\2/p' "$OUT")
	# shellcheck disable=SC2086
	look shares out.pb.gz $wanted
}

@test "shares of ten functions are true within 3 sigma" {
	shares_hold 4 || shares_hold 8
	assert_process_total
}

@test "two phases locked to the sampling rate keep their shares" {
	local seen

	record_counted periodic 3
	# Over four sigma of 300 samples; a sampler in step with it is off by 50.
	for phase in A B; do
		seen=$(look chain out.pb.gz "phase_$phase")
		at_least "share of $phase" "$seen" "$(truth share_$phase |
		    awk '{ print $1 - 12.5 }')"
	done
}

@test "one thread: CPU time is the kernel's within 1 percent" {
	record_counted spin 1 3
	assert_process_total
	assert_sampled 97
	assert_thread_totals
}

@test "eight threads: CPU time is the kernel's within 1 percent, each" {
	record_counted spin 8 5
	assert_process_total
	assert_sampled 95
	assert_thread_totals
	same "names of threads" \
	    "$(look threads out.pb.gz | awk '$4 ~ /^worker-/' | wc -l)" 8
}

@test "threads that sleep half the time are charged for the other half" {
	record_counted halfsleep 2 3
	assert_process_total
	assert_sampled 90
	assert_thread_totals
}

@test "time in the kernel is counted, and at its calls" {
	record_counted syscalls 2 3
	assert_process_total
	assert_sampled 95
	assert_thread_totals
	# utime and stime come in ticks of 10 ms.
	within "cpu_system_ns" "$(look stat stats.json cpu_system_ns)" \
	    "$(truth system_us | awk '{ print $1 * 1000 }')" 10
	at_least "percent in read_zeroes" \
	    "$(look chain out.pb.gz read_zeroes)" 25
	at_least "percent in ask_parent" \
	    "$(look chain out.pb.gz ask_parent)" 25
}

@test "threads that live 3 ms are not lost" {
	record_counted churn 2
	# What lives and dies between two ticks is known to the process clock
	# only; the last tick may come up to 10 ms before the end.
	assert_process_total
}

@test "children's CPU time is not the parent's" {
	record_counted fork 2
	same "children that failed" "$(truth failed)" 0
	at_least "forks" "$(truth forks)" 10
	assert_process_total
}

# The CPU time of a process, in nanoseconds.
cpu_ns() {
	awk '{ s += $1 } END { printf "%.0f\n", s }' "/proc/$1/task/"*/schedstat
}

@test "a target that was there before: what it used meanwhile, no more, no less" {
	local outer inner total

	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	outer=$(cpu_ns "$PID")
	record_bg -p "$PID" -d 3 -o out.pb.gz --stats stats.json
	inner=$(cpu_ns "$PID")
	sleep 2.5
	inner=$(($(cpu_ns "$PID") - inner))
	record_ends 0
	outer=$(($(cpu_ns "$PID") - outer))
	assert_unharmed "$PID"
	total=$(look total out.pb.gz)
	within "sum of cpu" "$total" "$(look stat stats.json cpu_kernel_ns)" 1
	at_least "sum of cpu" "$total" "$inner"
	at_most "sum of cpu" "$total" "$outer"
}

@test "a process whose main thread has ended is recorded" {
	start leaderless 30
	record -p "$PID" -d 2 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	at_least "percent in survivor" "$(look chain out.pb.gz "survivor;spin")" 98
	assert_unharmed "$PID"
}

# The threads of PID that have hardly run: TID and turns on a core.
sleepers_turns() {
	local dir run turns

	for dir in "/proc/$PID/task/"*; do
		read -r run _ turns <"$dir/schedstat"
		[ "${dir##*/}" = "$PID" ] || [ "$run" -gt 50000000 ] ||
		    echo "${dir##*/} $turns"
	done
}

sleepers_are() {
	[ "$(sleepers_turns | wc -l)" = "$1" ]
}

@test "of a thousand sleepers beside two that spin none is woken" {
	start crowd 1000 2 60
	eventually sleepers_are 1000
	sleepers_turns >before
	record -p "$PID" -d 2 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	same "threads" "$(look stat stats.json threads_seen)" 1003
	at_least "samples" "$(look stat stats.json samples)" 20
	sleepers_turns | diff before - >changed ||
	    fail "woken: $(grep -c '^>' changed)"
	assert_unharmed "$PID"
}

@test "-t and --thread record the threads they name and no other" {
	local tid

	start spin 4 60
	eventually threads_named "$PID" 4 worker-
	tid=$(grep -l '^worker-2$' "/proc/$PID/task/"*/comm | cut -d/ -f5)
	record -p "$PID" -d 2 -t "$tid" -o one.pb.gz
	same "exit status" "$status" 0
	same "threads" "$(look threads one.pb.gz | cut -d' ' -f1)" "$tid"
	record -p "$PID" -d 2 --thread '^worker-[13]$' -o some.pb.gz
	same "exit status" "$status" 0
	same "threads" "$(look threads some.pb.gz | cut -d' ' -f4 | sort |
	    paste -sd' ')" "worker-1 worker-3"
	assert_unharmed "$PID"
}

@test "--labels none and name leave out what they say" {
	start spin 2 60
	record -p "$PID" -d 1 --labels none -o none.pb.gz
	same "labels" "$(look threads none.pb.gz | cut -d' ' -f1,4)" "0 "
	record -p "$PID" -d 1 --labels name -o name.pb.gz
	same "thread ids" "$(look threads name.pb.gz | cut -d' ' -f1)" "0"
	go tool pprof -tags name.pb.gz 2>/dev/null >tags
	grep -q worker-0 tags
	grep -q worker-1 tags
}

@test "what could not be sampled is not the next stack's" {
	need_program strace
	start serial 60
	# Most of a second belongs to another tracer, then to nobody's ^Z. The
	# tracer fails, and tries again, where a stop of ours has the thread.
	(sleep 0.5
	for _ in {1..20}; do
		status=0
		timeout 0.8 strace -o /dev/null -p "$PID" || status=$?
		[ "$status" != 124 ] || break
	done) 3>&- &
	record -p "$PID" -d 2 -o traced.pb.gz --stats stats.json
	same "exit status" "$status" 0
	at_least "stops refused" "$(look stat stats.json refused)" 5
	at_most "ns in a sample" "$(look heaviest traced.pb.gz)" 150000000
	# The tracer is looked for once a second.
	at_least "% not sampled" "$((100 *
		$(look row traced.pb.gz "[not sampled]") /
		$(look total traced.pb.gz)))" 20

	"$SCRAPE" record -q -p "$PID" -d 2 -o stopped.pb.gz 3>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	sleep 0.5
	kill -STOP "$SCRAPE_PID"
	sleep 0.8
	kill -CONT "$SCRAPE_PID"
	wait "$SCRAPE_PID"
	at_most "ns in a sample" "$(look heaviest stopped.pb.gz)" 150000000
	assert_unharmed "$PID"
}
