#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kill.sh [TIMES] - kills scrape at random instants, by default 200 times
#
# The long version of the same tests in tests/live/harmless.bats, of recordings
# and, half as often each, of dumps: one, frozen, many, many frozen; and in
# top_life.bats of top, half as often as text, a quarter on a screen. After each
# kill the target must run, with no tracer, and no helper of top be left. About
# a third of a second each.
set -eu

SCRAPE_KILLS=${1:-200}
export SCRAPE_KILLS
live=$(dirname "$0")/../live
exec bats --tap -f '^SIGKILL of' "$live/harmless.bats" "$live/top_life.bats"
