#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# eintr.sh [SECONDS [WAY...]] - no call fails, no timeout grows: 60 s each way
#
# An event loop that waits in every call a stop can break is profiled for so
# many seconds in each way, and left alone as long, by turns of three seconds.
# It counts its calls that failed and times its timeouts; eintr.py compares. Once
# with code whose sleeping stacks are read without a stop, and once, for dumps
# and wall mode, with frame pointers, which only a stop tells of a sleeper.
#
# WAY: cpu, wall, dump, freeze, top; what this scrape cannot do is skipped, and
# said. About 25 minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
only=("$@")
failed=0

# shellcheck source=tests/proofs/turns.bash
. "$here/turns.bash"

wanted() {
	[ "${#only[@]}" = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# compare FIXTURE [--stopped]
compare() {
	echo "== $way of $1: scrape ${words[*]}"
	take_turns $(((seconds + turn_s - 1) / turn_s)) "$1"
	"$here/eintr.py" "$dir/turns" "$dir/out" "${@:2}" || failed=1
}

for way in cpu wall dump freeze top; do
	wanted "$way" || continue
	words_for "$way"
	if [ "${#words[@]}" = 0 ]; then
		echo "SKIPPED: $way: this scrape has no such mode"
		continue
	fi
	case $way in
	freeze) compare eventloop --stopped ;;
	wall | dump) compare eventloop && compare eventloop-fp ;;
	*) compare eventloop ;;
	esac
done
exit "$failed"
