#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# signals.sh [SECONDS [WAY...]] - 10,000 signals a second: none lost, not slowed
#
# A thread that computes takes them from a timer, from another thread as Go sends
# SIGURG, and as faults of its own like a JVM's. It is profiled for so many
# seconds (30) in each way, and left alone as long, by turns of three seconds.
# All that were sent must have been received in the end, and the thread be slower
# than in the turn beside it by no more than 1 %: see signals.py.
#
# WAY: cpu, wall, dump, top. About 15 minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-30}
shift $(($# > 0 ? 1 : 0))
only=("$@")
failed=0

# shellcheck source=tests/proofs/turns.bash
. "$here/turns.bash"

[ "${#only[@]}" != 0 ] || only=(cpu wall dump top)
printf '%-6s %-8s %10s %10s %11s %10s %10s %10s\n' way kind sent received \
    slower held together "at least"
for way in "${only[@]}"; do
	words_for "$way"
	if [ "${#words[@]}" = 0 ]; then
		echo "SKIPPED: $way: this scrape has no such mode"
		continue
	fi
	for kind in timer urgent fault; do
		take_turns $(((seconds + turn_s - 1) / turn_s)) sigrate $kind
		printf '%-6s %-8s ' "$way" $kind
		"$here/signals.py" "$dir/turns" "$dir/out" || failed=1
	done
done
exit "$failed"
