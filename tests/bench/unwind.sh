#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# unwind.sh - what a frame costs: scrape, libdw and libunwind on one and the
# same snapshots
#
#	unwind.sh [DIR]
#
# Takes the snapshots first, of real programs at work as far as this machine
# has them, into DIR/NAME; those that DIR has already are taken as they are. The
# last table is of memory: all the unwind data of the largest libraries here,
# compiled at once.
set -eu

bench=${BENCH_UNWIND:-./tests/bench/unwind}
scrape=${SCRAPE:-./scrape}
seconds=8
rate=50

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
	for i in $(seq 60); do
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

# record NAME PROGRAM [ARG...]
record() {
	local name=$1
	shift
	[ ! -d "$dir/$name" ] || return 0
	if ! command -v "$1" >/dev/null; then
		echo "# $name: no $1 here"
		return 0
	fi
	timeout 120 "$@" >"$tmp/out" 2>&1 </dev/null &
	started=$!
	sleep 1
	mkdir -p "$dir/$name"
	"$scrape" record -q -p "$(pgrep -P "$started" | head -n 1)" \
	    -d "$seconds" -r "$rate" -f folded --no-lines -o - \
	    --save-snapshots "$dir/$name" >/dev/null ||
	    echo "# $name: $(head -n 1 "$tmp/out")"
	kill -TERM "$started" 2>/dev/null || true
	wait "$started" 2>/dev/null || true
	started=
}

large_source >"$tmp/large.cc"
# In one process: the driver runs the compiler itself.
record clang clang++ -fintegrated-cc1 -O2 -c "$tmp/large.cc" -o "$tmp/large.o"
record node node -e '
    const zlib = require("zlib"), data = Buffer.alloc(1 << 16, "scrape ");
    const sum = n => n === 0 ? zlib.deflateSync(data).length : sum(n - 1);
    for (let end = Date.now() + 60000; Date.now() < end;) sum(20);'
record python3 /usr/bin/python3 -c '
import json, re, time
def parse(n):
    if n: return parse(n - 1)
    text = json.dumps([{"a": i, "b": str(i)} for i in range(500)])
    return len(json.loads(text)) + len(re.findall(r"(\d+)\"", text))
end = time.time() + 60
while time.time() < end: parse(10)'
record openssl openssl speed -seconds 10 rsa2048 ecdsap256

"$bench" "$dir"/*/
for file in /usr/lib/x86_64-linux-gnu/libLLVM-*.so.1 \
    /usr/lib/x86_64-linux-gnu/libclang-cpp.so.[0-9]* /usr/bin/node \
    /usr/lib/firefox*/libxul.so /usr/lib/chromium/chromium; do
	if [ -f "$file" ] && [ ! -L "$file" ]; then
		"$bench" -m "$file"
	fi
done
