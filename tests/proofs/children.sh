#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# children.sh [ROUNDS] - the CPU time of whole builds, by record --children
#
# make -j2 compiles a part of this project with cc, three times: hundreds of
# processes, each of which lives for some hundredths of a second. What the
# kernel counted for the tree, as make's parent hears it, is held against the
# sum of the profile; what of it is in stacks is printed. Then trees of
# children of 3 ms to 300 ms (brood). Fails beyond 5 percent.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
rounds=${1:-3}
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../../src" && pwd)
build=${top_builddir:-$(dirname "$SCRAPE")}
look=$here/../live/look.py
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-children.XXXXXX")
trap 'rm -rf "$dir"' EXIT
failed=0

cat >"$dir/Makefile" <<-END
	sources := \$(wildcard $source/base/*.c $source/object/*.c)
	all: \$(notdir \$(sources:.c=.o))
	vpath %.c $source/base $source/object
	%.o: %.c; @cc -D_GNU_SOURCE -O2 -g -I$build -iquote $source -c -o \$@ \$<
END

# As the last of its tree: what the kernel counted for all of it.
cat >"$dir/counted.py" <<-'END'
	import resource, subprocess, sys, time
	failed = subprocess.run(sys.argv[1:]).returncode
	used = resource.getrusage(resource.RUSAGE_CHILDREN)
	print("tree_ns", int((used.ru_utime + used.ru_stime) * 1e9) +
	      time.process_time_ns())
	sys.exit(failed)
END

stat() {
	"$look" stat "$dir/stats.json" "$1"
}

# judge NAME TRUTH_NS
judge() {
	local sum

	sum=$("$look" total "$dir/out.pb.gz")
	awk -v name="$1" -v truth="$2" -v sum="$sum" -v sampled="$(stat \
	    cpu_attributed_ns)" -v unseen="$(stat cpu_children_ns)" \
	    -v n="$(stat processes)" -v own="$(stat self_cpu_s)" \
	    -v mb="$(stat max_rss_kb)" -v wall="$(stat wall_s)" 'BEGIN {
		d = 100 * (sum - truth) / truth
		bad = d < -5 || d > 5
		printf "  %-22s %6.2f s of CPU: profile %+.1f %%, in stacks " \
		    "%.0f %%, unseen %.0f %%; %d processes; scrape %.1f %% " \
		    "of a core, %.0f MB%s\n", name, truth / 1e9, d,
		    100 * sampled / truth, 100 * unseen / truth, n,
		    100 * own / wall, mb / 1000, bad ? " <- beyond 5" : ""
		exit bad
	}' || failed=1
}

record() {
	"$SCRAPE" record -q --children --max-pause 100 -o "$dir/out.pb.gz" \
	    --stats "$dir/stats.json" -- "$@"
}

for i in $(seq "$rounds"); do
	rm -f "$dir"/*.o
	(cd "$dir" && record python3 counted.py make -s -j2) >"$dir/truth" ||
	    failed=1
	judge "make -j2, round $i" "$(sed -n 's/^tree_ns //p' "$dir/truth")"
done

for ms in 3 10 30 100 300; do
	for how in fork exec; do
		record "$FIXTURES/brood" 4 2 "$ms" "$how" >"$dir/truth"
		judge "children of $ms ms, $how" \
		    "$(sed -n 's/^tree_ns //p' "$dir/truth")"
		grep -qx 'failed 0' "$dir/truth" || failed=1
	done
done
exit "$failed"
