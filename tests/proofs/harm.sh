#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# harm.sh [DUMPS] [SECONDS] - what dumps and top do to their targets
#
# The long version of the tests of dump in tests/live/harmless.bats: 1,000 dumps
# each, and 2,000 where the truth of stacks is asked; and of those of top in
# top_life.bats, 30 seconds each. Kills are kill.sh's.
set -eu

SCRAPE_DUMPS=${1:-1000}
SCRAPE_TOP_S=${2:-30}
export SCRAPE_DUMPS SCRAPE_TOP_S
live=$(dirname "$0")/../live
status=0
bats --tap -T \
    -f 'call|because of|hears|vfork|exec|thousand|main thread|moment|busy|four' \
    "$live/harmless.bats" || status=$?
bats --tap -T -f 'while top watches' "$live/top_life.bats" || status=$?
exit "$status"
