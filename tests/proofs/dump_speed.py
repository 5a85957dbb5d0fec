#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_speed.py NAME PID LIMIT_MS LIMIT_MB ROUNDS - a dump's time and memory

The same of eu-stack -i -s and of gdb, with the same information: all threads,
inlined calls, files and lines. Rounds take turns, after one that warms the
page cache and does not count. Prints one row of medians: wall and CPU time in
ms of each, how often slower the others are by the wall, and private memory in
MB. A LIMIT_MB other than 0 is that of a giant, whose ratios are bounded too.

Private memory is what is no file's: RssAnon and RssShmem of /proc/PID/status,
of the tool and its children together, looked at all the time in a run of its
own. The most that was seen counts; the peak of all memory (ru_maxrss), which
has the files' pages in it, stands beside it. The time is taken without that.
"""

import os
import statistics
import subprocess
import sys
import threading
import time

RATIO_EU_STACK = 3
RATIO_GDB = 20
# A tool that takes longer than this per round is told to stop.
PATIENCE_S = 120


def commands(pid):
    return {
        "scrape": [os.environ["SCRAPE"], "dump", "-p", pid],
        "eu-stack": ["eu-stack", "-i", "-s", "-p", pid],
        "gdb": ["gdb", "-nx", "-batch", "-iex", "set auto-load off",
                "-iex", "set debuginfod enabled off",
                "-ex", "set backtrace past-main on",
                "-ex", "thread apply all bt", "-p", pid],
    }


def start(command, first_in_line):
    env = {k: v for k, v in os.environ.items() if k != "DEBUGINFOD_URLS"}
    # What others do on this machine is not the tool's time.
    nice = ["nice", "-n", "-20"] if first_in_line and os.geteuid() == 0 else []
    return subprocess.Popen(nice + command, env=env, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def times_ms(command):
    """Wall and CPU time, its children's too."""
    before = time.monotonic()
    process = start(command, True)
    # wait() with a timeout of its own would look only every 50 ms.
    watch = threading.Timer(PATIENCE_S, process.terminate)
    watch.start()
    _, process.returncode, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - before
    watch.cancel()
    return 1000 * took, 1000 * (usage.ru_utime + usage.ru_stime)


def private_kb(pid):
    """Of a process and its children, what is in memory and no file's."""
    total = 0
    try:
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            for line in f:
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1])
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as f:
            total += sum(private_kb(int(child)) for child in f.read().split())
    except (OSError, ValueError):
        pass
    return total


def memory_mb(command):
    process, most = start(command, False), 0
    while True:
        done, _, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            process.returncode = 0
            return most / 1024, usage.ru_maxrss / 1024
        most = max(most, private_kb(process.pid))


def main():
    name, pid = sys.argv[1:3]
    limit_ms, limit_mb, rounds = (float(a) for a in sys.argv[3:6])
    giant = limit_mb > 0
    tools = commands(pid)
    for command in tools.values():
        times_ms(command)
    times = {tool: [] for tool in tools}
    for _ in range(int(rounds)):
        for tool, command in tools.items():
            times[tool].append(times_ms(command))
    ms = {tool: statistics.median(wall for wall, _ in t)
          for tool, t in times.items()}
    cpu = {tool: statistics.median(cpu for _, cpu in t)
           for tool, t in times.items()}
    private, whole = memory_mb(tools["scrape"])
    eu_stack, gdb = (ms[t] / ms["scrape"] for t in ("eu-stack", "gdb"))
    threads = len(os.listdir("/proc/%s/task" % pid))
    misses = [what for what, bad in (
        ("ms", ms["scrape"] > limit_ms), ("MB", giant and private > limit_mb),
        ("eu-stack", giant and eu_stack < RATIO_EU_STACK),
        ("gdb", giant and gdb < RATIO_GDB)) if bad]
    print("%-9s %4d" % (name, threads),
          *("%7.1f %7.1f" % (ms[tool], cpu[tool]) for tool in tools),
          "%6.1f %6.1f %6.1f %6.1f" % (eu_stack, gdb, private, whole),
          " <- beyond: " + " ".join(misses) if misses else "")
    return bool(misses)


if __name__ == "__main__":
    sys.exit(main())
