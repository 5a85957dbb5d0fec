#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# dump_gdb.sh [NAME...] - a dump against gdb, on real programs that stand still
#
# clang and openssl are stopped in the middle of their work, and a Rust and a Go
# program that compute; node, python3, postgres, nginx, bash and sshd wait. For
# each one row: threads, frames compared with gdb's "thread apply all bt" ("set
# backtrace past-main on", no debuginfod), equal ones, and the others by the
# classes that dump_gdb.py explains. A difference without a class fails, and so
# does a thread that one of the two does not show. What is not installed is
# named and left out.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
here=$(cd "$(dirname "$0")" && pwd)
only=("$@")
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-gdb.XXXXXX")
chmod 755 "$dir"
started=()
failed=0

# shellcheck source=tests/proofs/programs.bash
. "$here/programs.bash"

compare() {
	"$here/dump_gdb.py" "$@" || failed=1
}

# stopped NAME PID SECONDS: after so long, in the middle of its work.
stopped() {
	sleep "$3"
	kill -STOP "$2"
	sleep 0.1
	compare "$1" "$2"
	end "$2"
}

waiting() {
	settles "$2"
	compare "$@"
}

printf '%-10s %7s %8s %8s %7s  %s\n' "" threads frames equal percent others
run_clang && stopped clang "$PID" 3
run_node && waiting node "$PID"
run_python && waiting python3 "$PID"
run_postgres && waiting postgres "${PIDS[@]}"
run_nginx && waiting nginx "${PIDS[@]}"
run_openssl && stopped openssl "$PID" 0.5
run_bash && waiting bash "$PID"
run_sshd && waiting sshd "$PID"
run_rust && stopped rust "$PID" 0.5
run_go && stopped go "$PID" 0.5
exit "$failed"
