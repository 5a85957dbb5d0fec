#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# unwind.sh - what a frame costs: scrape, libdw and libunwind on one and the
# same snapshots
#
#	unwind.sh [DIR]
#
# Takes the snapshots first, of real programs at work as far as this machine
# has them, into DIR/NAME; those that DIR has already are taken as they are. Then
# come the same programs live (live.c). The last table is of memory: all the
# unwind data of the largest libraries here, compiled at once.
set -eu

bench=${BENCH_UNWIND:-./tests/bench/unwind}
live=${BENCH_LIVE:-./tests/bench/live}
scrape=${SCRAPE:-./scrape}
seconds=8
rate=50
walks=300

tmp=$(mktemp -d)
dir=${1:-$tmp/snapshots}
started=

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$started" ] || kill -KILL "$started" 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT

# Large enough to be compiled for as long as is sampled, from the first phase of
# the compiler to the last.
large_source() {
	echo '#include <bits/stdc++.h>'
	for i in $(seq 200); do
		cat <<-END
		struct key$i {
			int a, b;
			bool operator<(const key$i &o) const { return a < o.a; }
		};
		int use$i(std::istream &in)
		{
			std::map<key$i, std::vector<std::string>> map;
			key$i k;
			while (in >> k.a >> k.b)
				map[k].push_back(std::to_string(k.b));
			return map.size();
		}
		END
	done
}

# is_at_work NAME PROGRAM [ARG...]: it is, in the background, if it is here.
is_at_work() {
	local name=$1
	shift
	if ! command -v "$1" >/dev/null; then
		echo "# $name: no $1 here"
		return 1
	fi
	timeout 120 "$@" >"$tmp/out" 2>&1 </dev/null &
	started=$!
	sleep 1
	pid=$(pgrep -P "$started" | head -n 1)
}

end() {
	kill -TERM "$started" 2>/dev/null || true
	wait "$started" 2>/dev/null || true
	started=
}

# meet NAME PROGRAM [ARG...]: its snapshots, and what a walk costs beside it.
meet() {
	if [ ! -d "$dir/$1" ] && is_at_work "$@"; then
		mkdir -p "$dir/$1"
		"$scrape" record -q -p "$pid" -d "$seconds" -r "$rate" \
		    -f folded --no-lines -o - --save-snapshots "$dir/$1" \
		    >/dev/null || echo "# $1: $(head -n 1 "$tmp/out")"
		end
	fi
	if is_at_work "$@"; then
		"$live" "$pid" "$walks" "$1" >>"$tmp/live" || true
		end
	fi
}

large_source >"$tmp/large.cc"
# In one process: the driver runs the compiler itself.
meet clang clang++ -fintegrated-cc1 -O2 -c "$tmp/large.cc" -o "$tmp/large.o"
meet node node -e '
    const zlib = require("zlib"), data = Buffer.alloc(1 << 16, "scrape ");
    const sum = n => n === 0 ? zlib.deflateSync(data).length : sum(n - 1);
    for (let end = Date.now() + 60000; Date.now() < end;) sum(20);'
meet python3 /usr/bin/python3 -c '
import json, re, time
def parse(n):
    if n: return parse(n - 1)
    text = json.dumps([{"a": i, "b": str(i)} for i in range(500)])
    return len(json.loads(text)) + len(re.findall(r"(\d+)\"", text))
end = time.time() + 60
while time.time() < end: parse(10)'
meet openssl openssl speed -seconds 10 rsa2048 ecdsap256

"$bench" "$dir"/*/
cat "$tmp/live"
for file in /usr/lib/x86_64-linux-gnu/libLLVM-*.so.1 \
    /usr/lib/x86_64-linux-gnu/libclang-cpp.so.[0-9]* /usr/bin/node \
    /usr/lib/firefox*/libxul.so /usr/lib/chromium/chromium; do
	if [ -f "$file" ] && [ ! -L "$file" ]; then
		"$bench" -m "$file"
	fi
done
