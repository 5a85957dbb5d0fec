# SPDX-License-Identifier: GPL-3.0-or-later
"""pairs.py - what measurements in pairs say on a machine that is not idle

A pair is the same work twice, without scrape and with it, one right after the
other and each first in turn: what else the machine does is mostly in both.
Estimates go by ranks (Hodges and Lehmann, 1963): a pair that a neighbour spoilt
is one pair, however far it is off.
"""

import math
from collections import namedtuple

Estimate = namedtuple("Estimate", "middle low high")

# Of the normal distribution: 95 % lie within.
Z95 = 1.96


def estimate(values):
    """The middle of the distribution of values, and where it is to 95 %."""
    values = list(values)
    n = len(values)
    means = sorted((values[i] + values[j]) / 2
                   for i in range(n) for j in range(i, n))
    middle = (means[len(means) // 2] + means[(len(means) - 1) // 2]) / 2
    # By the signed-rank test; so few that it cannot say have their whole range.
    spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    outside = max(0, math.floor(len(means) / 2 - Z95 * spread))
    return Estimate(middle, means[outside], means[-1 - outside])


def loss(without, with_it):
    """By how many percent of what it was work is less."""
    return 100 * (1 - with_it / without)


def verdict(what, found, limit):
    """Prints whether an estimate keeps a limit, as far as can be said: beyond
    it is what is beyond with all of its interval. Whether it is not beyond."""
    if found.low > limit:
        word = "BEYOND %g" % limit
    elif found.high <= limit:
        word = "at most %g: shown" % limit
    else:
        word = "at most %g: not resolved on this machine now" % limit
    print("%s %.2f %% [%.2f, %.2f], %s" % (what, *found, word))
    return found.low <= limit
