#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""eintr.py TURNS REPORTS [--stopped] - what became of an event loop's calls

Of the fixture eventloop, by turns (see turns.bash). Prints for each call how
often it was made with the profiler there, how often it failed, and by how much
its timeouts took longer than in the turn beside it, without one: the median of
all pairs, of a turn's mean, and what that is at least, certainly. Fails for a
failed call, and for a timeout that has certainly grown by more than the bound.

Not judged is the time of calls that the kernel counts in whole ticks, of which
a microsecond may cost one more; and with --stopped, where sleeping threads are
stopped because that was asked for, of calls that then begin anew.
"""

import sys

import turns

BOUND_PERCENT = 1.0
IN_TICKS = ("accept", "recvfrom")


def growth(name, pairs):
    """Of each pair, in percent; [] for a call without timeouts that ran out."""
    means = []
    for pair in pairs:
        if 0 in (pair[0][name][4], pair[1][name][4]):
            return []
        means.append([took / asked for _, _, _, _, asked, took in
                      (pair[0][name], pair[1][name])])
    return [turns.percent_more(mean) for mean in means]


def judge(name, pairs, stopped):
    """Prints a line; whether all is well."""
    rounds, eintr, errors, early = (
        sum(pair[1][name][i] for pair in pairs) for i in range(4))
    fine = rounds > 0 and eintr + errors + early == 0
    text = ""
    grown = growth(name, pairs)
    if grown:
        median, least = turns.median_and_least(grown)
        text = f"{median:10.2f} % {least:8.2f} %"
        if not stopped and not name.startswith(IN_TICKS):
            fine = fine and least <= BOUND_PERCENT
    print(f"{name:22} {rounds:8} {eintr:6} {errors:6} {early:6} {text:23}"
          f"{'' if fine else ' <- not ok'}")
    return fine


def main():
    pairs = turns.pairs(sys.argv[1], sys.argv[2], "call")
    stopped = "--stopped" in sys.argv
    print(f"{'call':22} {'calls':>8} {'EINTR':>6} {'errors':>6} {'early':>6}"
          f" {'longer by':>12} {'at least':>10}")
    results = [judge(name, pairs, stopped) for name in pairs[0][0]]
    sys.exit(0 if all(results) else 1)


main()
