#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sigstop.py [TIMES] - what becomes of a target while scrape is stopped

SIGSTOP can be neither blocked nor handled. A thread that has been asked to stop
and not been let go yet when it comes stays held until SIGCONT; how often that
is, of TIMES random instants, is printed, by what the kernel says of the thread,
and is to be rare. SIGTSTP, which scrape handles, holds nobody, ever. Nor does
SIGKILL of a scrape that is stopped. An event loop sees none of it in its system
calls.
"""

import os
import random
import signal
import subprocess
import sys
import time

SCRAPE, FIXTURES = os.environ["SCRAPE"], os.environ["FIXTURES"]
TIMES = int(sys.argv[1]) if len(sys.argv) > 1 else 200
HOLD_S = 0.1
# Of the instants; an idle machine has one in a hundred.
MAX_SHARE = 0.1
failed = []


def check(what, ok):
    print("  " + ("ok      " if ok else "FAILED  ") + what, flush=True)
    if not ok:
        failed.append(what)


def start(fixture, *args):
    """One whose main thread is the one that runs."""
    target = subprocess.Popen([os.path.join(FIXTURES, fixture), *args],
                              stdout=subprocess.PIPE, encoding="utf-8")
    assert target.stdout.readline().startswith("pid ")
    return target


def end(target):
    """What it printed, a list of words for each line."""
    target.send_signal(signal.SIGTERM)
    out = target.communicate()[0]
    assert target.returncode == 0
    return [line.split() for line in out.splitlines()]


def record(target):
    scrape = subprocess.Popen(
        [SCRAPE, "record", "-q", "-o", os.devnull, "-f", "pprof",
         "-p", str(target.pid)])
    time.sleep(0.5)
    return scrape


def status(pid, key):
    with open("/proc/%d/status" % pid, encoding="utf-8") as f:
        return next(line.split()[1] for line in f if line.startswith(key))


def await_state(pid, state):
    while status(pid, "State:") != state:
        time.sleep(0.001)


def stop_and_go(scrape, target, number):
    """Whether the target was held meanwhile."""
    time.sleep(random.uniform(0.02, 0.12))
    scrape.send_signal(number)
    await_state(scrape.pid, "T")
    time.sleep(HOLD_S)
    held = status(target.pid, "TracerPid:") != "0"
    scrape.send_signal(signal.SIGCONT)
    return held


def times_held(number):
    target = start("gaps", "3600")
    scrape = record(target)
    held = sum(stop_and_go(scrape, target, number) for _ in range(TIMES))
    scrape.send_signal(signal.SIGTERM)
    assert scrape.wait() == 0
    end(target)
    return held


def killed_while_stopped():
    """How often the target was not free afterwards."""
    target = start("gaps", "3600")
    bad = 0
    for _ in range(max(TIMES // 10, 1)):
        scrape = record(target)
        scrape.send_signal(signal.SIGSTOP)
        await_state(scrape.pid, "T")
        scrape.kill()
        scrape.wait()
        bad += (status(target.pid, "TracerPid:") != "0" or
                status(target.pid, "State:") not in "RS")
    end(target)
    return bad


def broken_calls():
    target = start("eventloop", "3600")
    scrape = record(target)
    for _ in range(max(TIMES // 10, 1)):
        stop_and_go(scrape, target, signal.SIGSTOP)
    scrape.send_signal(signal.SIGTERM)
    assert scrape.wait() == 0
    return sum(int(words[1]) for words in end(target)
               if words[0] in ("eintr", "errors"))


def main():
    held = times_held(signal.SIGSTOP)
    check("SIGSTOP, then SIGCONT: %d of %d times the thread was held "
          "meanwhile" % (held, TIMES), held <= MAX_SHARE * TIMES)
    held = times_held(signal.SIGTSTP)
    check("SIGTSTP: %d of %d" % (held, TIMES), held == 0)
    bad = killed_while_stopped()
    check("SIGKILL of a stopped scrape: target not free %d times" % bad,
          bad == 0)
    broken = broken_calls()
    check("calls of an event loop that failed: %d" % broken, broken == 0)
    sys.exit(1 if failed else 0)


main()
