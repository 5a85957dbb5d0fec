# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=bash
#
# truth.bash - a fixture that knows the truth is recorded, and compared with it
#
# Sets dir, a folder that goes with the script, and failed.

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
look=$(cd "$(dirname "${BASH_SOURCE[0]}")/../live" && pwd)/look.py
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

# truth KEY: the rest of the line "KEY ..." that the fixture printed.
truth() {
	sed -n "s/^$1 //p" "$dir/truth"
}

# The thread whose sum differs most from what it counted itself, in percent.
worst_thread() {
	"$look" threads "$dir/out.pb.gz" >"$dir/threads"
	truth thread | awk '
	NR == FNR { seen[$1] = $2; next }
	{ d = 100 * (seen[$1] - $2) / $2; a = d < 0 ? -d : d
	  if (a >= worst) { worst = a; text = d } }
	END { printf "%.2f", text }' "$dir/threads" -
}

# shares [PREFIX]: of the functions PREFIXA, PREFIXB, ... as look.py has them.
shares() {
	# shellcheck disable=SC2046
	"$look" shares "$dir/out.pb.gz" \
	    $(sed -n "s/^share_\(.\) \(.*\)/${1-}\1=\2/p" "$dir/truth")
}

# worst_share [PREFIX]: the furthest off, in sigma.
worst_share() {
	shares "$@" | awk '/sigma$/ { s = $(NF - 1); a = s < 0 ? -s : s
	    if (a > worst) { worst = a; text = s } } END { print text }'
}

# into_profile OPTION... -- COMMAND...: $dir/out.pb.gz, stats and truth.
into_profile() {
	"$SCRAPE" record -q -o "$dir/out.pb.gz" --stats "$dir/stats" "$@" \
	    >"$dir/truth"
}

# What of the kernel's count stands in stacks, and not in the rows that say what
# was missed: those alone would make any sum right.
in_stacks() {
	"$look" stat "$dir/stats" cpu_attributed_ns cpu_kernel_ns |
	    paste -sd' ' | awk '{ printf "%.1f", $2 ? 100 * $1 / $2 : 0 }'
}

# prove FIXTURE ARG...: its whole life, and all that it says of itself.
prove() {
	local total own kernel thread share

	into_profile -- "$FIXTURES/$1" "${@:2}"
	total=$("$look" total "$dir/out.pb.gz")
	own=$(percent "$total" "$(truth cpu_ns)")
	kernel=$(percent "$total" "$("$look" stat "$dir/stats" cpu_kernel_ns)")
	printf '%-16s %6s samples   process %6s %%   kernel %6s %%' "$1 $2" \
	    "$("$look" count "$dir/out.pb.gz")" "$own" "$kernel"
	judge "$own" 1
	judge "$kernel" 1
	printf '   in stacks %5s %%' "$(in_stacks)"
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
