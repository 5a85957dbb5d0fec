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

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
seconds=${1:-30}
look=$(dirname "$0")/../live/look.py
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-truth.XXXXXX")
trap 'rm -rf "$dir"' EXIT
failed=0

# percent A B: by how much A differs from B.
percent() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? 100 * (a - b) / b : 0 }'
}

beyond() {
	awk -v a="$1" -v b="$2" 'BEGIN { a = a < 0 ? -a : a; exit !(a > b) }'
}

judge() {
	if beyond "$1" "$2"; then
		printf ' <- beyond %s' "$2"
		failed=1
	fi
}

# The thread whose sum differs most from what it counted itself, in percent.
worst_thread() {
	"$look" threads "$dir/out.pb.gz" >"$dir/threads"
	sed -n 's/^thread //p' "$dir/truth" | awk '
	NR == FNR { seen[$1] = $2; next }
	{ d = 100 * (seen[$1] - $2) / $2; a = d < 0 ? -d : d
	  if (a >= worst) { worst = a; text = d } }
	END { printf "%.2f", text }' "$dir/threads" -
}

worst_share() {
	# shellcheck disable=SC2046
	"$look" shares "$dir/out.pb.gz" \
	    $(sed -n 's/^share_\(.\) \(.*\)/\1=\2/p' "$dir/truth") |
	    awk '/sigma$/ { s = $(NF - 1); a = s < 0 ? -s : s
	        if (a > worst) { worst = a; text = s } } END { print text }'
}

prove() {
	local total own kernel

	"$SCRAPE" record -q -o "$dir/out.pb.gz" --stats "$dir/stats" -- \
	    "$FIXTURES/$1" "${@:2}" >"$dir/truth"
	total=$("$look" total "$dir/out.pb.gz")
	own=$(percent "$total" "$(sed -n 's/^cpu_ns //p' "$dir/truth")")
	kernel=$(percent "$total" "$("$look" stat "$dir/stats" cpu_kernel_ns)")
	printf '%-16s %6s samples   process %6s %%   kernel %6s %%' "$1 $2" \
	    "$("$look" count "$dir/out.pb.gz")" "$own" "$kernel"
	judge "$own" 1
	judge "$kernel" 1
	if grep -q '^thread ' "$dir/truth"; then
		thread=$(worst_thread)
		printf '   worst thread %6s %%' "$thread"
		judge "$thread" 1
	fi
	if grep -q '^share_J' "$dir/truth"; then
		share=$(worst_share)
		printf '   worst share %s sigma' "$share"
		judge "$share" 3
	fi
	printf '\n'
}

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
