#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""go_yardstick.py DIR SECONDS - the asserting part of go_yardstick.sh

A check takes a recording and gives a line about it, or raises Wrong.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "live"))
import look  # pylint: disable=wrong-import-position

SCRAPE = os.environ["SCRAPE"]
FIXTURES = os.environ["FIXTURES"]

CPU_TOLERANCE = 1  # percent
MANY = 95  # percent: of the samples, what is nearly all of them


class Wrong(Exception):
    """What is not as asserted."""


def expect(is_so, text):
    if not is_so:
        raise Wrong(text)
    return text


class Recording:
    """The whole life of a program, recorded."""

    def __init__(self, folder, command):
        file, stats = folder + "/out.pb.gz", folder + "/stats.json"
        out = subprocess.run(
            [SCRAPE, "record", "-q", "-o", file, "--stats", stats, "--",
             *command], check=True, stdout=subprocess.PIPE,
            encoding="utf-8").stdout
        lines = (line.partition(" ") for line in out.split("\n") if line)
        self.truth = {key: value for key, _, value in lines}
        self.profile = look.Profile(file)
        with open(stats, encoding="ascii") as f:
            self.stats = json.load(f)
        self.stacks = [(s, self.profile.frames(s))
                       for s in self.profile.samples]

    def count(self, wanted):
        """How many samples have stacks for which wanted(names) holds."""
        return sum(s.count for s, names in self.stacks if wanted(names))

    def all(self):
        return self.count(lambda names: True)

    def lines(self):
        """For each location, the functions of its lines."""
        for location in self.profile.locations.values():
            yield [line.function for line in location.lines]


# --- what is asserted of all

def magnitude(r):
    own = int(r.truth["cpu_ns"])
    total = sum(s.ns for s in r.profile.samples)
    off = 100 * (total - own) / own
    return expect(abs(off) <= CPU_TOLERANCE, "cpu %+.2f %%" % off)


def types(r):
    found = r.profile.header["types"].replace("[dflt]", "").split()
    return expect(found == ["samples/count", "cpu/nanoseconds"],
                  " ".join(found))


# --- what is asserted of some

def seen(*names):
    """TestCPUProfile: each is in a stack; of hogs that share the CPU, in as
    many as the others, more or less."""
    def check(r):
        n = [r.count(lambda stack, name=name: name in stack) for name in names]
        return expect(min(n) >= max(10, max(n) / 2), ", ".join(
            "%s in %d" % pair for pair in zip(names, n)))
    return check


def mostly(*chain):
    """A chain of calls, without a gap, in nearly all stacks."""
    def check(r):
        n = r.count(lambda stack: look.contains(stack, chain))
        return expect(n >= r.all() * MANY / 100, "%s in %d of %d" % (
            ";".join(chain), n, r.all()))
    return check


def as_it_says(r):
    return mostly(*r.truth["chain"].split(";"))(r)


def together(caller, callee):
    """TestCPUProfileInlining: the inlined and where it was inlined are lines of
    one location, in this order; there is no callee without its caller."""
    def check(r):
        n = 0
        for names in r.lines():
            if callee in names:
                n += 1
                at = names.index(callee)
                expect(names[at + 1:at + 2] == [caller], "a location: " +
                       " < ".join(names))
        return expect(n > 0, "%d locations of %s, each in %s" % (
            n, callee, caller))
    return check


def apart(*names):
    """TestCPUProfileRecursion: a location has each of them at most once."""
    def check(r):
        for lines in r.lines():
            for name in names:
                expect(lines.count(name) <= 1,
                       "a location: " + " < ".join(lines))
        return "%s at most once in a location" % " and ".join(names)
    return check


def once(name):
    """TestTimeVDSO: in the stack, and not twice."""
    def check(r):
        most = max(stack.count(name) for _, stack in r.stacks)
        return expect(most == 1, "%s at most %d times in a stack" % (
            name, most))
    return check


def never_both(one, other):
    """TestGoroutineSwitch: no stack is of two."""
    def check(r):
        n = r.count(lambda stack: one in stack and other in stack)
        return expect(n == 0, "%s and %s together in %d of %d" % (
            one, other, n, r.all()))
    return check


def no_gogo(r):
    """TestGoroutineSwitch: gogo, in mid-switch, belongs to no goroutine."""
    n = r.count(lambda stack: stack[-1] == "gogo" and "runtime.goexit" in stack)
    return expect(n == 0, "gogo in %d stacks of a goroutine" % n)


