# SPDX-License-Identifier: GPL-3.0-or-later
"""recording.py - a scrape that records while a proof does something else"""

import atexit
import json
import os
import signal
import subprocess
import time

SCRAPE = os.environ["SCRAPE"]
PATIENCE_S = 30


def cpu_clock(pid):
    """Nanoseconds of CPU that a process and all its threads had."""
    # clock_getcpuclockid(3)
    return time.clock_gettime_ns(~pid << 3 | 2)


def family(pid):
    """It and all processes below it."""
    found = [pid]
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, tid),
                  encoding="ascii") as f:
            for child in f.read().split():
                found += family(int(child))
    return found


class Recording:
    """record -r 100, sampling once this is made, and ended by end()."""

    def __init__(self, pid, folder, *options):
        self.stats_file = folder + "/stats.json"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [SCRAPE, "record", "-q", "-r", "100", "-p", str(pid), *options,
             "-o", folder + "/out.pb.gz", "--stats", self.stats_file])
        self.pid = self.process.pid
        # A proof that fails leaves none behind.
        atexit.register(self.process.kill)
        deadline = time.monotonic() + PATIENCE_S
        while not self.has_begun():
            if time.monotonic() > deadline:
                raise TimeoutError("scrape does not begin")
            time.sleep(0.01)

    def has_begun(self):
        return {"anon_inode:[timerfd]", "anon_inode:[signalfd]"} <= set(
            self.files())

    def files(self):
        """What its descriptors stand for."""
        fds = "/proc/%d/fd/" % self.pid
        found = []
        for fd in os.listdir(fds):
            try:
                found.append(os.readlink(fds + fd))
            except FileNotFoundError:
                pass  # closed since
        return found

    def rss_kb(self):
        with open("/proc/%d/status" % self.pid, encoding="utf-8") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise ProcessLookupError("scrape is gone")

    def end(self):
        """Its CPU in percent of a core over all its life, and its --stats."""
        self.process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.pid, 0)
        wall = time.monotonic() - self.started
        self.process.returncode = status
        atexit.unregister(self.process.kill)
        if status != 0:
            raise ChildProcessError("scrape ended with status %#x" % status)
        with open(self.stats_file, encoding="ascii") as f:
            stats = json.load(f)
        return 100 * (usage.ru_utime + usage.ru_stime) / wall, stats
