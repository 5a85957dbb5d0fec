#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kill.sh [TIMES] - kills scrape at random instants, by default 200 times
#
# The long version of the same tests in tests/live/harmless.bats, of recordings
# and, half as often each, of dumps: one, frozen, many, many frozen. After each
# kill the target must run, with no tracer. About a third of a second each.
set -eu

SCRAPE_KILLS=${1:-200}
export SCRAPE_KILLS
exec bats --tap -f '^SIGKILL of' "$(dirname "$0")/../live/harmless.bats"
