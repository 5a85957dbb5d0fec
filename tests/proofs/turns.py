# SPDX-License-Identifier: GPL-3.0-or-later
"""turns.py - reads what tests/proofs/turns.bash has written"""

import math
import statistics


def reports(path, word):
    """For each report, the numbers on each line "WORD NAME NUMBER..."."""
    found, lines = [], {}
    with open(path) as file:
        for line in file:
            words = line.split()
            if words[0] == word:
                lines[words[1]] = [int(number) for number in words[2:]]
            elif words[0] == "report":
                found.append(lines)
                lines = {}
    return found


def counted(before, after):
    return {name: [b - a for a, b in zip(before[name], after[name])]
            for name in after}


def pairs(turns, out, word):
    """What was counted in each pair of turns: (without, with)."""
    with open(turns) as file:
        kinds = file.read().split()
    found = reports(out, word)
    each = [counted(found[2 * i], found[2 * i + 1])
            for i in range(len(kinds))]
    found = []
    for i in range(0, len(kinds), 2):
        pair = dict(zip(kinds[i:i + 2], each[i:i + 2]))
        found.append((pair["without"], pair["with"]))
    return found


def percent_more(pair):
    without, with_it = pair
    return 100 * (with_it / without - 1)


def median_and_least(values):
    """The median, and what it is at least, with 97.5 percent certainty.

    By the sign test: that bound is one of the values themselves, and nothing is
    supposed of how they scatter. Of less than six it is the least.
    """
    n = len(values)
    k, chance = 0, 0.5 ** n
    while chance + math.comb(n, k + 1) * 0.5 ** n <= 0.025:
        k += 1
        chance += math.comb(n, k) * 0.5 ** n
    return statistics.median(values), sorted(values)[k]
