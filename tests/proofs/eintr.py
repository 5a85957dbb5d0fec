#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""eintr.py TURNS REPORTS - what an event loop's calls came to with a profiler

TURNS has a line "with" or "without" for each turn, in pairs; REPORTS is what the
fixture eventloop printed, once before and once after each of them. Prints for
each call how often it was made with the profiler there, how often it failed, and
by how much its timeouts took longer than in the turn beside it without one: the
median of all pairs, of a turn's mean. Fails for a failed call, and for a timeout
that grew by more than the bound; but for those that the kernel counts in whole
ticks, of which a microsecond may cost one more.
"""

import statistics
import sys

BOUND_PERCENT = 1.0
IN_TICKS = ("accept", "recvfrom")


def reports(path):
    """For each report, the numbers of each call."""
    found, calls = [], {}
    with open(path) as file:
        for line in file:
            words = line.split()
            if words[0] == "call":
                calls[words[1]] = [int(word) for word in words[2:]]
            elif words[0] == "report":
                found.append(calls)
                calls = {}
    return found


def turn(before, after):
    """What was counted between two reports."""
    return {name: [b - a for a, b in zip(before[name], after[name])]
            for name in after}


def lengthened(without, with_it):
    """By how many percent the mean timeout is longer; None: it has none."""
    means = []
    for _, _, _, _, asked, took in (without, with_it):
        if asked == 0:
            return None
        means.append(took / asked)
    return 100 * (means[1] / means[0] - 1)


def main():
    kinds = open(sys.argv[1]).read().split()
    found = reports(sys.argv[2])
    turns = [turn(found[2 * i], found[2 * i + 1]) for i in range(len(kinds))]
    pairs = []
    for i in range(0, len(kinds), 2):
        pair = dict(zip(kinds[i:i + 2], turns[i:i + 2]))
        pairs.append((pair["without"], pair["with"]))
    failed = False
    print(f"{'call':24} {'calls':>8} {'EINTR':>6} {'errors':>6} {'early':>6}"
          f" {'longer by':>10}")
    for name in found[-1]:
        rounds, eintr, errors, early = (
            sum(pair[1][name][i] for pair in pairs) for i in range(4))
        growth = [lengthened(a[name], b[name]) for a, b in pairs]
        text = ""
        if None not in growth:
            text = f"{statistics.median(growth):.2f} %"
        bad = eintr + errors + early > 0 or rounds == 0
        if text != "" and not name.startswith(IN_TICKS):
            bad = bad or statistics.median(growth) > BOUND_PERCENT
        print(f"{name:24} {rounds:8} {eintr:6} {errors:6} {early:6} {text:>10}"
              f"{' <- not ok' if bad else ''}")
        failed = failed or bad
    sys.exit(failed)


main()
