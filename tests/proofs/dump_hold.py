#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_hold.py TIMES - how long a dump holds its target, by the target's clock

The target (fixtures/programs/gaps.c) spins on a core of its own and notes the
gaps in its time that were stops, not preemptions; what it waited in them for its
core, because others had it, does not count. A dump and the bare floor
(stop_floor.c) take turns on the other core; the floor first works for as long
as the dumps did so far, so that the machine is as warm, or as cold. The hold of
one run is the sum of the stops that began while it ran. Prints medians and the
ratio; fails over 1.3. A run that began while the target was not on its core,
and so has no stop that began in it, is left out, and one in ten may be such.
Without a second core there is no such clock, and that is said.
"""

import bisect
import os
import signal
import statistics
import subprocess
import sys
import time

LIMIT = 1.3
LEFT_OUT = 0.1


def pinned(core, command):
    """First in line on its core, where that is allowed: others make noise."""
    nice = ["nice", "-n", "-20"] if os.geteuid() == 0 else []
    return nice + ["taskset", "-c", str(core)] + command


def run(command, core):
    """When it ran, in nanoseconds."""
    before = time.monotonic_ns()
    subprocess.run(pinned(core, command), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return before, time.monotonic_ns()


def held_by(spans, stops):
    """For each span the nanoseconds of its stops, which never overlap two."""
    starts = [start for start, _ in stops]
    return [sum(length for _, length in stops[
        bisect.bisect_left(starts, a):bisect.bisect_right(starts, b)])
            for a, b in spans]


def quartiles(values):
    return [v / 1000 for v in statistics.quantiles(values, n=4)]


def main():
    times = int(sys.argv[1])
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("ok 1 - hold # SKIP there is one core only")
        return 0
    scrape = os.environ["SCRAPE"]
    floor = os.environ["builddir"] + "/tests/proofs/stop_floor"
    target = subprocess.Popen(
        pinned(cores[1], [os.environ["FIXTURES"] + "/gaps",
                          str(60 + times), "8"]),
        stdout=subprocess.PIPE, encoding="ascii")
    pid = str(target.pid)
    try:
        target.stdout.readline()
        dumps, floors, spread = [], [], 10000
        for _ in range(times):
            dumps.append(run([scrape, "dump", "-p", pid], cores[0]))
            spread = statistics.median((b - a) // 1000 for a, b in dumps)
            floors.append(run([floor, pid, str(int(spread))], cores[0]))
    finally:
        target.send_signal(signal.SIGTERM)
    stops = []
    for line in target.stdout:
        if line.startswith("stop "):
            start, length, waited = (int(n) for n in line.split()[1:])
            stops.append((start, max(length - waited, 0)))
    target.wait()
    held, bare = held_by(dumps, stops), held_by(floors, stops)
    print("stops: %d, left out: %d dumps, %d floors" % (
        len(stops), held.count(0), bare.count(0)))
    if max(held.count(0), bare.count(0)) > LEFT_OUT * times:
        return 1
    held, bare = [h for h in held if h], [b for b in bare if b]
    ratio = statistics.median(held) / statistics.median(bare)
    for what, values in (("dump", held), ("floor", bare)):
        print("%-6s us: quartiles %7.1f %7.1f %7.1f  of %d" % (
            what, *quartiles(values), len(values)))
    print("ratio of the medians: %.2f (at most %.1f)" % (ratio, LIMIT))
    return ratio > LIMIT


if __name__ == "__main__":
    sys.exit(main())
