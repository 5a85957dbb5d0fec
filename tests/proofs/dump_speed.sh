#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# dump_speed.sh [ROUNDS [NAME...]] - scrape dump against eu-stack and gdb
#
# Wall time and private memory on ordinary programs (bound 50 ms), on giants of
# 100 to 300 MB (300 ms, 64 MB, 3 times faster than eu-stack -i -s and 20 times
# faster than gdb) and on one with a thousand threads (500 ms). What is measured
# stands in dump_speed.py; what is not installed is named and left out.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-5}
shift $(($# > 0 ? 1 : 0))
only=("$@")
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-speed.XXXXXX")
chmod 755 "$dir"
started=()
failed=0

# shellcheck source=tests/proofs/programs.bash
. "$here/programs.bash"

# measure NAME PID LIMIT_MS LIMIT_MB
measure() {
	"$here/dump_speed.py" "$@" "$rounds" || failed=1
	end "$2"
}

waiting() {
	settles "$2"
	measure "$@"
}

printf '%-14s %15s %15s %15s %6s %6s %6s %6s\n' "threads" \
    "scrape ms   cpu" "eu-stack    cpu" "gdb    cpu" x-eu x-gdb MB rss
run_bash && waiting bash "$PID" 50 0
run_sshd && waiting sshd "$PID" 50 0
run_nginx && waiting nginx "$PID" 50 0
run_python && waiting python3 "$PID" 50 0
run_openssl && { sleep 0.5; measure openssl "$PID" 50 0; }
run_postgres && waiting postgres "$PID" 50 0
run_rust && { sleep 0.5; measure rust "$PID" 50 0; }
run_go && { sleep 0.5; measure go "$PID" 50 0; }
run_node && waiting node "$PID" 300 64
# Stopped: it would be done before all tools have seen it.
run_clang && { sleep 3; kill -STOP "$PID"; measure clang "$PID" 300 64; }
run_chromium && waiting chromium "$PID" 300 64
run_pool && waiting pool "$PID" 500 0
exit "$failed"
