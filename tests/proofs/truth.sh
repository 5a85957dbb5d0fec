#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# truth.sh [SECONDS] - half a minute for each of the fixtures that know the truth
#
# Prints for each: samples, the worst share in sigma (where the fixture has
# known shares), the sum of cpu against the fixture's own clock and against
# the kernel's count as scrape read it, and the worst thread. Fails beyond
# 3 sigma or 1 percent. The short versions are in tests/live/truth.bats.
set -eu

seconds=${1:-30}
# shellcheck source=tests/proofs/truth.bash
. "$(dirname "$0")/truth.bash"

echo "deviation of the sum of cpu, $seconds s each:"
prove serial "$seconds"
prove spin 1 "$seconds"
prove spin 8 "$seconds"
prove spin 64 "$seconds"
prove halfsleep 4 "$seconds"
prove syscalls 4 "$seconds"
prove churn "$seconds"
prove fork "$seconds"
exit "$failed"
