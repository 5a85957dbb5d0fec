#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""schema.py - JSON lines against a schema

    schema.py SCHEMA check FILE     every line is a valid object
    schema.py SCHEMA broken FILE    every way to break the first line is refused

"broken" takes each required key away, and gives each value a type that it may
not have; it prints how many ways that were. Exits with 77 where
python3-jsonschema is not installed.
"""

import copy
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)


def refuse(*_):
    raise ValueError("not JSON: NaN or Infinity")


def twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key stands twice")
    return dict(pairs)


def load(line):
    return json.loads(line, parse_constant=refuse, object_pairs_hook=twice)


def places(value, path=()):
    """The path of every member of every object, and of every list element."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return
    for key, below in items:
        yield path + (key,)
        yield from places(below, path + (key,))


def variants(whole):
    """(what was done, the object after it), for each way to break it."""
    for path in list(places(whole)):
        broken = copy.deepcopy(whole)
        parent = broken
        for key in path[:-1]:
            parent = parent[key]
        # No value is such a thing: objects are told from others by their keys.
        parent[path[-1]] = {"not": "this"}
        yield "other type at %s" % (path,), copy.deepcopy(broken)
        if isinstance(parent, dict):
            del parent[path[-1]]
            yield "without %s" % (path,), broken


def main():
    schema_path, what, path = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    cls = jsonschema.validators.validator_for(schema)
    cls.check_schema(schema)
    validator = cls(schema)
    with open(path, encoding="utf-8") as file:
        objects = [load(line) for line in file]
    if not objects:
        sys.exit("no line at all")
    if what == "check":
        for o in objects:
            validator.validate(o)
        return
    n = 0
    for how, broken in variants(objects[0]):
        if validator.is_valid(broken):
            sys.exit("accepted: " + how)
        n += 1
    print(n)


main()
