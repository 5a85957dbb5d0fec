#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# stats.bats - what a recording says of itself, three times the same

load helper

@test "--stats has every key, with a sane value" {
	local stat

	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	record -p "$PID" -d 3 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	stat() { look stat stats.json "$1"; }

	within "wall_s" "$(stat wall_s)" 3 1
	# 300 gaps, each uniform in [1/2, 3/2): 300 +- 5. Allowed are 4.5 sigma.
	within "ticks, missed or not" \
	    $(($(stat ticks) + $(stat missed_ticks))) 300 7.5
	same "samples" "$(stat samples)" "$(look count out.pb.gz)"
	# How many there are depends on what else the machine has to do.
	at_least "samples" "$(stat samples)" 50
	at_most "samples" "$(stat samples)" $((2 * $(stat ticks)))
	at_least "stops" "$(stat stops)" "$(($(stat samples) * 9 / 10))"
	at_most "late" "$(stat late)" "$(stat stops)"
	# main, which only waits, and two workers.
	same "threads_seen" "$(stat threads_seen)" 3
	at_least "cpu_kernel_ns" "$(stat cpu_kernel_ns)" 300000000
	at_most "cpu_kernel_ns" "$(stat cpu_kernel_ns)" 6100000000
	within "cpu_user_ns + cpu_system_ns" \
	    $(($(stat cpu_user_ns) + $(stat cpu_system_ns))) \
	    "$(stat cpu_kernel_ns)" 10
	within "cpu_attributed_ns" "$(stat cpu_attributed_ns)" \
	    "$(stat cpu_kernel_ns)" 1
	at_least "complete" "$(stat complete)" 0.99
	at_most "complete" "$(stat complete)" 1
	at_least "ends.root" "$(stat ends.root)" 50
	for reason in no-cfi bad-cfi unreadable depth loop late; do
		at_most "ends.$reason" "$(stat "ends.$reason")" 3
	done
	at_least "eintr_repaired" "$(stat eintr_repaired)" 0
	at_least "stop_us.p50" "$(stat stop_us.p50)" 1
	at_least "stop_us.p90" "$(stat stop_us.p90)" "$(stat stop_us.p50)"
	at_least "stop_us.p99" "$(stat stop_us.p99)" "$(stat stop_us.p90)"
	at_least "stop_us.max" "$(stat stop_us.max)" "$(stat stop_us.p99)"
	at_least "held_fraction" "$(stat held_fraction)" 0.000001
	at_most "held_fraction" "$(stat held_fraction)" 1
	at_least "self_cpu_s" "$(stat self_cpu_s)" 0.0001
	at_most "self_cpu_s" "$(stat self_cpu_s)" 3
	at_least "frames" "$(stat frames)" "$(($(stat samples) * 3))"
	at_least "unwind_ns_per_frame" "$(stat unwind_ns_per_frame)" 1
	at_least "max_rss_kb" "$(stat max_rss_kb)" 1000
	same "no_schedstat" "$(stat no_schedstat)" false
}

