#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pause.py ROUNDS - how long profilers hold their target, by the target's clock

The target (fixtures/programs/gaps.c) spins, looks at the clock all the time and
notes the gaps, and how much of each it waited for its CPU, because others had
it; the rest is what counts. In each round all that is compared takes its turn: the bare stop
(stop_loop.c), sleeping until the thread has stopped and spinning, scrape record
and a few dumps; then others. A stop is charged to whose turn it was when it
began. First the target has one thread on a core of its own; then two on all
cores, both of which are stopped; then signals come in by the thousand, to see
what it costs them that a tracer stays attached.

perf does not stop anybody: its row has the longest of the target's other gaps in
its turn, as many as it took samples.

Fails when the median of record's stops is over MEDIAN times that of the faster
floor, or their 99th percentile over P99 times. The machine's own noise hits all
of them, so turns are short and many.
"""

import bisect
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MEDIAN = 1.3
P99 = 2
TURN_S = 1
RATE = 100
DUMPS = 3
AGREES = 0.10  # what record says of its median stop, beside the target ...
BUSY = 0.10  # ... where no more of the pauses than these met another on the CPU
WAITED_NS = 10000

SCRAPE = os.environ["SCRAPE"]
FIXTURES = os.environ["FIXTURES"]
LOOP = os.environ["builddir"] + "/tests/proofs/stop_loop"


def in_front(command, cores):
    """First in line, where that is allowed: others make noise."""
    nice = ["nice", "-n", "-20"] if os.geteuid() == 0 else []
    return nice + ["taskset", "-c", ",".join(map(str, cores))] + command


def output(command, cores):
    done = subprocess.run(
        in_front(command, cores), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    return done.stdout if done.returncode == 0 else ""


class Target:
    """What gaps.c noted, by whose turn it was."""

    def __init__(self, cores, seconds, spinners):
        self.process = subprocess.Popen(
            in_front([FIXTURES + "/gaps", str(seconds), "0", str(spinners)],
                     cores), stdout=subprocess.PIPE, encoding="ascii")
        self.pid = self.process.stdout.readline().split()[1]
        self.turns = {}
        self.gaps = []

    def turn(self, name, command, cores, times=1):
        """Returns what was printed; "" when it could not run."""
        begin = time.monotonic_ns()
        for _ in range(times):
            text = output(command, cores)
        self.turns.setdefault(name, []).append((begin, time.monotonic_ns()))
        return text

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        for line in self.process.stdout:
            what, *rest = line.split()
            if what in ("stop", "other"):
                start, length, waited = map(int, rest)
                self.gaps.append((start, what == "stop",
                                  max(length - waited, 0), waited))
        self.process.wait()

    def gaps_of(self, name, stops=True):
        found = []
        for begin, end in self.turns.get(name, []):
            first = bisect.bisect_left(self.gaps, (begin,))
            last = bisect.bisect_left(self.gaps, (end,))
            found += [gap for gap in self.gaps[first:last]
                      if gap[1] == stops]
        return found

    def held(self, name, stops=True):
        """Microseconds of each gap in the turns of that name, sorted."""
        return sorted(gap[2] / 1000 for gap in self.gaps_of(name, stops))

    def share_that_waited(self, name):
        gaps = self.gaps_of(name)
        return sum(gap[3] > WAITED_NS for gap in gaps) / max(len(gaps), 1)


def quantile(values, q):
    return values[min(int(len(values) * q), len(values) - 1)]


def row(name, held, note=""):
    if held:
        print("%-22s %6d %9.1f %9.1f %9.1f %9.1f  %s" % (
            name, len(held), quantile(held, 0.5), quantile(held, 0.9),
            quantile(held, 0.99), held[-1], note))
    else:
        print("%-22s %s" % (name, note or "nothing"))


def heading(text):
    print("\n%-22s %6s %9s %9s %9s %9s" % (
        text, "pauses", "p50 us", "p90", "p99", "max"))


FLOORS = {"floor": [], "floor, spinning": ["spin"]}


def take_turns(target, cores, stats):
    """Those who are judged. Returns what record said of itself."""
    turn = [target.pid, str(TURN_S), str(RATE)]
    for name, how in FLOORS.items():
        target.turn(name, [LOOP, *turn, *how], cores)
    target.turn("record", [
        SCRAPE, "record", "-q", "-p", target.pid, "-r", str(RATE), "-d",
        str(TURN_S), "-o", stats + ".folded", "--stats", stats], cores)
    target.turn("floor, attached", [LOOP, *turn, "spin", "stay"], cores)
    with open(stats, encoding="utf-8") as f:
        return json.load(f)


def judge(target):
    """The two ratios, each to the faster of the floors."""
    floors = [target.held(name) for name in FLOORS]
    record = target.held("record")
    if not record or not all(floors):
        print("nothing to compare")
        return False
    good = True
    for name, q, limit in (("medians", 0.5, MEDIAN), ("p99", 0.99, P99)):
        ratio = quantile(record, q) / min(quantile(f, q) for f in floors)
        print("record to floor, %s: %.2f (at most %.1f)" % (
            name, ratio, limit))
        good = good and ratio <= limit
    return good


def agrees(target, said):
    """What record says of its own stops."""
    own = statistics.median(s["stop_us"]["p50"] for s in said)
    median = quantile(target.held("record"), 0.5)
    print("record says of its median: %.1f us, the target %.1f" % (own, median))
    busy = target.share_that_waited("record")
    if busy > BUSY:
        print("... in %.0f %% others had the CPU: not judged" % (100 * busy))
        return True
    return abs(own - median) <= AGREES * median


def take_turns_of_others(target, cores, directory):
    """Returns how many samples perf took."""
    pid = target.pid
    target.turn("scrape dump", [SCRAPE, "dump", "-p", pid], cores, DUMPS)
    target.turn("eu-stack", ["eu-stack", "-p", pid], cores, DUMPS)
    target.turn("gdb -batch", ["gdb", "-batch", "-p", pid, "-ex", "bt"], cores)
    text = target.turn("perf record", [
        "perf", "record", "-F", str(RATE), "--call-graph", "dwarf", "-p", pid,
        "-o", directory + "/perf.data", "--", "sleep", str(TURN_S)], cores)
    found = re.search(r"\((\d+) samples\)", text)
    return int(found.group(1)) if found else 0


def one_thread(rounds, cores, directory):
    target = Target(cores[1:2], rounds * 60, 0)
    here, said, samples = cores[:1], [], 0
    for _ in range(rounds):
        said.append(take_turns(target, here, directory + "/stats"))
        samples += take_turns_of_others(target, here, directory)
    target.end()
    heading("one thread")
    for name in target.turns:
        if name != "perf record":
            row(name, target.held(name))
    others = target.held("perf record", stops=False)[-samples:]
    row("perf record", others if samples else [], "no stops"
        if samples else "is not here, or not allowed")
    return all([judge(target), agrees(target, said)])


def two_threads(rounds, cores, directory):
    target = Target(cores[:2], rounds * 60, 1)
    for _ in range(rounds):
        take_turns(target, cores[:2], directory + "/stats")
    target.end()
    heading("one of two threads")
    for name in target.turns:
        row(name, target.held(name))
    return judge(target)


def signals(cores):
    """Thousands a second, without us, with record, and with who stays."""
    print("\n%-22s %s" % ("a target of signals", "handled a second"))
    tracers = {
        "alone": ["sleep", "2"],
        "record": [SCRAPE, "record", "-q", "-r", str(RATE), "-d", "2",
                   "-f", "folded", "-o", "-", "-p"],
        "floor, attached": [LOOP, "PID", "2", str(RATE), "stay"]}
    for name, command in tracers.items():
        target = subprocess.Popen(
            in_front([FIXTURES + "/raises", "2"], cores[1:2]),
            stdout=subprocess.PIPE, encoding="ascii")
        pid = target.stdout.readline().split()[1]
        if command[-1] == "-p":
            command = command + [pid]
        output([pid if word == "PID" else word for word in command], cores[:1])
        counts = dict(line.split() for line in target.stdout)
        target.wait()
        print("%-22s %d" % (name, int(counts["received"]) / 2))


def main():
    rounds = int(sys.argv[1])
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("ok 1 - pause # SKIP there is one core only")
        return 0
    with tempfile.TemporaryDirectory() as directory:
        good = [one_thread(rounds, cores, directory),
                two_threads(rounds, cores, directory)]
    signals(cores)
    return not all(good)


if __name__ == "__main__":
    sys.exit(main())
