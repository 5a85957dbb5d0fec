#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump.py COMMAND FILE [ARG...] - what `scrape dump --json` says.

FILE holds one object or several. WHICH names a thread by its id, by its name,
or as "main"; of several dumps the first that has it counts. A stack is written
root first, "main;a;b", with its inlined calls. In a chain "*" stands for any
one frame, and "name" also for "name(int)" and "name<T>".
"""

import json
import re
import sys

HEX = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
BUILD_ID = re.compile(r"([0-9a-f]{2})+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
STATES = "RSDTtXZPIKWx?"
ENDS = ("root", "no-cfi", "bad-cfi", "unreadable", "depth", "loop", "late")


def load(path):
    """All objects of a file, which must be clean UTF-8 and nothing else."""
    with open(path, "rb") as f:
        text = f.read().decode("utf-8")
    bad = [c for c in text if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f")]
    assert not bad, "control bytes in the output: %r" % bad[:5]
    decoder, at, dumps = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        dump, at = decoder.raw_decode(text, at)
        dumps.append(dump)
    assert dumps, "there is no object"
    return dumps


def find(dumps, which):
    for dump in dumps:
        for thread in dump["threads"]:
            if which in (str(thread["tid"]), thread["name"]) or (
                    which == "main" and thread["tid"] == dump["pid"]):
                return thread
    sys.exit("no thread %s" % which)


def name(frame):
    return frame["function"] or "?"


def names(thread):
    return [name(f) for f in reversed(thread["frames"])]


def fits(wanted, have):
    return wanted in ("*", have) or (
        have.startswith(wanted) and have[len(wanted)] in "(<")


def holds(stack, chain):
    return any(all(map(fits, chain, stack[i:]))
               for i in range(len(stack) - len(chain) + 1))


def show(value):
    return value if isinstance(value, str) else json.dumps(value)


# --- what each value must look like, by design.md section 7

def is_count(v):
    return type(v) is int and v >= 0


def is_flag(v):
    return type(v) is bool


def is_text(v):
    return type(v) is str


def is_hex(v):
    return is_text(v) and HEX.fullmatch(v)


def maybe(test):
    return lambda v: v is None or test(v)


FRAME = {
    "pc": is_hex, "module": maybe(is_text),
    "build_id": maybe(lambda v: is_text(v) and BUILD_ID.fullmatch(v)),
    "module_offset": maybe(is_hex), "function": maybe(is_text),
    "system_name": maybe(is_text), "function_offset": maybe(is_hex),
    "file": maybe(is_text), "line": maybe(lambda v: is_count(v) and v > 0),
    "inlined": is_flag, "signal_frame": is_flag, "guessed": is_flag,
}
SYSCALL = {
    "number": lambda v: type(v) is int, "name": maybe(is_text),
    "args": lambda v: type(v) is list and len(v) <= 6 and all(map(is_hex, v)),
    "text": maybe(is_text),
}
THREAD = {
    "tid": is_count, "name": maybe(is_text),
    "state": lambda v: is_text(v) and len(v) == 1 and v in STATES,
    "stopped_us": lambda v: type(v) in (int, float) and v >= 0,
    "syscall": lambda v: v is None or fails("syscall", v, SYSCALL) == [],
    "end": maybe(lambda v: v in ENDS), "complete": is_flag,
    "frames": lambda v: type(v) is list, "problem": maybe(is_text),
}
DUMP = {
    "schema": lambda v: v == "scrape-dump/1", "version": is_text,
    "time": lambda v: is_text(v) and TIME.fullmatch(v), "pid": is_count,
    "comm": maybe(is_text), "exe": maybe(is_text),
    "threads": lambda v: type(v) is list,
}


def fails(where, value, shape):
    if type(value) is not dict:
        return ["%s is no object: %s" % (where, show(value))]
    missing = ["%s lacks %s" % (where, k) for k in shape
               if k not in value and k != "problem"]
    return missing + ["%s.%s is %s" % (where, k, show(value[k]))
                      for k, test in shape.items()
                      if k in value and not test(value[k])]


def thread_fails(thread):
    where = "thread %s" % thread.get("tid")
    bad = fails(where, thread, THREAD)
    if bad:
        return bad
    for i, frame in enumerate(thread["frames"]):
        bad += fails("%s frame %d" % (where, i), frame, FRAME)
    if bad:
        return bad
    if thread["complete"] != (thread["end"] == "root"):
        bad.append("%s: complete and %s" % (where, thread["end"]))
    if not thread["frames"] and not thread.get("problem"):
        bad.append("%s: no frames and no word why" % where)
    # An inlined call stands before the physical frame that it is part of.
    for inner, outer in zip(thread["frames"], thread["frames"][1:] + [None]):
        if inner["inlined"] and (not outer or outer["pc"] != inner["pc"]):
            bad.append("%s: %s is inlined into nothing" % (where, name(inner)))
    return bad


def cmd_valid(path):
    """Whether each object has the agreed shape; says what has not."""
    bad = []
    for dump in load(path):
        here = fails("dump", dump, DUMP)
        if not here:
            tids = [t.get("tid") for t in dump["threads"]]
            here = sum(map(thread_fails, dump["threads"]), [])
            if tids != sorted(set(tids)):
                here.append("threads are not sorted: %s" % tids)
        bad += here
    print("\n".join(bad[:20]), file=sys.stderr)
    return bool(bad)


def cmd_get(path, *keys):
    """The value of key in each dump, one a line."""
    for dump in load(path):
        print(*(show(dump.get(key)) for key in keys))


def cmd_threads(path, *keys):
    """These values of all threads, one thread a line; by default the ids."""
    for dump in load(path):
        for thread in dump["threads"]:
            print(*(show(thread.get(key)) for key in keys or ["tid"]))


def cmd_thread(path, which, key):
    """The value of key (a.b for one inside another) of a thread."""
    value = find(load(path), which)
    for part in key.split("."):
        value = value.get(part) if value else None
    print(show(value))


def cmd_stack(path, which):
    print(";".join(names(find(load(path), which))))


def cmd_chain(path, which, chain):
    """Whether the thread's stack has these frames, one after the other."""
    stack = names(find(load(path), which))
    if not holds(stack, chain.split(";")):
        print("%s has no %s: %s" % (which, chain, ";".join(stack)),
              file=sys.stderr)
        return 1


