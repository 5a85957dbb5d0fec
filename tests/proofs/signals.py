#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""signals.py TURNS REPORTS - whether a target got its signals, and did its work

Of the fixture sigrate, by turns (see turns.bash). Prints how many signals were
sent and received, from first to last; then what a turn with a profiler did to
the thread that takes them, against the turn beside it: how much more or less work
it did in its CPU time, and what share of the time it was held, when it neither
ran nor waited for a CPU. So how busy the machine is does not matter. Of both the
median of all pairs. Fails for a lost signal, and where the thread has certainly
become slower, by both together, than the bound.
"""

import statistics
import sys

import turns

BOUND_PERCENT = 1.0
ON_ITS_WAY = 2  # a timer's last, when it is told to end


def speed(turn):
    return turn["work"][0] / turn["run_ns"][0]


def held_percent(turn):
    runnable = turn["run_ns"][0] + turn["ready_ns"][0]
    return 100 * (1 - runnable / turn["wall_ns"][0])


def main():
    last = turns.reports(sys.argv[2], "count")[-1]
    sent, received = last["sent"][0], last["received"][0]
    pairs = turns.pairs(sys.argv[1], sys.argv[2], "count")
    slower = [-turns.percent_more((speed(a), speed(b))) for a, b in pairs]
    held = [held_percent(b) - held_percent(a) for a, b in pairs]
    both = [a + b for a, b in zip(slower, held)]
    median, least = turns.median_and_least(both)
    fine = abs(sent - received) <= ON_ITS_WAY and sent > 0 and \
        least <= BOUND_PERCENT
    print(f"{sent:10} {received:10} {statistics.median(slower):9.2f} %"
          f" {statistics.median(held):8.2f} % {median:8.2f} %"
          f" {least:8.2f} %{'' if fine else ' <- not ok'}")
    sys.exit(0 if fine else 1)


main()
