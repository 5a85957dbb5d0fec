#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sigstop.sh [TIMES] - what becomes of a target while scrape is stopped
#
# SIGSTOP, SIGTSTP and SIGKILL at random instants (sigstop.py), by default 200
# times, which takes two minutes.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
exec "$(dirname "$0")/sigstop.py" "$@"
