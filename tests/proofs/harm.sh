#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# harm.sh [DUMPS] - what dumps do to their targets, and whether they are true
#
# The long version of the tests of dump in tests/live/harmless.bats: 1,000 dumps
# each, and 2,000 where the truth of stacks is asked. Kills are kill.sh's.
set -eu

SCRAPE_DUMPS=${1:-1000}
export SCRAPE_DUMPS
exec bats --tap -T \
    -f 'call|because of|hears|vfork|exec|thousand|main thread|moment|busy|four' \
    "$(dirname "$0")/../live/harmless.bats"
