#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# readme_screen.sh [SIZE [VIEW]] - the screen of top as text, for README
#
# Prints what a terminal of that size (78x24) shows of Debian's C++ compiler at
# work, after twenty seconds. Whole and as it was: README's is made by
#
#	SCRAPE=build/scrape tests/tools/readme_screen.sh
set -eu

: "${SCRAPE:?is the program to show}"
FIXTURES=${FIXTURES-none}
export FIXTURES
tests=$(cd "$(dirname "$0")/.." && pwd)
SCRAPE=$(realpath "$SCRAPE")

# shellcheck source=tests/proofs/top_terminal.bash
. "$tests/proofs/top_terminal.bash"
dir=$BATS_TEST_TMPDIR/programs
mkdir "$dir"
only=() started=()
# shellcheck source=tests/proofs/programs.bash
. "$tests/proofs/programs.bash"
trap 'leave; cleanup' EXIT

run_clang
sleep 2
watch "${1:-78x24}" --view "${2:-flat}" --window 30s -p "$PID"
sleep 20
screen | sed 's/ *$//; s/^/    /'
keys q
