#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# real-programs.sh [SECONDS] - stock programs as installed, 10 s each at 100 Hz
#
# Prints one row for each: samples, complete stacks, how the others ended,
# missed ticks, CPU time attributed of what the kernel counted, and what scrape
# itself used. Installs nothing; what is not there is named and left out. Fails
# when a row has less than 99 % whole stacks or is off by more than 1 %.
# "SECONDS NAME..." runs only these.
set -eu

: "${SCRAPE:?is the program to test}"
seconds=${1:-10}
shift $(($# > 0 ? 1 : 0))
only=("$@")
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-real.XXXXXX")
chmod 755 "$dir"
target=
failed=0

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$target" ] || kill -KILL "$target" 2>/dev/null || true
	[ ! -s "$dir/pg/postmaster.pid" ] ||
	    kill -QUIT "$(head -n 1 "$dir/pg/postmaster.pid")" || true
	wait
	rm -rf "$dir"
}
trap cleanup EXIT

missing() {
	printf '%-18s not here: %s\n' "$1" "$2"
}

row() {
	/usr/bin/python3 - "$1" "$dir/stats" <<-'END'
	import json, sys
	s = json.load(open(sys.argv[2]))
	ends = " ".join("%s:%d" % e for e in s["ends"].items()
	                if e[1] and e[0] != "root")
	share = 100 * s["cpu_attributed_ns"] / (s["cpu_kernel_ns"] or 1)
	print("%-18s %7d %8.2f %6d %9.2f %8.2f %6.0f %6.0f  %s" % (
	    sys.argv[1], s["samples"], 100 * s["complete"], s["missed_ticks"],
	    share, 100 * s["self_cpu_s"] / s["wall_s"], s["stop_us"]["p50"],
	    s["stop_us"]["p99"], ends))
	sys.exit(s["complete"] < 0.99 or abs(share - 100) > 1 or
	         not s["samples"])
	END
}

record_pid() {
	"$SCRAPE" record -q -p "$2" -d "$seconds" -o "$dir/$1.pb.gz" \
	    --stats "$dir/stats"
	row "$1" || failed=1
}

wanted() {
	[ "${#only[@]}" = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# profile NAME PROGRAM ARG...: in the background, from its first half second on.
profile() {
	local name=$1

	shift
	if ! command -v "$1" >/dev/null; then
		missing "$name" "$1"
		return
	fi
	"$@" >/dev/null 2>&1 </dev/null &
	target=$!
	sleep 0.5
	record_pid "$name" "$target"
	kill -KILL "$target" 2>/dev/null || true
	wait "$target" 2>/dev/null || true
	target=
}

# Many instances of containers and algorithms, each of another type.
large_cxx() {
	echo '#include <bits/stdc++.h>'
	for i in $(seq 1000); do
		cat <<-END
		struct key$i {
			int a, b;
			bool operator<(const key$i &o) const { return a < o.a; }
		};
		int use$i(std::istream &in)
		{
			std::map<key$i, std::vector<std::string>> map;
			std::deque<key$i> queue;
			key$i k;
			while (in >> k.a >> k.b) {
				map[k].push_back(std::to_string(k.b));
				queue.push_back(k);
			}
			std::stable_sort(queue.begin(), queue.end());
			return map.size() + queue.size();
		}
		END
	done
}

large_c() {
	for i in $(seq 20000); do
		cat <<-END
		int table${i}[64];
		int work$i(int n, const int *v)
		{
			int sum = 0;
			for (int i = 0; i < n; i++) {
				switch (v[i] & 7) {
				case 0: sum += v[i] * $i; break;
				case 1: sum ^= table${i}[i & 63]; break;
				case 2: sum -= v[n - i - 1] >> 3; break;
				case 5: table${i}[v[i] & 63] = sum; break;
				default: sum *= 3;
				}
			}
			return sum;
		}
		END
	done
}

compilers() {
	if wanted clang; then
		large_cxx >"$dir/large.cc"
		profile clang clang++ -O2 -c "$dir/large.cc" -o "$dir/large.o"
	fi
	if wanted cc1; then
		large_c >"$dir/large.c"
		profile cc1 "$(gcc -print-prog-name=cc1 2>/dev/null ||
		    echo cc1)" -O2 -quiet "$dir/large.c" -o "$dir/large.s"
	fi
}

# shellcheck disable=SC2016
node_work='const end = Date.now() + 60000; let s = "";
while (Date.now() < end) {
	const a = [];
	for (let i = 0; i < 20000; i++) a.push({k: i * 7919 % 10007, v: "x" + i});
	a.sort((x, y) => x.k - y.k);
	s = JSON.stringify(JSON.parse(JSON.stringify(a))).replace(/x(\d+)/g, "y$1");
}'

python_work='
import json, re, time
end = time.time() + 60
while time.time() < end:
    a = sorted(({"k": i * 7919 % 10007, "v": "x%d" % i} for i in range(20000)),
               key=lambda d: d["k"])
    s = re.sub(r"x(\d+)", r"y\1", json.dumps(json.loads(json.dumps(a))))
'

interpreters() {
	wanted node && profile node node -e "$node_work"
	wanted python3 && profile python3 /usr/bin/python3 -c "$python_work"
	true
}

crypto() {
	local long=$((seconds + 5))

	wanted openssl-rsa &&
	    profile openssl-rsa openssl speed -seconds $long rsa2048
	wanted openssl-gcm && profile openssl-gcm \
	    openssl speed -seconds $long -bytes 16384 -evp aes-256-gcm
	wanted openssl-sha512 && profile openssl-sha512 \
	    openssl speed -seconds $long -bytes 16384 sha512
	true
}

# A hundred megabytes that are neither random nor all the same.
some_data() {
	cat /usr/bin/* /usr/lib/*/*.so* 2>/dev/null | head -c 100000000 || true
}

tools() {
	if wanted xz; then
		some_data >"$dir/data"
		profile xz xz -9e -T1 -c "$dir/data"
	fi
	if wanted sort; then
		some_data | od -An -v -tx8 -w8 | head -n 12000000 \
		    >"$dir/lines" || true
		profile sort env LC_ALL=C.UTF-8 sort --parallel=2 -S 1G \
		    "$dir/lines" -o /dev/null
	fi
}

# Postgres does not run as root.
as_somebody() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	else
		"$@"
	fi
}

postgres() {
	local bin backend

	wanted postgres || return 0
	bin=$(find /usr/lib/postgresql/*/bin -name postgres 2>/dev/null |
	    sort -V | tail -n 1)
	bin=${bin%/postgres}
	if [ -z "$bin" ] || [ ! -x "$bin/pgbench" ]; then
		missing postgres "postgresql, with pgbench"
		return 0
	fi
	mkdir "$dir/pg"
	[ "$(id -u)" != 0 ] || chown nobody:nogroup "$dir/pg"
	export PGHOST=$dir/pg PGUSER=bench PGDATABASE=postgres
	cd "$dir/pg"
	as_somebody "$bin/initdb" -A trust -U bench -D "$dir/pg" >/dev/null
	as_somebody "$bin/postgres" -D "$dir/pg" -k "$dir/pg" -h '' -F \
	    >/dev/null 2>&1 &
	for _ in $(seq 100); do
		"$bin/pg_isready" -q && break
		sleep 0.1
	done
	"$bin/pgbench" -q -i -s 5 >/dev/null 2>&1
	"$bin/pgbench" -n -S -c 1 -T $((seconds + 10)) >/dev/null 2>&1 &
	target=$!
	sleep 1
	backend=$("$bin/psql" -At -c "select pid from pg_stat_activity
	    where application_name = 'pgbench' limit 1")
	record_pid postgres "$backend"
	kill "$target" 2>/dev/null || true
	target=
}

printf '%-18s %7s %8s %6s %9s %8s %6s %6s  %s\n' "" samples "whole %" \
    missed "of CPU %" "own %" p50us p99us "other ends"
compilers
interpreters
crypto
tools
postgres
exit "$failed"
