#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# readers.bats - the profiles that scrape writes, as others read them
#
# The profile is known (tests/tools/make_profile.c); no process is sampled.

bats_require_minimum_version 1.5.0

load readers

make_profile=${MAKE_PROFILE:-${top_builddir:-.}/tests/tools/make_profile}

setup_file() {
	export SAMPLES_AND_CPU
	SAMPLES_AND_CPU=$("$make_profile" pprof "$BATS_FILE_TMPDIR/a.pb.gz")
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ln -s "$BATS_FILE_TMPDIR/a.pb.gz" .
	read -r samples cpu <<<"$SAMPLES_AND_CPU"
}

# The profile is not one that adds up to nothing everywhere.
@test "the profile has a total" {
	[ "$samples" -eq 12 ]
	[ "$cpu" -eq 114000001 ]
}

@test "go tool pprof reads the same total" {
	need_go
	[ "$(totals_go a.pb.gz)" = "$SAMPLES_AND_CPU" ]
}

@test "protoc reads the same total" {
	need_protoc
	[ "$(totals_protoc a.pb.gz)" = "$SAMPLES_AND_CPU" ]
}

@test "pprof-format reads the same total" {
	need_npm
	[ "$(totals_npm a.pb.gz)" = "$SAMPLES_AND_CPU" ]
}

@test "pprof -top: main binary, type, functions, inlines, markers" {
	need_go
	pprof -top -unit=ms -nodefraction=0 a.pb.gz >top
	grep -qx 'File: made' top
	grep -qx 'Build ID: 00112233445566778899' top
	grep -qx 'Type: cpu' top
	grep -q '^Duration: 2s, Total samples = 114ms' top
	grep -qx 'made by make_profile' top
	grep -qE ' 30ms .* 30ms .* fib$' top
	grep -qE ' 10ms .* tiny \(inline\)$' top
	grep -qE ' 0 .* 30ms .* std::vector<int>::f\(\)$' top
	grep -qE ' 20ms .* \[libz.so.1\]$' top
	grep -qE ' 4ms .* \[not sampled\]$' top
	grep -qE ' \[truncated: no-cfi\]$' top
	grep -qE ' \[unknown\]$' top
}

@test "pprof -comments: also what -top leaves out" {
	need_go
	pprof -comments a.pb.gz >comments
	grep -qx 'made by make_profile' comments
	grep -q '^12 samples, 91.7% of their stacks complete; .* 3 ticks missed' \
	    comments
	grep -q '^# scrape stats: {"wall_s":.*"ticks":200,' comments
	run ! grep -q 'scrape stats' <(pprof -top a.pb.gz)
}

@test "pprof -traces: leaf first, labels" {
	need_go
	pprof -traces a.pb.gz | tr -s ' \n' ' ' >traces
	grep -qF 'thread_name: worker; 1 20ms [libz.so.1] tiny (inline)'\
' std::vector<int>::f() _start ---' traces
	grep -qF '1ns [unknown] fib [truncated: no-cfi] ---' traces
}

@test "pprof -tags, -tagfocus: threads and processes by name and number" {
	need_go
	pprof -tags a.pb.gz >tags
	grep -q 'thread_name: Total' tags
	grep -q 'thread_id: Total' tags
	grep -qE ': 4243$' tags
	grep -q 'pid: Total' tags
	grep -qE ': 4300$' tags
	pprof -top -tagfocus='thread_id=^4243$' a.pb.gz >focused
	grep -q '^Active filters' focused
	grep -q '^Showing nodes accounting for 24ms' focused
}

@test "pprof -sample_index=samples counts" {
	need_go
	pprof -sample_index=samples -top a.pb.gz | grep -q "of $samples total"
}

@test "pprof -proto and back is equal" {
	need_go
	pprof -proto -output=b.pb.gz a.pb.gz
	diff <(pprof -raw a.pb.gz) <(pprof -raw b.pb.gz)
}

