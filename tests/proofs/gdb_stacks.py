# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb_stacks.py - run inside of gdb: all stacks as gdb has them, as JSON

Goes into the file that $GDB_STACKS names. Beside what "thread apply all bt"
prints (its text is there too, to show that it is the same) each frame has its
pc and, by the symbol table, the name and start of what lies there.
"""

import json
import os
import re

import gdb

INFO_SYMBOL = re.compile(r"^(.*?)(?: \+ (\d+))? in section (\S+)(?: of (.*))?$")


def said(command):
    try:
        return gdb.execute(command, to_string=True).strip()
    except gdb.error as e:
        return str(e)


def symbol_at(pc, cache={}):
    """The linker's name and its start, or None twice."""
    if pc not in cache:
        found = INFO_SYMBOL.match(said("info symbol 0x%x" % pc))
        cache[pc] = ((found.group(1), pc - int(found.group(2) or 0))
                     if found else (None, None))
    return cache[pc]


def describe(frame, is_leaf):
    pc = frame.pc()
    # A caller's address may be that of the next function.
    name, start = symbol_at(pc if is_leaf else pc - 1)
    return {"pc": pc, "inlined": frame.type() == gdb.INLINE_FRAME,
            "signal": frame.type() == gdb.SIGTRAMP_FRAME,
            "tailcall": frame.type() == gdb.TAILCALL_FRAME,
            "symbol": name, "start": start,
            "has_dwarf": frame.function() is not None}


def stack(thread):
    thread.switch()
    frames, why = [], ""
    try:
        frame = gdb.newest_frame()
        while frame:
            # Inlined callees have their function's pc, which is the leaf's
            # until the first real caller; what a signal interrupted too.
            is_leaf = all(f["inlined"] for f in frames) or frames[-1]["signal"]
            frames.append(describe(frame, is_leaf))
            last, frame = frame, frame.older()
        why = gdb.frame_stop_reason_string(last.unwind_stop_reason())
    except gdb.error as e:
        why = str(e)
    return {"tid": thread.ptid[1] or thread.ptid[0], "frames": frames,
            "why": why}


def names(thread):
    """What gdb calls the frames, by the current settings."""
    thread.switch()
    found = []
    try:
        frame = gdb.newest_frame()
        while frame:
            found.append(frame.name())
            frame = frame.older()
    except gdb.error:
        pass
    return found


for setting in ("print demangle on", "print asm-demangle off", "width 0",
                "print frame-arguments none", "backtrace past-main on",
                "backtrace limit unlimited", "print entry-values no"):
    gdb.execute("set " + setting)
text = said("thread apply all bt")
threads = list(gdb.selected_inferior().threads())
shown = [names(t) for t in threads]
gdb.execute("set print demangle off")
linkers = [names(t) for t in threads]
stacks = [stack(t) for t in threads]
for found, demangled, raw in zip(stacks, shown, linkers):
    for frame, name, linker in zip(found["frames"], demangled, raw):
        frame.update(name=name, linker=linker)
with open(os.environ["GDB_STACKS"], "w") as f:
    json.dump({"text": text, "threads": stacks}, f)
