#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""signals.py TURNS REPORTS - whether a target got its signals, and did its work

Of the fixture sigrate, by turns (see turns.bash). Prints how many signals were
sent and received, from first to last, and how much more work was done in turns
with a profiler than in those beside them, without: the median of all pairs, and
what that is at most, certainly. Fails for a lost signal, and where the work has
certainly become less by more than the bound.
"""

import sys

import turns

BOUND_PERCENT = -1.0
ON_ITS_WAY = 2  # a timer's last, when it is told to end


def main():
    last = turns.reports(sys.argv[2], "count")[-1]
    sent, received = last["sent"][0], last["received"][0]
    less = [-turns.percent_more((a["work"][0], b["work"][0]))
            for a, b in turns.pairs(sys.argv[1], sys.argv[2], "count")]
    median, least = turns.median_and_least(less)
    fine = abs(sent - received) <= ON_ITS_WAY and sent > 0 and \
        -least >= BOUND_PERCENT
    print(f"{sent:10} {received:10} {sent - received:6} {-median:10.2f} %"
          f" {-least:10.2f} %{'' if fine else ' <- not ok'}")
    sys.exit(0 if fine else 1)


main()
