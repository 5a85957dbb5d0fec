#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""top_agree.py totals SECONDS NAME PID
                          top, record and the kernel, of the same seconds
top_agree.py rows CAPTURE PROFILE
                          the rows of a screen against go tool pprof -top

Both print what they compared, and fail where it differs: totals by more than a
hundredth, rows by more than the last digit that the screen has.
"""

import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile

TOLERANCE = 0.01
HERE = os.path.dirname(os.path.abspath(__file__))
LIVE = HERE + "/../live/top.py"
UNITS = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
         "min": 60e9, "h": 3600e9}
CLOCK_OF_PROCESS = 2


class Timespec(ctypes.Structure):
    _fields_ = [("s", ctypes.c_long), ("ns", ctypes.c_long)]


def kernel_ns(pid):
    """The CPU clock of a process, with the threads that have ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    ts = Timespec()
    if libc.clock_gettime(~pid << 3 | CLOCK_OF_PROCESS,
                          ctypes.byref(ts)) != 0:
        raise OSError(ctypes.get_errno(), "clock of %d" % pid)
    return ts.s * 10**9 + ts.ns


def pprof_rows(path):
    text = subprocess.run([LIVE, "pprof", path], check=True,
                          stdout=subprocess.PIPE, encoding="utf-8").stdout
    rows = {}
    for line in text.splitlines():
        flat, cum, name = line.split("\t")
        rows[re.sub(r" \(inline\)$", "", name)] = (int(flat), int(cum))
    return rows


def totals(seconds, name, pid):
    scrape, pid = os.environ["SCRAPE"], int(pid)
    with tempfile.TemporaryDirectory() as folder:
        profile, shown = folder + "/record.pb.gz", folder + "/top.json"
        before = kernel_ns(pid)
        with open(shown, "w", encoding="utf-8") as out:
            both = [
                subprocess.Popen([scrape, "top", "--json", "-n", "1",
                                  "--delay", seconds, "--window", "all",
                                  "-p", str(pid)], stdout=out),
                subprocess.Popen([scrape, "record", "-q", "-d", seconds,
                                  "-o", profile, "-p", str(pid)])]
            both[0].wait()
            kernel = kernel_ns(pid) - before
            both[1].wait()
        if any(one.returncode for one in both):
            print("%s: exit status %d of top, %d of record" % (
                name, both[0].returncode, both[1].returncode))
            return 1
        with open(shown, encoding="utf-8") as f:
            top = json.loads(f.readlines()[-1])
        of_rows = sum(row["self_ns"] for row in top["rows"])
        of_pprof = sum(flat for flat, _ in pprof_rows(profile).values())
    lost = sum(row["self_ns"] for row in top["rows"]
               if row["function"] in ("[not sampled]",))
    print("%-10s kernel %8.3f s  top %8.3f s (%+.2f %%, not sampled %.2f %%)"
          "  record %8.3f s (%+.2f %%)" % (
              name, kernel / 1e9, of_rows / 1e9,
              100 * (of_rows / kernel - 1), 100 * lost / kernel,
              of_pprof / 1e9, 100 * (of_pprof / kernel - 1)))
    return (abs(of_rows / kernel - 1) > TOLERANCE or
            abs(of_pprof / kernel - 1) > TOLERANCE or
            abs(of_rows / of_pprof - 1) > TOLERANCE)


def value(text):
    """Nanoseconds, and how much of them the last digit is worth."""
    m = re.fullmatch(r"(\d+(?:\.(\d+))?)([a-zµ]*)", text)
    if text == "-" or not m:
        return 0.0, 0.0
    unit = UNITS.get(m[3] or "ns", 1)
    return float(m[1]) * unit, unit / 10 ** len(m[2] or "")


def screen_rows(path):
    """SELF%, TOTAL%, SELF, TOTAL, FUNCTION of each row."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    head = next(i for i, line in enumerate(lines) if "SELF%" in line)
    at, end = lines[head].index("FUNCTION"), lines[head].index("FILE:LINE")
    for line in lines[head + 1:]:
        numbers = re.findall(r"(?:(?<=\s)|^)(?:\d[\d.]*[a-zµ]*|-)(?=\s|$)",
                             line[:at])
        if len(numbers) >= 4:
            yield (*numbers[-4:], line[at:end].strip())


def find(name, rows):
    """By its name, or by what is left of it where it was shortened."""
    if name in rows:
        return name
    parts = re.split(r"…|\.\.\.|<>|~", name)
    found = [full for full in rows
             if full.startswith(parts[0]) and full.endswith(parts[-1])]
    return found[0] if len(parts) > 1 and len(found) == 1 else None


def compare(shown, rows, everything):
    """What is wrong with a row, or None."""
    self_share, total_share, self_time, total_time, name = shown
    full = find(name, rows)
    if full is None:
        return "pprof has none such"
    for share, time, exact in ((self_share, self_time, rows[full][0]),
                               (total_share, total_time, rows[full][1])):
        percent = 100 * exact / everything
        if abs(float(share) - percent) > 0.0501:
            return "%s %%, and pprof has %.2f" % (share, percent)
        ns, digit = value(time)
        if abs(ns - exact) > digit * 0.501 + 1:
            return "%s, and pprof has %d ns" % (time, exact)
    return None


def rows(capture, profile):
    in_file = pprof_rows(profile)
    everything = sum(flat for flat, _ in in_file.values())
    wrong = seen = 0
    for shown in screen_rows(capture):
        seen += 1
        problem = compare(shown, in_file, everything)
        if problem:
            wrong += 1
            print("  ".join(shown), "--", problem)
    print("rows: %d on the screen, %d in the file, %d differ" % (
        seen, len(in_file), wrong))
    return wrong > 0 or seen < min(10, len(in_file))


if __name__ == "__main__":
    sys.exit({"totals": totals, "rows": rows}[sys.argv[1]](*sys.argv[2:]))