# The median of what is left of a target's pauses without its waiting for a CPU.
median_pause_us() {
	awk '$1 == "stop" { print ($3 - $4) / 1000 }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

@test "stop_us is what the target saw" {
	local seen said

	start gaps 60
	record -p "$PID" -d 3 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	kill -TERM "$PID"
	fixture_ends "$PID"
	said=$(look stat stats.json stop_us.p50)
	seen=$(median_pause_us "$OUT")
	# Each pause was a stop, and few were missed.
	within "pauses" "$(grep -c '^stop' "$OUT")" \
	    "$(look stat stats.json stops)" 20
	at_least "stop_us.p50, of $seen us" "$said" \
	    "$(awk "BEGIN { print $seen / 4 }")"
	at_most "stop_us.p50, of $seen us" "$said" \
	    "$(awk "BEGIN { print $seen * 4 }")"
	at_most "held_fraction" "$(look stat stats.json held_fraction)" \
	    "$(awk '$1 == "stop" { s += $3 } END { print 4 * s / 3e9 }' "$OUT")"
}

@test "the summary says it in three lines, then what is hot, then what next" {
	start spin 1 60
	eventually threads_named "$PID" 1 worker-
	record -p "$PID" -d 2 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	[[ ${stderr_lines[0]} =~ ^"scrape: 2.0 s, 2 threads, "([0-9]+)" samples" ]] ||
	    fail "first line: ${stderr_lines[0]}"
	same "samples" "${BASH_REMATCH[1]}" "$(look stat stats.json samples)"
	mentions "user"
	mentions "system"
	mentions "complete"
	mentions "missed"
	mentions "held"
	mentions "unit"
	mentions "wrote out.pb.gz"
	mentions "go tool pprof"
	[[ $stderr != *$'\r'* ]] || fail "progress without a terminal"
}

@test "-q says nothing, -v says more" {
	start spin 1 60
	record -q -p "$PID" -d 1 -o out.pb.gz
	same "stderr" "$stderr" ""
	record -p "$PID" -d 1 -o out.pb.gz
	local usual=${#stderr_lines[@]}
	record -v -p "$PID" -d 1 -o out.pb.gz
	at_least "lines with -v" "${#stderr_lines[@]}" $((usual + 2))
	mentions "root"
}

@test "progress once a second, on a terminal" {
	need_program script
	start spin 1 60
	run script -qec "\"$SCRAPE\" record -p $PID -d 2.5 -o out.pb.gz" /dev/null
	same "exit status" "$status" 0
	[[ $output == *$'\r'*"scrape: 1 s"* ]] || fail "no progress: $output"
	[[ $output == *"scrape: 2 s"* ]] || fail "no second line: $output"
}

@test "durations mean what they say" {
	start idle 60
	for pair in 1=1 1s=1 500ms=0.5 0m1s=1 1.5=1.5; do
		record -q -p "$PID" -d "${pair%=*}" -o out.pb.gz \
		    --stats stats.json
		same "exit status" "$status" 0
		# One tick of 10 ms, and what a busy machine adds to it.
		at_least "wall_s of ${pair%=*}" \
		    "$(look stat stats.json wall_s)" "${pair#*=}"
		at_most "wall_s of ${pair%=*}" \
		    "$(look stat stats.json wall_s)" \
		    "$(awk "BEGIN { print ${pair#*=} + 0.05 }")"
	done
}

@test "the rate is the one that was asked for" {
	local rate percent

	start spin 1 60
	# n gaps, uniform in [1/2, 3/2): n +- sqrt(n / 12). Allowed are 4.5 sigma.
	for rate in 20 250; do
		percent=$(awk "BEGIN { print 450 / sqrt(12 * 2 * $rate) }")
		record -q -p "$PID" -d 2 -r "$rate" --max-pause 100 \
		    -o out.pb.gz --stats stats.json
		same "exit status" "$status" 0
		within "ticks, missed or not" \
		    $(($(look stat stats.json ticks) +
		    $(look stat stats.json missed_ticks))) $((rate * 2)) \
		    "$percent"
		same "period" "$(look header out.pb.gz Period)" \
		    $((1000000000 / rate))
	done
}

@test "the profile's header is Go's" {
	start spin 1 60
	record -q -p "$PID" -d 2 --max-pause 100 -o out.pb.gz
	same "types" "$(look header out.pb.gz types | awk '{ print $1, $2 }')" \
	    "samples/count cpu/nanoseconds[dflt]"
	same "period type" "$(look header out.pb.gz PeriodType)" "cpu nanoseconds"
	same "period" "$(look header out.pb.gz Period)" 10000000
	within "duration" "$(look header out.pb.gz Duration | tr -d s)" 2 1
	go tool pprof -symbolize=none -top out.pb.gz >top 2>/dev/null
	grep -q '^File: spin$' top
	grep -q '^Build ID: [0-9a-f]\{40\}$' top
	go tool pprof -comments out.pb.gz 2>/dev/null >comments
	[ -s comments ] || fail "no comments"
	run ! grep -q -e "$FIXTURES" -e PATH= comments
}

@test "--max-pause: fewer ticks rather than a longer hold, and it says so" {
	start spin 1 60
	# No stop takes as little as 5 us.
	record -p "$PID" -d 3 --max-pause 0.05 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	same "rate_hz" "$(look stat stats.json rate_hz)" 100
	at_most "mean_rate_hz" "$(look stat stats.json mean_rate_hz)" 60
	at_least "ticks" "$(look stat stats.json ticks)" 3
	at_least "paced_s" "$(look stat stats.json paced_s)" 2
	mentions "Hz instead of 100"
	go tool pprof -comments out.pb.gz 2>/dev/null >comments
	grep -q 'Hz on average instead of 100' comments
	# Few samples, and all of the CPU time.
	within "sum of cpu" "$(look total out.pb.gz)" \
	    "$(look stat stats.json cpu_kernel_ns)" 1
	at_least "percent in spin" "$(look chain out.pb.gz spin)" 90
}

@test "--max-pause 100 is no bound" {
	start spin 1 60
	record -p "$PID" -d 1 -r 500 --max-pause 100 -o out.pb.gz \
	    --stats stats.json
	same "paced_s" "$(look stat stats.json paced_s)" 0.0
	"$SCRAPE" top --json -n 2 --delay 500ms --max-pause 0.01 -p "$PID" \
	    >tables
	at_most "paced_rate_hz" "$(tail -n 1 tables | grep -o \
	    '"paced_rate_hz": *[0-9]*' | grep -o '[0-9]*$')" 50
}
