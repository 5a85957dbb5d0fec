#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""look.py COMMAND FILE [ARG...] - what a profile or a --stats file says.

Profiles are read by `go tool pprof`, never by our own code: what it does not
understand is wrong. A stack is written root first, "main;a;b", with its
inlined calls. In a chain given as argument "*" stands for any one frame, and
"name" also for "name(int)" and "name<T>".
"""

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter, namedtuple

Line = namedtuple("Line", "function file line")
Location = namedtuple("Location", "address mapping lines")
Mapping = namedtuple("Mapping", "start limit offset file")
# Of a recording with -m wall wall is ns, else 0.
Sample = namedtuple("Sample", "count ns wall locations tid thread pid")

SAMPLE = re.compile(
    r"^\s*(-?\d+)\s+(-?\d+)(?:\s+(-?\d+))?: ((?:\d+ ?)*)$")
LOCATION = re.compile(r"^\s*(\d+): 0x([0-9a-f]+) (?:M=(\d+) )?(?:\[F\] )?(.*)$")
LINE = re.compile(r"^(.*) (\S*):(\d+)(?::\d+)? s=\d+(?:\(.*\))?$")
MAPPING = re.compile(r"^(\d+): 0x([0-9a-f]+)/0x([0-9a-f]+)/0x([0-9a-f]+) (\S*)")


class Profile:
    """A profile as `go tool pprof -raw` prints it."""

    def __init__(self, path):
        raw = subprocess.run(
            ["go", "tool", "pprof", "-symbolize=none", "-raw", path],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace").stdout
        self.samples, self.locations, self.mappings = [], {}, {}
        self.header, part, last = {}, self.read_header, None
        parts = {"Samples:": self.read_sample, "Locations": self.read_location,
                 "Mappings": self.read_mapping}
        # Not splitlines(): a name may hold what Unicode calls a line end.
        for text in raw.split("\n"):
            if text in parts:
                part, last = parts[text], None
            elif text:
                last = part(text, last)

    def read_header(self, text, _):
        key, _, value = text.partition(": ")
        self.header[key] = value

    def read_sample(self, text, last):
        m = SAMPLE.match(text)
        if m:
            ids = [int(i) for i in m[4].split()]
            self.samples.append(Sample(int(m[1]), int(m[2]), int(m[3] or 0),
                                       ids, 0, "", 0))
            return self.samples[-1]
        if last is None:
            self.header["types"] = text
            return None
        tid = re.search(r"thread_id:\[(\d+)\]", text)
        name = re.search(r"thread_name:\[(.*)\]", text)
        pid = re.search(r"\bpid:\[(\d+)\]", text)
        self.samples[-1] = last._replace(tid=int(tid[1]) if tid else 0,
                                         thread=name[1] if name else "",
                                         pid=int(pid[1]) if pid else 0)
        return self.samples[-1]

    def read_location(self, text, last):
        m = LOCATION.match(text)
        if m:
            last = Location(int(m[2], 16), int(m[3] or 0), [])
            self.locations[int(m[1])] = last
            text = m[4]
        line = LINE.match(text.strip())
        if line:
            last.lines.append(Line(line[1], line[2], int(line[3])))
        return last

    def read_mapping(self, text, _):
        m = MAPPING.match(text)
        if m:
            self.mappings[int(m[1])] = Mapping(
                int(m[2], 16), int(m[3], 16), int(m[4], 16), m[5])

    def frames(self, sample):
        """The names of a sample's stack, root first."""
        names = []
        for location in (self.locations[i] for i in sample.locations):
            names += [line.function for line in location.lines] or ["?"]
        return names[::-1]

    def percent(self, wanted):
        """Of all samples, those for which wanted() holds, in percent."""
        total = sum(s.count for s in self.samples)
        some = sum(s.count for s in self.samples if wanted(s))
        return 100 * some / total if total else 0.0


def same(pattern, name):
    return pattern == "*" or name == pattern or \
        name.startswith((pattern + "(", pattern + "<"))


def contains(names, chain):
    """Whether the chain stands in names, without a gap."""
    return any(all(same(c, n) for c, n in zip(chain, names[i:]))
               for i in range(len(names) - len(chain) + 1))


