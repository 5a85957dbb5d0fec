#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_gdb.py NAME PID... - compares a dump of each process with gdb's stacks

Prints one row: threads, frames compared, equal ones, and differences by class.
Each class is a difference whose reason is checked here, by the symbol tables
that readelf prints or by what gdb itself says about its walk:

  spelling   the linker's name is the same, gdb shows another readable one
  alias      two names of one address
  unsized    no symbol covers the address; gdb takes the one that ends before it
  tail-call  a frame that is not on the stack: gdb infers it from DWARF's call
             sites, it was left by a jump
  not-code   the address lies where nothing can run: gdb names the variable
  past-end   gdb goes on without a name where CFI has declared the outermost
             frame
  gave-up    gdb ends there by its own word with an error; scrape's is whole
  no-cfi     at or after a frame without CFI: both guess, and differ

All else is "other", is printed, and fails, as does a missing thread. The target
must stand still: a dump before gdb's look and one after it must be the same.
"""

import bisect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = ("spelling", "alias", "unsized", "tail-call", "not-code",
           "past-end", "gave-up", "no-cfi", "other")
# Frames that two dumps may have apart in a process that only seems to sleep.
ATTEMPTS = 5


def run(command, **more):
    env = {k: v for k, v in os.environ.items() if k != "DEBUGINFOD_URLS"}
    env.update(more.pop("env", {}))
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=env, **more)


def scrape(pid):
    done = run([os.environ["SCRAPE"], "dump", "--json", "-p", str(pid)])
    if done.returncode:
        sys.exit("scrape: status %d: %s" % (done.returncode, done.stderr))
    return json.loads(done.stdout)


def gdb(pid):
    with tempfile.NamedTemporaryFile() as f:
        done = run(["gdb", "-nx", "-batch", "-iex", "set auto-load off",
                    "-iex", "set debuginfod enabled off",
                    "-p", str(pid), "-x", HERE + "/gdb_stacks.py"],
                   env={"GDB_STACKS": f.name})
        text = f.read()
    if not text:
        sys.exit("gdb: %s" % done.stderr.decode()[-500:])
    return json.loads(text)


# --- that the python side of gdb and its backtrace are the same

def check_text(said):
    """Frame for frame "thread apply all bt" has the names that count here."""
    shown, tid = {}, None
    for line in said["text"].split("\n"):
        found = re.match(r"Thread .*?(?:LWP |process )(\d+)", line)
        if found:
            tid = int(found.group(1))
            shown[tid] = []
        found = re.match(r"#\d+ +(?:0x[0-9a-f]+ in )?(.*)", line)
        if found and tid:
            shown[tid].append(found.group(1))
    for thread in said["threads"]:
        lines = shown.get(thread["tid"], [])
        names = ["<signal" if f["signal"] else f["name"] or "??"
                 for f in thread["frames"]]
        if len(lines) != len(names) or not all(
                map(str.startswith, lines, names)):
            sys.exit("gdb contradicts itself in thread %d: %s %s" % (
                thread["tid"], lines, names))


# --- names

class Symbols:
    """The functions of a file and of its debug file, by address."""

    cache = {}

    def __init__(self, path, build_id):
        self.sized, self.unsized = [], []
        debug = "/usr/lib/debug/.build-id/%s/%s.debug" % (
            (build_id or "xx")[:2], (build_id or "xx")[2:])
        for file in (path, debug):
            out = run(["readelf", "-sW", file]).stdout.decode(errors="replace")
            for line in out.split("\n"):
                f = line.split()
                if len(f) < 8 or f[6] in ("UND", "ABS", "Ndx"):
                    continue
                if f[3] not in ("FUNC", "NOTYPE", "IFUNC", "OBJECT"):
                    continue
                at, size = int(f[1], 16), int(f[2], 0)
                (self.sized if size else self.unsized).append(
                    (at, at + size, f[7].split("@")[0]))
        self.sized.sort()

    @classmethod
    def of(cls, frame):
        key = (frame["module"], frame["build_id"])
        if key not in cls.cache:
            cls.cache[key] = cls(*key)
        return cls.cache[key]

    def at(self, vaddr):
        """All names of sized symbols that cover the address."""
        end = bisect.bisect_right(self.sized, (vaddr, 1 << 64, ""))
        return [s for s in self.sized[max(0, end - 200):end] if vaddr < s[1]]


def is_code(pid, pc):
    with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
        for line in f:
            area, rights = line.split()[:2]
            start, end = (int(n, 16) for n in area.split("-"))
            if start <= pc < end:
                return "x" in rights
    return False


def judge_name(pid, ours, theirs, exact):
    """"" when both name the same function in the same way, or the class."""
    if theirs["signal"] or ours["signal_frame"]:
        return "" if theirs["signal"] and ours["signal_frame"] else "other"
    name, want = ours["function"], theirs["name"]
    # With DWARF gdb leaves out the parameters.
    if name == want or (name and want and name.startswith(want + "(")):
        return ""
    linkers = (theirs["linker"], theirs["symbol"])
    if name and ours["system_name"] in linkers:
        return "spelling"
    if not name and not is_code(pid, theirs["pc"]):
        return "not-code"
    if not ours["module_offset"] or ours["inlined"]:
        return "other"
    here = Symbols.of(ours).at(int(ours["module_offset"], 16) - (not exact))
    starts = {s[0] for s in here if s[2] == ours["system_name"]}
    if any(s[0] in starts and s[2] in linkers for s in here):
        return "alias"
    if want and not name and not here and not theirs["has_dwarf"]:
        return "unsized"
    return "other"


# --- stacks

def show(frame):
    return "%#x %s%s" % (frame["pc"] if type(frame["pc"]) is int
                         else int(frame["pc"], 16),
                         frame.get("name") or frame.get("function"),
                         " (inlined)" if frame["inlined"] else "")


def why_apart(i, ours, frames, theirs, wanted):
    """The class of what differs from frame i on: there they part."""
    a, b = frames[i:], wanted[i:]
    nameless = not any(f["name"] for f in b)
    if ours["end"] == "root" and not a and nameless:
        return "past-end"
    if any(f["guessed"] for f in frames[:i + 1]) or (
            ours["end"] == "no-cfi" and not a):
        return "no-cfi"
    if ours["end"] == "root" and nameless and (
            theirs["why"] not in ("no reason", "outermost")):
        return "gave-up"
    return "other"


def compare(pid, ours, theirs, count, report):
    """Frame by frame from the leaf; fills count."""
    frames = ours["frames"]
    wanted = [f for f in theirs["frames"] if not f["tailcall"]]
    count["tail-call"] += len(theirs["frames"]) - len(wanted)
    count["compared"] += len(theirs["frames"]) - len(wanted)
    exact = True
    for i in range(max(len(frames), len(wanted))):
        a = frames[i] if i < len(frames) else None
        b = wanted[i] if i < len(wanted) else None
        if not a or not b or int(a["pc"], 16) != b["pc"] or (
                a["inlined"] != b["inlined"]):
            rest = max(len(frames), len(wanted)) - i
            why = why_apart(i, ours, frames, theirs, wanted)
            count["compared"] += rest
            count[why] += rest
            if why == "other":
                report(i, a and show(a), b and show(b))
            return
        why = judge_name(pid, a, b, exact)
        count["compared"] += 1
        count[why or "equal"] += 1
        if why == "other":
            report(i, show(a), show(b))
        if not a["inlined"]:
            exact = a["signal_frame"]


def still(pid):
    """Two dumps with gdb's stacks between them that saw the same."""
    def essence(d):
        return [(t["tid"], [f["pc"] for f in t["frames"]])
                for t in d["threads"]]
    for _ in range(ATTEMPTS):
        before, said, after = scrape(pid), gdb(pid), scrape(pid)
        if essence(before) == essence(after):
            return before, said
    sys.exit("PID %d never stands still" % pid)


def main():
    name, pids = sys.argv[1], [int(p) for p in sys.argv[2:]]
    count, missing, lines = Counter(), [], []
    for pid in pids:
        tids = sorted(int(t) for t in os.listdir("/proc/%d/task" % pid))
        dump, said = still(pid)
        check_text(said)
        ours = {t["tid"]: t for t in dump["threads"]}
        theirs = {t["tid"]: t for t in said["threads"]}
        missing += [t for t in tids if t not in ours or t not in theirs]
        for tid in set(ours) & set(theirs):
            count["threads"] += 1
            compare(pid, ours[tid], theirs[tid], count,
                    lambda *row: lines.append("  #%d: %s; gdb: %s" % row))
    classes = " ".join("%s:%d" % (c, count[c]) for c in CLASSES if count[c])
    print("%-10s %7d %8d %8d %7.2f  %s" % (
        name, count["threads"], count["compared"], count["equal"],
        100 * count["equal"] / max(1, count["compared"]), classes))
    print("\n".join(lines[:20]), end="\n" if lines else "")
    if missing:
        print("  missing threads:", missing)
    return bool(missing or count["other"] or not count["compared"])


if __name__ == "__main__":
    sys.exit(main())
