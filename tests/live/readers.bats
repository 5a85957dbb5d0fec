#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What three independent readers find in recordings of real programs: the
# totals are those that scrape itself counted.

load helper
load ../cli/readers

# Compresses what it has, over and over: one thread, libz and libc.
record_python() {
	start_program /usr/bin/python3 -c '
import os, zlib
print("pid", os.getpid(), flush=True)
data = open("/usr/bin/python3", "rb").read()
while True:
    zlib.compress(data)'
	record -p "$PID" -d 2 -o out.pb.gz --stats stats.json
	same "exit status" "$status" 0
	samples=$(look stat stats.json samples)
	at_least "samples" "$samples" 50
}

# The sum of all rows is the kernel's count, markers and all.
check_totals() {
	local found_samples found_cpu

	read -r found_samples found_cpu <<<"$1"
	same "samples" "$found_samples" "$samples"
	within "cpu" "$found_cpu" "$(look stat stats.json cpu_kernel_ns)" 1
}

@test "a recording of python3, by three readers" {
	record_python
	need_go
	check_totals "$(totals_go out.pb.gz)"
	need_protoc
	check_totals "$(totals_protoc out.pb.gz)"
	need_npm
	check_totals "$(totals_npm out.pb.gz)"
}

@test "a recording of python3: round trip, merge, difference" {
	local once twice

	record_python
	need_go
	once=$(totals_go out.pb.gz)
	pprof -proto -output=again.pb.gz out.pb.gz >/dev/null 2>&1
	same "after a round trip" "$(totals_go again.pb.gz)" "$once"
	pprof -proto -output=twice.pb.gz out.pb.gz out.pb.gz >/dev/null 2>&1
	twice=$(totals_go twice.pb.gz)
	same "merged with itself" "$twice" \
	    "$(awk '{ printf "%.0f %.0f\n", 2 * $1, 2 * $2 }' <<<"$once")"
	pprof -top -diff_base=out.pb.gz out.pb.gz 2>/dev/null >diff
	grep -q 'Showing nodes accounting for 0, 0%' diff || fail "$(cat diff)"
}
