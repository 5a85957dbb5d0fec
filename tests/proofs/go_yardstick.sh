#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# go_yardstick.sh [SECONDS] - what Go asks of its own profiler, asked of scrape
#
# The programs of Go's profiler tests (src/runtime/pprof/pprof_test.go), after
# their idea: in Go (yardstick.go, where go is here) and in C (the fixtures
# that say so), recorded from outside for their whole life. Each must meet what
# Go's test asserts of its profile; and all of them that the sum of cpu is what
# the program's own getrusage(2) says, within 1 percent where Go allows 10.
#
# Of a Go program no stack leads from the scheduler's own, g0, back to the
# goroutine that called it: Go's CFI does not say how. What Go's TestMorestack
# asserts is so asserted of the C program only, where CFI does.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
proofs=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-yardstick.XXXXXX")
trap 'rm -rf "$dir"' EXIT

if command -v go >/dev/null; then
	(cd "$dir" && GO111MODULE=off GOFLAGS='' HOME=$dir GOCACHE=$dir/cache \
	    go build -o "$dir/yardstick" "$proofs/yardstick.go")
else
	echo "SKIPPED: the programs in Go, for there is no go"
fi
PYTHONDONTWRITEBYTECODE=1 "$proofs/go_yardstick.py" "$dir" "${1:-10}"