@test "a diff with itself is nothing" {
	need_go
	pprof -top -diff_base=a.pb.gz a.pb.gz >difference
	grep -q '^Showing nodes accounting for 0, 0% of 114ms total' difference
	[ "$(pprof -proto -output=diff.pb.gz -base=a.pb.gz a.pb.gz &&
	    totals_go diff.pb.gz)" = "0 0" ]
}

@test "a merge with itself is twice as much" {
	need_go
	cp a.pb.gz b.pb.gz
	pprof -proto -output=both.pb.gz a.pb.gz b.pb.gz
	[ "$(totals_go both.pb.gz)" = "$((2 * samples)) $((2 * cpu))" ]
	# The same stacks, not twice as many.
	[ "$(pprof -raw both.pb.gz | grep -cE '^ *[0-9]+ +[0-9]+:')" -eq \
	    "$(pprof -raw a.pb.gz | grep -cE '^ *[0-9]+ +[0-9]+:')" ]
}

# Go's own profiler is the one whose types are taken over.
@test "a merge with a profile of Go's own" {
	need_go
	cat >spin.go <<-'END'
		package main

		import (
			"os"
			"runtime/pprof"
			"time"
		)

		var sink uint64

		func spin(until time.Time) {
			for time.Now().Before(until) {
				for i := uint64(0); i < 100000; i++ {
					sink += i * i
				}
			}
		}

		func main() {
			if err := pprof.StartCPUProfile(os.Stdout); err != nil {
				panic(err)
			}
			spin(time.Now().Add(time.Second))
			pprof.StopCPUProfile()
		}
	END
	GO111MODULE=off GOFLAGS='' GOPROXY=off GOCACHE=$BATS_TEST_TMPDIR/cache \
	    CGO_ENABLED=0 go build -o spin spin.go
	./spin >go.pb.gz
	read -r go_samples go_cpu <<<"$(totals_go go.pb.gz)"
	[ "$go_samples" -gt 20 ]
	pprof -proto -output=both.pb.gz a.pb.gz go.pb.gz
	[ "$(totals_go both.pb.gz)" = \
	    "$((samples + go_samples)) $((cpu + go_cpu))" ]
	pprof -top both.pb.gz >top
	grep -q 'main.spin' top
	grep -q 'fib' top
	# In a diff, too: this fails where types or periods are not the same.
	pprof -top -diff_base=go.pb.gz a.pb.gz | grep -q 'fib'
}

@test "protoc knows every field" {
	need_protoc
	decode a.pb.gz >decoded
	# Fields that the schema does not know are numbers.
	run ! grep -qE '^ *[0-9]+[: ]' decoded
	grep -qx '  type: 1' decoded
	[ "$(grep -c '^sample {' decoded)" -eq 6 ]
	[ "$(grep -c '^mapping {' decoded)" -eq 2 ]
}

@test "an empty profile is one, too" {
	need_go
	"$make_profile" -e pprof empty.pb.gz
	[ "$(totals_go empty.pb.gz)" = "0 0" ]
	pprof -top empty.pb.gz >top
	grep -q '^Type: cpu' top
}

@test "equal recordings give equal files" {
	"$make_profile" pprof b.pb.gz
	cmp a.pb.gz b.pb.gz
}

@test "folded: a line for each stack, sorted, the same samples" {
	"$make_profile" folded a.folded
	[ "$(awk '{ n += $NF } END { print n }' a.folded)" -eq "$samples" ]
	LC_ALL=C sort -c a.folded
	run ! grep -vqE '^[^;]+(;[^;]+)* [0-9]+$' a.folded
	grep -qx 'made;_start;fib;fib;fib 3' a.folded
	grep -qx 'worker: 1;_start;std::vector<int>::f();tiny;libz.so.1+0x1123 2' \
	    a.folded
	grep -qx 'made;odd . name  5' a.folded
}

@test "a full disk: status 1, file and cause" {
	run -1 "$make_profile" pprof /dev/full
	[[ $output == *"/dev/full: write: No space left on device"* ]]
}
