# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=bash disable=SC2034 # it shares variables
#
# top_terminal.bash - the terminal of the tests of top, for the proofs
#
# Sourced; makes a folder and goes there. All that was started ends with it.

live=$(cd "$(dirname "${BASH_SOURCE[0]}")/../live" && pwd)

# What tests/live/top.bash asks of bats.
bats_require_minimum_version() { :; }
load() {
	# shellcheck disable=SC1090
	. "$live/$1.bash"
}
BATS_TEST_DIRNAME=$live
BATS_TEST_TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/scrape-top.XXXXXX")
chmod 755 "$BATS_TEST_TMPDIR"
load top
STARTED=()
cd "$BATS_TEST_TMPDIR"

close_terminal() {
	tm kill-server 2>/dev/null || true
}

leave() {
	close_terminal
	end_started
	cd /
	rm -rf "$BATS_TEST_TMPDIR"
}
trap leave EXIT

# begin_target COMMAND ARG...: sets PID; it works for a second first.
begin_target() {
	"$@" >target.out 2>target.err </dev/null &
	PID=$!
	STARTED+=("$PID")
	sleep 1
}

end_target() {
	kill -KILL "$PID" 2>/dev/null || true
	wait "$PID" 2>/dev/null || true
}
