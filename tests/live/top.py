#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""top.py COMMAND ARG... - what the tests of `scrape top` ask of its output

valid FILE             each line is an object, and as top.schema.json says
get FILE KEY           the key of each object, one a line
last FILE KEY...       keys of the last object, in one line
rows FILE KEY...       keys of each row of the last object, a line each
share FILE FUNCTION self|total
                       of the last object, in percent of all
sum FILE KEY           over the rows of the last object
pprof FILE             FLAT CUM NAME of each row of go tool pprof -top, in ns
tgkill PID TID SIGNAL  a signal for this thread and no other
"""

import ctypes
import json
import os
import re
import subprocess
import sys

SYS_TGKILL = 234
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../src/output/top.schema.json")


def objects(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def last(path):
    return objects(path)[-1]


def word(value):
    return value if isinstance(value, str) else json.dumps(value)


def valid(path):
    import jsonschema
    found = objects(path)
    with open(SCHEMA, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    for one in found:
        jsonschema.validate(one, schema)
    assert found, "no object"


def get(path, key):
    for one in objects(path):
        print(word(one[key]))


def print_last(path, *keys):
    one = last(path)
    print(*(word(one[key]) for key in keys))


def rows(path, *keys):
    for row in last(path)["rows"]:
        print(*(word(row[key]) for key in keys), sep="\t")


def share(path, function, which):
    found = last(path)["rows"]
    everything = sum(row["self_ns"] for row in found)
    part = sum(row[which + "_ns"] for row in found
               if row["function"] == function)
    print(100 * part / everything)


def total(path, key):
    print(sum(row[key] for row in last(path)["rows"]))


UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "mins": 60e9, "hrs": 3600e9}


def pprof(path):
    """Nothing is dropped, and no name is shortened."""
    text = subprocess.run(
        ["go", "tool", "pprof", "-top", "-unit=ns", "-nodefraction=0",
         "-edgefraction=0", "-nodecount=1000000", "-sample_index=cpu", path],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        encoding="utf-8").stdout
    number = r"(-?[\d.]+)(ns|us|ms|s|mins|hrs)?"
    for line in text.splitlines():
        m = re.match(rf"\s*{number}\s+\S+%\s+\S+%\s+{number}\s+\S+%\s+(.*)$",
                     line)
        if m:
            flat = float(m[1]) * UNITS[m[2] or "ns"]
            cum = float(m[3]) * UNITS[m[4] or "ns"]
            print("%.0f\t%.0f\t%s" % (flat, cum, m[5]))


def tgkill(pid, tid, signal):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(SYS_TGKILL, int(pid), int(tid), int(signal)) != 0:
        raise OSError(ctypes.get_errno(), "tgkill")


COMMANDS = {"valid": valid, "get": get, "last": print_last, "rows": rows,
            "share": share, "sum": total, "pprof": pprof, "tgkill": tgkill}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
