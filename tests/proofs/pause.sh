#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pause.sh [ROUNDS] - what a stop by record costs its target, and by others
#
# By the target's own clock, beside the bare stop in the same minutes: median at
# most 1.3 times as long, 99th percentile at most twice. See pause.py.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
exec "$(dirname "$0")/pause.py" "${1:-10}"