def in_order(names, chain):
    """Whether those of chain that are in names follow each other as there."""
    seen = [n for n in names if n in chain]
    rest = iter(chain)
    return all(any(n == c for c in rest) for n in seen)


def cmd_total(path):
    print(sum(s.ns for s in Profile(path).samples))


def cmd_cpu(path, name):
    """Nanoseconds of CPU with a name in the stack."""
    p = Profile(path)
    print(sum(s.ns for s in p.samples if name in p.frames(s)))


def cmd_wall(path, name):
    """Nanoseconds of wall time with a name in the stack."""
    p = Profile(path)
    print(sum(s.wall for s in p.samples if name in p.frames(s)))


def cmd_row(path, name):
    """The nanoseconds of all stacks with such a leaf."""
    p = Profile(path)
    print(sum(s.ns for s in p.samples if p.frames(s)[-1:] == [name]))


def cmd_count(path):
    print(sum(s.count for s in Profile(path).samples))


def cmd_heaviest(path):
    """The most CPU, in ns a sample, that a stack carries: markers are none."""
    print(max((s.ns // s.count for s in Profile(path).samples if s.count),
              default=0))


def cmd_header(path, key):
    print(Profile(path).header.get(key, ""))


def cmd_stacks(path):
    p = Profile(path)
    for s in p.samples:
        print(s.count, s.ns, s.tid, ";".join(p.frames(s)), sep="\t")


def cmd_threads(path):
    """TID NS COUNT NAME of each thread."""
    ns, count, names = Counter(), Counter(), {}
    for s in Profile(path).samples:
        ns[s.tid] += s.ns
        count[s.tid] += s.count
        names[s.tid] = s.thread
    for tid in sorted(ns):
        print(tid, ns[tid], count[tid], names[tid])


def cmd_processes(path):
    """PID NS COUNT of each process; PID 0 without the label."""
    ns, count = Counter(), Counter()
    for s in Profile(path).samples:
        ns[s.pid] += s.ns
        count[s.pid] += s.count
    for pid in sorted(ns):
        print(pid, ns[pid], count[pid])


def cmd_chain(path, chain):
    """Percent of the samples with this chain of calls in their stack."""
    p = Profile(path)
    chain = chain.split(";")
    print("%.2f" % p.percent(lambda s: contains(p.frames(s), chain)))


def cmd_in_order(path, chain):
    """Percent of the samples that show nothing but this order."""
    p = Profile(path)
    chain = chain.split(";")
    print("%.2f" % p.percent(lambda s: in_order(p.frames(s), chain)))


def cmd_most(path, name):
    """How often a name is in one stack, at most."""
    p = Profile(path)
    print(max([p.frames(s).count(name) for s in p.samples], default=0))


def cmd_both(path, one, other):
    """Percent of the samples with both names in their stack."""
    p = Profile(path)
    print("%.2f" % p.percent(lambda s: {one, other} <= set(p.frames(s))))


def cmd_in_module(path, module):
    """Percent of the samples whose leaf lies in this module."""
    p = Profile(path)

    def wanted(s):
        mapping = p.mappings.get(p.locations[s.locations[0]].mapping)
        return mapping is not None and os.path.basename(mapping.file) == module
    print("%.2f" % p.percent(wanted))


def cmd_mappings(path, module):
    """How many there are of it."""
    p = Profile(path)
    print(sum(os.path.basename(m.file) == module for m in p.mappings.values()))


def cmd_inlined(path, lines, names=None):
    """Percent of the samples at whose leaf this stands, innermost first:
    lines "10;20;30", or "f:10;g:20"; names, if given, only in part."""
    p = Profile(path)
    wanted = lines.split(";")
    parts = names.split(";") if names else []

    def matches(s):
        have = p.locations[s.locations[0]].lines
        if len(have) != len(wanted):
            return False
        if not all(part in line.function for part, line in zip(parts, have)):
            return False
        return all(w in (str(l.line), "%s:%d" % (l.function, l.line))
                   for w, l in zip(wanted, have))
    print("%.2f" % p.percent(matches))


def cmd_shares(path, *wanted):
    """NAME=PERCENT...: fails when one is off by more than 3 sigma of the
    binomial distribution, or all together by chi-square."""
    p = Profile(path)
    wanted = dict(w.split("=") for w in wanted)
    have = Counter()
    for s in p.samples:
        for name in set(p.frames(s)) & set(wanted):
            have[name] += s.count
    n = sum(s.count for s in p.samples)
    chi_square, worst = 0.0, 0.0
    print("of %d samples" % n)
    for name, percent in wanted.items():
        share = float(percent) / 100
        sigma = math.sqrt(n * share * (1 - share))
        off = (have[name] - n * share) / sigma if sigma else math.inf
        chi_square += (have[name] - n * share) ** 2 / (n * share) if n else 0
        worst = max(worst, abs(off))
        print("%-8s %6.2f %%, should be %6.2f %%: %+.2f sigma" %
              (name, 100 * have[name] / n if n else 0, 100 * share, off))
    # The mean and three deviations of its distribution.
    freedom = len(wanted) - 1
    limit = freedom + 3 * math.sqrt(2 * freedom)
    print("chi-square %.1f, at most %.1f" % (chi_square, limit))
    return n == 0 or worst > 3 or chi_square > limit


def load_bias(path, offset):
    """What to add to a file offset for an address of the file."""
    out = subprocess.run(["readelf", "-lW", path], check=True,
                         stdout=subprocess.PIPE, encoding="utf-8").stdout
    for line in out.split("\n"):
        f = line.split()
        if f[:1] == ["LOAD"]:
            at, vaddr, size = (int(f[i], 16) for i in (1, 2, 4))
            if at <= offset < at + size:
                return vaddr - at
    return 0


def addr2line(path, vaddrs):
    """For each address the lines that stand there, innermost first."""
    text = "".join("0x%x\n0x0\n" % v for v in vaddrs)
    out = subprocess.run(["addr2line", "-a", "-i", "-e", path], input=text,
                         check=True, stdout=subprocess.PIPE,
                         encoding="utf-8", errors="replace").stdout
    found, lines = [], None
    for row in out.split("\n"):
        if re.fullmatch(r"0x[0-9a-f]+", row):
            lines = []
            found.append(lines)
        elif row:
            where = re.sub(r" \(discriminator \d+\)$", "", row)
            line = where.rpartition(":")[2]
            lines.append(int(line) if line.isdigit() else 0)
    return found[::2]


def cmd_addr2line(path, *files):
    """Compares the lines of every address that lies in one of files with what
    addr2line says; prints "compared N inlined N different N". Line numbers
    only: binutils 2.40 takes a DWARF 5 header's functions for the main file's.
    """
    p = Profile(path)
    compared = inlined = different = 0
    for file in files:
        here = [(l, p.mappings[l.mapping]) for l in p.locations.values()
                if l.mapping and p.mappings[l.mapping].file == file]
        offsets = [l.address - m.start + m.offset for l, m in here]
        vaddrs = [o + load_bias(file, o) for o in offsets]
        for (l, _), vaddr, said in zip(here, vaddrs, addr2line(file, vaddrs)):
            ours = [line.line for line in l.lines]
            compared += 1
            inlined += len(said) > 1
            # Without lines both say nothing, each in its way.
            if (any(said) or any(ours)) and ours != said:
                different += 1
                print("0x%x: %s, addr2line: %s" % (vaddr, ours, said),
                      file=sys.stderr)
    print("compared %d inlined %d different %d" %
          (compared, inlined, different))


def cmd_stat(path, *keys):
    """The value of key (a.b for one inside another) in a --stats file."""
    with open(path, encoding="utf-8") as f:
        stats = json.load(f)
    for key in keys:
        value = stats
        for part in key.split("."):
            value = value[part]
        print(json.dumps(value))


def main():
    commands = {name[4:].replace("_", "-"): f for name, f in globals().items()
                if name.startswith("cmd_")}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        print(__doc__, "commands:", *sorted(commands), file=sys.stderr)
        return 2
    return commands[sys.argv[1]](*sys.argv[2:]) or 0


if __name__ == "__main__":
    sys.exit(main())
