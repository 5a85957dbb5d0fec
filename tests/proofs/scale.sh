#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# scale.sh [ROUNDS] - cost follows the threads that run, not those that exist
#
# Two threads that spin, beside 0, 10, 100, 1000 and 5000 that sleep, under
# record -r 100. For each number, in a recording of ten seconds: scrape's CPU by
# wait4(2), ticks missed, sleepers that were woken, by the kernel's own count of
# their turns on a core. Then, in rounds over all numbers, what the spinners
# get done with scrape and without, in turns: by the clock, where what neighbours
# take is noise ("nice -n -20" before this proof keeps it small), for the CPU that
# spinners and scrape had together, where it is not, and the CPU time that the
# spinners had at all, which other virtual machines do not disturb either.
#
# Fails when a sleeper was woken, when 1000 of them cost 5 % of a core, or when
# they slow the spinners by 1 % more than none do, by any of the measures.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
export PYTHONDONTWRITEBYTECODE=1
exec "$(dirname "$0")/scale.py" "${1:-12}"