def cmd_with(path, chain):
    """Of each dump, how many threads have these frames."""
    for dump in load(path):
        print(sum(holds(names(t), chain.split(";")) for t in dump["threads"]))


def is_part_of(stack, chain, apart):
    """Whether those names in it that tell chains apart are the chain's, from
    its beginning and in its order: it may have been just about to go on."""
    have = [n for n in stack if n in apart]
    return have == [n for n in chain if n in apart][:len(have)]


def cmd_one_of(path, prefix, *chains):
    """Of the threads whose names begin so, how many stacks are complete, are
    not, and are wrong: a mixture of chains, or complete and none of them."""
    chains = [c.split(";") for c in chains]
    apart = set(sum(chains, [])) - set.intersection(*map(set, chains))
    complete, broken, wrong = 0, 0, []
    for thread in (t for d in load(path) for t in d["threads"]):
        if not (thread["name"] or "").startswith(prefix):
            continue
        complete += thread["complete"]
        broken += not thread["complete"]
        stack = names(thread)
        if thread["complete"]:
            fine = any(is_part_of(stack, c, apart) for c in chains)
        else:
            fine = any(apart & set(stack) <= set(c) for c in chains)
        if not fine:
            wrong.append("%s: %s" % (thread["end"], ";".join(stack)))
    print("\n".join(wrong[:5]), file=sys.stderr)
    print(complete, broken, len(wrong))


def cmd_frame(path, which, function, *keys):
    """Values of the innermost frame of that function."""
    thread = find(load(path), which)
    for frame in thread["frames"]:
        if fits(function, name(frame)):
            print(*(show(frame[key]) for key in keys))
            return 0
    sys.exit("%s has no %s: %s" % (which, function, ";".join(names(thread))))


def cmd_physical(path, which):
    """How many frames are not inlined."""
    print(sum(not f["inlined"] for f in find(load(path), which)["frames"]))


def cmd_inlined(path, which, wanted):
    """Whether "inner:LINE;...;outer:LINE", all inlined into the last of them,
    stand in the stack."""
    frames = find(load(path), which)["frames"]
    have = ["%s:%s" % (name(f), f["line"]) for f in frames]
    wanted = wanted.split(";")
    flags = [True] * (len(wanted) - 1) + [False]
    for i in range(len(frames) - len(wanted) + 1):
        here = slice(i, i + len(wanted))
        if (have[here] == wanted and
                [f["inlined"] for f in frames[here]] == flags):
            return 0
    print("no %s in %s" % (wanted, have), file=sys.stderr)
    return 1


def cmd_same(path, other):
    """Whether both have the same threads with the same frames."""
    def essence(p):
        return [(d["pid"], t["tid"], t["name"], t["end"],
                 [(f["pc"], f["function"], f["module"], f["build_id"],
                   f["file"], f["line"], f["inlined"]) for f in t["frames"]])
                for d in load(p) for t in d["threads"]]
    for one, two in zip(essence(path), essence(other)):
        if one != two:
            print(one, two, sep="\n", file=sys.stderr)
            return 1
    return len(essence(path)) != len(essence(other))


def main():
    commands = {n[4:]: f for n, f in globals().items() if n[:4] == "cmd_"}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        print(__doc__, "commands:", *sorted(commands), file=sys.stderr)
        return 2
    return commands[sys.argv[1]](*sys.argv[2:]) or 0


if __name__ == "__main__":
    sys.exit(main())