def some_with(one, other):
    """TestMorestack: a stack that has grown, seen while it grows."""
    def check(r):
        n = r.count(lambda stack: one in stack and other in stack)
        return expect(n > 0, "%s below %s in %d of %d" % (
            one, other, n, r.all()))
    return check


def rooted(name, root, marked_percent=1):
    """TestMathBigDivide: where name is, a stack goes on to its root, or says
    that it does not."""
    def check(r):
        def has_name(stack):
            return any(name in frame for frame in stack)
        n = r.count(has_name)
        marked = r.count(lambda stack: has_name(stack) and
                         stack[0].startswith("[truncated"))
        wrong = r.count(lambda stack: has_name(stack) and
                        stack[0] != root) - marked
        return expect(
            n >= 10 and wrong == 0 and marked <= n * marked_percent / 100,
            "%s in %d, of which %d say they are truncated, %d lack %s" % (
                name, n, marked, wrong, root))
    return check


# A stack in pieces is read on after the stop, and some have gone by then.
GONE_PERCENT = 25

IN_GO = [
    ("MultithreadMagnitude/serial", ["magnitude", 1], [seen("main.hog1")]),
    ("MultithreadMagnitude/parallel", ["magnitude", os.cpu_count()],
     [seen("main.hog1")]),
    ("Multithreaded", ["multithreaded"], [seen("main.hog1", "main.hog2")]),
    ("Inlining", ["inlining"],
     [together("main.inlinedCaller", "main.inlinedCallee"),
      seen("main.inlinedCaller")]),
    ("Recursion", ["recursion"],
     [apart("main.recursionCaller", "main.recursionCallee"),
      together("main.inlinedCaller", "main.inlinedCallee"),
      seen("main.recursionCaller")]),
    ("GoroutineSwitch", ["switch"],
     [never_both("main.ping", "main.pong"), no_gogo,
      seen("main.ping", "main.pong")]),
    ("Morestack", ["morestack"],
     [seen("runtime.newstack"), seen("main.growstack"),
      never_both("runtime.newstack", "main.main")]),
    ("TimeVDSO", ["vdso"], [seen("time.now"), once("time.now")]),
    ("MathBigDivide", ["bigdivide"], [rooted("math/big.", "runtime.goexit")]),
    ("WithFork", ["fork"], [seen("main.hog1")]),
]

IN_C = [
    ("MultithreadMagnitude/serial", ["spin", 1], [mostly("worker", "spin")]),
    ("MultithreadMagnitude/parallel", ["spin", os.cpu_count()],
     [mostly("worker", "spin")]),
    ("Inlining", ["inline"],
     [together("middle", "innermost"), together("outer", "middle")]),
    ("Recursion", ["recursion_inline"],
     [apart("recursion_caller", "recursion_callee"),
      together("recursion_caller", "recursion_callee"), as_it_says]),
    ("GoroutineSwitch", ["coroutine"],
     [never_both("ping", "pong"), seen("ping", "pong")]),
    ("Morestack", ["morestack"],
     [some_with("__generic_morestack", "growstack"),
      rooted("growstack", "clone3", GONE_PERCENT)]),
    ("TimeVDSO", ["vdso"], [as_it_says, once("read_clock")]),
    ("WithFork", ["fork"], [seen("in_parent")]),
]

# Of these the seconds are not the last argument.
SECONDS_FIRST = {"coroutine", "fork", "inline", "recursion_inline", "vdso",
                 "morestack"}


def fixture(name, args, seconds):
    if name in SECONDS_FIRST:
        return [FIXTURES + "/" + name, seconds, *map(str, args)]
    return [FIXTURES + "/" + name, *map(str, args), seconds]


def prove(title, folder, command, checks):
    said, fine = [], True
    r = Recording(folder, command)
    for check in [magnitude, types] + checks:
        try:
            said.append(check(r))
        except Wrong as wrong:
            said.append("WRONG: %s" % wrong)
            fine = False
    print("%s - %s: %s" % ("ok" if fine else "not ok", title,
                           "; ".join(s for s in said if s)), flush=True)
    return fine


def main():
    folder, seconds = sys.argv[1:]
    program = folder + "/yardstick"
    fine = True
    for name, (what, *args), checks in IN_C:
        fine &= prove("C, " + name, folder, fixture(what, args, seconds),
                      checks)
    if os.path.exists(program):
        for name, (what, *args), checks in IN_GO:
            fine &= prove("Go, " + name, folder,
                          [program, what, seconds, *map(str, args)], checks)
    return not fine


if __name__ == "__main__":
    sys.exit(main())
