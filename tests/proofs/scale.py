#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""scale.py ROUNDS - the measuring part of scale.sh"""

import os
import subprocess
import sys
import tempfile

import pairs
from recording import Recording, cpu_clock

SLEEPERS = os.environ["FIXTURES"] + "/sleepers"

NUMBERS = 0, 10, 100, 1000, 5000
JUDGED = 1000
CPU_LIMIT = 5  # percent of a core
SLOWER_LIMIT = 1  # percent, beyond none
SPINNERS = 2
LONG_S = 10
ROUND_S = 2
# Longer than any of it; ends targets whose proof was killed.
LIFE_S = 3600


class Target:
    """A process with so many sleepers, whose spinners work on call."""

    def __init__(self, sleepers):
        self.process = subprocess.Popen(
            [SLEEPERS, str(sleepers), str(SPINNERS), str(LIFE_S)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii")
        self.pid = int(self.process.stdout.readline().split()[1])
        # The main thread waits for us, not for ever.
        self.sleepers = [tid for tid in os.listdir("/proc/%d/task" % self.pid)
                         if int(tid) != self.pid]

    def work(self, seconds):
        """The units that were done; comes back when they are."""
        self.process.stdin.write("%g\n" % seconds)
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split()[1])

    def turns(self):
        """How often its sleepers got a core, for a stop or otherwise."""
        total = 0
        for tid in self.sleepers:
            with open("/proc/%d/task/%s/schedstat" % (self.pid, tid),
                      encoding="ascii") as f:
                total += int(f.read().split()[2])
        return total

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def cost(sleepers, target, folder):
    """Prints what a recording costs; gives its CPU and whether none woke."""
    turns = target.turns()
    recording = Recording(target.pid, folder)
    target.work(LONG_S)
    cpu, stats = recording.end()
    woken = target.turns() - turns
    print("%8d %9.2f %6d %7d %8d %8d %10.1f" % (
        sleepers, cpu, stats["ticks"], stats["missed_ticks"],
        stats["samples"], woken, stats["max_rss_kb"] / 1024), flush=True)
    return cpu, woken == 0


def work(target, folder, with_scrape):
    """Of a round: what the spinners do; the same for each second of CPU that
    they and scrape had, which a neighbour's share is not in; and the CPU time
    that the spinners had, in which nobody's share is but scrape's."""
    recording = Recording(target.pid, folder) if with_scrape else None
    busy = [target.pid] + ([recording.pid] if recording else [])
    before = [cpu_clock(pid) for pid in busy]
    units = target.work(ROUND_S)
    cpu = [cpu_clock(pid) - b for pid, b in zip(busy, before)]
    if recording:
        recording.end()
    return units, units / sum(cpu), cpu[0]


def slowdown(targets, folder, rounds):
    """For each number of sleepers the losses in percent, of each round: of all
    that work() tells."""
    found = {sleepers: [] for sleepers in targets}
    for n in range(rounds):
        for sleepers, target in targets.items():
            done = {}
            for with_scrape in (n % 2 == 0, n % 2 != 0):
                done[with_scrape] = work(target, folder, with_scrape)
            found[sleepers].append(
                [pairs.loss(*both) for both in zip(done[False], done[True])])
    return found


MEASURES = "by the clock", "for the same CPU", "CPU time it had"


def judge(losses, rounds):
    """Prints them; says whether the judged ones keep the limit."""
    print("slower, median of %d rounds of %d s [95 %%]:" % (rounds, ROUND_S))
    print("sleepers" + "".join("   %-23s" % name for name in MEASURES))
    for sleepers, found in losses.items():
        print("%8d" % sleepers + "".join(
            "   %-23s" % ("%.2f %% [%.2f, %.2f]" % pairs.estimate(column))
            for column in zip(*found)))
    fine = True
    for i, how in enumerate(MEASURES):
        beyond = pairs.estimate(many[i] - none[i] for many, none in
                                zip(losses[JUDGED], losses[0]))
        fine = pairs.verdict("%d more than none, %s:" % (JUDGED, how),
                             beyond, SLOWER_LIMIT) and fine
    return fine


def prove(targets, folder, rounds):
    print("sleepers  CPU in %  ticks  missed  samples    woken  MiB of RSS")
    costs = {sleepers: cost(sleepers, target, folder)
             for sleepers, target in targets.items()}
    cpu = {sleepers: found for sleepers, (found, _) in costs.items()}
    fine = all(slept for _, slept in costs.values())
    if not fine:
        print("BEYOND: sleepers were woken")
    if cpu[JUDGED] >= CPU_LIMIT:
        print("BEYOND: %d sleepers cost %.2f %% of a core, limit %d" % (
            JUDGED, cpu[JUDGED], CPU_LIMIT))
        fine = False
    taken = (cpu[JUDGED] - cpu[0]) / os.cpu_count()
    print("%d sleepers take %.2f %% of all %d cores, limit %d" % (
        JUDGED, taken, os.cpu_count(), SLOWER_LIMIT))
    fine = taken < SLOWER_LIMIT and fine

    return judge(slowdown(targets, folder, rounds), rounds) and fine


def main():
    targets = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for sleepers in NUMBERS:
                targets[sleepers] = Target(sleepers)
            return not prove(targets, folder, int(sys.argv[1]))
        finally:
            for target in targets.values():
                target.end()


if __name__ == "__main__":
    sys.exit(main())
