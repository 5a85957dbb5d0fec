#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""soak.py NAME COUNTER SECONDS PID [OPTION...] - the measuring part of soak.sh

COUNTER tells what the server PID has done: the progress lines of pgbench in a
file, or a page of nginx's stub_status. OPTIONs are for record.
"""

import re
import statistics
import sys
import tempfile
import time
import urllib.request

import pairs
from recording import Recording, cpu_clock, family

PAIRS = 10
SLOWER_LIMIT = 1  # percent
# Of a span, before it counts; of a recording, before its memory is compared.
SETTLE_S = 1
FIRST_S = 60
MEMORY_PERCENT = 5
MEMORY_KB = 1024
# Each process's rules by address (unwind/pc_cache.h) fill as its code is met.
PROCESS_KB = 128
# Readings that the first and the last of memory and descriptors are.
READINGS = 5

PROGRESS = re.compile(r"^progress: (\d+\.\d+) s, (\d+\.\d+) tps")
REQUESTS = re.compile(r"^ \d+ \d+ (\d+) $", re.MULTILINE)


def by_pgbench(path):
    """Transactions until now, by its lines each second."""
    now = time.time()
    while True:
        total, last = 0.0, None
        with open(path, encoding="utf-8") as f:
            for m in filter(None, map(PROGRESS.match, f)):
                at, rate = float(m[1]), float(m[2])
                if last is not None:
                    total += rate * (min(at, now) - last)
                if at >= now:
                    return total
                last = at
        time.sleep(0.1)


def by_status(url):
    """Requests until now."""
    with urllib.request.urlopen(url) as page:
        return int(REQUESTS.search(page.read().decode())[1])


class Soak:
    """A server under load."""

    def __init__(self, name, counter, pid, options, folder):
        self.name, self.counter, self.folder = name, counter, folder
        self.pid, self.options = pid, options
        self.count = by_status if counter.startswith("http") else by_pgbench
        self.cpu, self.missed, self.ticks = [], 0, 0

    def cpu_used(self):
        return sum(map(cpu_clock, family(self.pid)))

    def record(self):
        return Recording(self.pid, self.folder, *self.options)

    def note(self, ended):
        cpu, stats = ended
        self.cpu.append(cpu)
        self.missed += stats["missed_ticks"]
        self.ticks += stats["ticks"] + stats["missed_ticks"]

    def span(self, seconds, with_scrape):
        """What the server does a second, and a nanosecond of its CPU."""
        recording = self.record() if with_scrape else None
        time.sleep(SETTLE_S)
        start, cpu = time.monotonic(), self.cpu_used()
        done = self.count(self.counter)
        time.sleep(max(0, seconds - SETTLE_S))
        wall = time.monotonic() - start
        cpu = self.cpu_used() - cpu
        # Last: pgbench tells of this moment a second later.
        done = self.count(self.counter) - done
        if recording:
            self.note(recording.end())
        return done / wall, done / cpu

    def in_pairs(self, seconds):
        losses, rates = [], []
        for n in range(PAIRS):
            done = {with_scrape: self.span(seconds, with_scrape)
                    for with_scrape in (n % 2 == 0, n % 2 != 0)}
            losses.append([pairs.loss(*both)
                           for both in zip(done[False], done[True])])
            rates.append(done[False][0])
        print("%s: %.0f a second without; scrape takes %.2f %% of a core, "
              "misses %d of %d ticks" % (
                  self.name, statistics.median(rates),
                  statistics.median(self.cpu), self.missed, self.ticks))
        fine = True
        for i, how in enumerate(("by the clock", "for its own CPU")):
            fine = pairs.verdict(
                "%s: slower %s, %d pairs of %d s:" % (
                    self.name, how, PAIRS, seconds),
                pairs.estimate(l[i] for l in losses), SLOWER_LIMIT) and fine
        return fine

    def at_length(self, seconds):
        """One recording; what it has after a minute and at its end."""
        recording = self.record()
        kb, files = [], []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(1, seconds / 60))
            kb.append(recording.rss_kb())
            files.append(len(recording.files()))
        _, stats = recording.end()
        # A short soak has no minute to spare.
        first = min(FIRST_S, len(kb) // 3)
        half = len(kb) // 2
        kb_before, kb_half, kb_after = (
            max(kb[first:first + READINGS]), max(kb[half:half + READINGS]),
            max(kb[-READINGS:]))
        # What is open for a moment is not leaked.
        files_before, files_after = min(files[first:first + READINGS]), \
            min(files[-READINGS:])
        grown = 1 + MEMORY_PERCENT / 100
        flat = kb_after <= kb_half * grown and kb_after <= kb_before * grown \
            + MEMORY_KB + stats["processes"] * PROCESS_KB
        kept = files_after <= files_before
        print("%s: %d s, %d samples, RSS %.1f MiB after %d readings, %.1f at "
              "half time, %.1f at the end (most %.1f)%s; descriptors %d, then "
              "%d%s" % (
                  self.name, seconds, stats["samples"], kb_before / 1024,
                  first, kb_half / 1024, kb_after / 1024, max(kb) / 1024,
                  "" if flat else " <- BEYOND: it grows",
                  files_before, files_after,
                  "" if kept else " <- BEYOND: leaked"))
        return flat and kept


def main():
    name, counter, seconds, pid, *options = sys.argv[1:]
    half = int(seconds) / 2
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(name, counter, int(pid), options, folder)
        fine = soak.in_pairs(half / PAIRS / 2)
        fine = soak.at_length(half) and fine
    return not fine


if __name__ == "__main__":
    sys.exit(main())
