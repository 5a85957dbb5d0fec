#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kill.sh [TIMES] - kills scrape at random instants, by default 200 times
#
# The long version of the same tests in tests/live/harmless.bats: of recordings
# at 500 Hz, at 5,000 Hz of a target that takes 10,000 signals a second, and of
# wall time; half as often of dumps: one, many, one frozen, many frozen; and in
# top_life.bats of top as text, a quarter as often on a screen. After each kill
# the target must run, with no tracer, and no helper of top be left; in the end
# it must have got all its signals, and none of its waits have ended. Half a
# second each, ten minutes in all.
set -eu

SCRAPE_KILLS=${1:-200}
export SCRAPE_KILLS
live=$(dirname "$0")/../live
exec bats --tap -f '^SIGKILL of' "$live/harmless.bats" "$live/top_life.bats"
