#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""top_cost.py cpu PID    CPU nanoseconds of a process and all below it
top_cost.py hold          "held" and "own CPU" of the head against others' count

hold: a target (fixtures/programs/gaps.c) that spins on a core of its own notes
the gaps in its time that were stops, and what it waited in them for a CPU that
others had; without that, they are what top has to say that it held it. What top
used is what wait4(2) says.
"""

import json
import os
import signal
import subprocess
import sys

SECONDS = 20
HELD_TOLERANCE = 0.10
OWN_TOLERANCE = 0.10
OWN_FLOOR = 0.003  # of a core: what starting up and ending takes


def schedstat(pid):
    total = 0
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, tid),
                  encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


def family(pid):
    found = [pid]
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, tid),
                  encoding="ascii") as f:
            for child in f.read().split():
                found += family(int(child))
    return found


def cpu(pid):
    print(sum(schedstat(one) for one in family(int(pid))))
    return 0


def pinned(core, command):
    return ["taskset", "-c", str(core)] + command


def hold():
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("held: there is one core only")
        return 0
    target = subprocess.Popen(
        pinned(cores[1], [os.environ["FIXTURES"] + "/gaps",
                          str(SECONDS + 60), "8"]),
        stdout=subprocess.PIPE, encoding="ascii")
    try:
        target.stdout.readline()
        top = subprocess.Popen(
            pinned(cores[0], [os.environ["SCRAPE"], "top", "--json", "-n", "1",
                              "-r", "500", "--delay", str(SECONDS),
                              "--window", "all", "-p", str(target.pid)]),
            stdout=subprocess.PIPE, encoding="utf-8")
        said = json.loads(top.stdout.readlines()[-1])
        _, status, usage = os.wait4(top.pid, 0)
    finally:
        target.send_signal(signal.SIGTERM)
    stops = [tuple(int(n) for n in line.split()[2:]) for line in target.stdout
             if line.startswith("stop ")]
    target.wait()
    held = sum(max(length - waited, 0)
               for length, waited in stops) / 1e9 / SECONDS
    own = (usage.ru_utime + usage.ru_stime) / SECONDS
    print("held: %.3f %% by the target's clock (%d stops), %.3f %% by top" % (
        100 * held, len(stops), 100 * said["held"]))
    print("own CPU: %.2f %% by the kernel's count, %.2f %% by top" % (
        100 * own, 100 * said["own_cpu"]))
    if status != 0 or not stops:
        return 1
    return not (abs(said["held"] - held) <= HELD_TOLERANCE * held and
                abs(said["own_cpu"] - own) <=
                OWN_TOLERANCE * own + OWN_FLOOR)


if __name__ == "__main__":
    sys.exit({"cpu": cpu, "hold": hold}[sys.argv[1]](*sys.argv[2:]))
