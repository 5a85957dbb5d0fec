#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# three_way.sh [-n SAMPLES] [-v N] [NAME...] - the same stacks by scrape, libdw
# and libunwind, as TAP
#
# Real programs at work are recorded with their snapshots until there are 1,000
# of each, or SAMPLES. All three walk these (three_way.c); a difference that
# has no explanation fails. What is not installed is named and left out.
set -eu -o pipefail

: "${SCRAPE:?is the program to test}"
here=$(cd "$(dirname "$0")" && pwd)
tool=${THREE_WAY:-./tests/proofs/three_way}
samples=1000
verbose=0
rate=200
while getopts n:v: option; do
	case $option in
	n) samples=$OPTARG ;;
	v) verbose=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
# shellcheck disable=SC2034 # programs.bash wants them
only=("$@") started=()
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-three.XXXXXX")
chmod 755 "$dir"
number=0
failed=0

# shellcheck source=tests/proofs/programs.bash
. "$here/programs.bash"

count() {
	find "$1" -name '*.core' | wc -l
}

# Ticks are missed where others run too: until there are enough.
record() { # record NAME PID
	local saved=$dir/snapshots/$1 seconds=$(((samples + rate - 1) / rate))

	mkdir -p "$saved"
	for _ in $(seq 10); do
		[ "$(count "$saved")" -lt "$samples" ] || break
		# It may end before that.
		"$SCRAPE" record -q -p "$2" -d "$seconds" -r "$rate" -f folded \
		    --no-lines -o /dev/null --save-snapshots "$saved" || break
	done
}

compare() { # compare NAME PID
	local result=ok n

	number=$((number + 1))
	record "$1" "$2"
	end "$2"
	n=$(count "$dir/snapshots/$1")
	"$tool" -v "$verbose" "$dir/snapshots/$1" | sed 's/^[^#]/# &/' ||
	    result='not ok'
	[ "$n" -ge "$samples" ] || result='not ok'
	echo "$result $number - $1: $n samples, of $samples wanted"
	[ "$result" = ok ] || failed=1
	rm -rf "${dir:?}/snapshots"
}

# ---- programs at work --------------------------------------------------------

busy_node() {
	is_here node node || return 1
	# shellcheck disable=SC2016
	background node -e '
	    const zlib = require("zlib"), data = Buffer.alloc(1 << 16, "scrape ");
	    const sum = n => n === 0 ? zlib.deflateSync(data).length : sum(n - 1);
	    const by = (a, b) => a.k - b.k;
	    for (let end = Date.now() + 60000; Date.now() < end;) {
	        sum(20);
	        const a = Array.from({length: 2000}, (_, i) => ({k: i * 7919 % 997}));
	        JSON.parse(JSON.stringify(a.sort(by))).map(x => ("" + x.k)
	            .replace(/(\d)/g, "x$1"));
	    }'
}

busy_python() {
	is_here python3 /usr/bin/python3 || return 1
	background /usr/bin/python3 -c '
import json, re, time
def parse(n):
    if n: return parse(n - 1)
    text = json.dumps([{"a": i, "b": str(i)} for i in range(500)])
    return len(json.loads(text)) + len(re.findall(r"(\d+)\"", text))
end = time.time() + 60
while time.time() < end: parse(10)'
}

# Reads the symbols and the debug information of the program that is tested.
busy_gdb() {
	is_here gdb gdb || return 1
	cat >"$dir/work.py" <<-END
	import gdb, time
	end = time.time() + 60
	while time.time() < end:
	    gdb.execute("file $SCRAPE", to_string=True)
	    gdb.execute("info functions find_", to_string=True)
	    gdb.execute("list unwind", to_string=True)
	    gdb.execute("info scope main", to_string=True)
	END
	background gdb -nx -batch -x "$dir/work.py"
}

busy_openssl() { # busy_openssl NAME ARG...
	local name=$1

	shift
	is_here "$name" openssl || return 1
	background openssl speed -seconds 60 -bytes 16384 "$@"
}

# The process of a server that one client keeps at work.
busy_postgres() {
	local bin server

	run_postgres || return 1
	server=$PID
	bin=$(dirname "$(readlink "/proc/$server/exe")")
	export PGHOST=$dir/pg PGUSER=bench PGDATABASE=postgres
	"$bin/pgbench" -q -i -s 1 >/dev/null 2>&1
	background "$bin/pgbench" -n -S -c 1 -T 60
	sleep 1
	PID=$("$bin/psql" -At -c "select pid from pg_stat_activity
	    where application_name = 'pgbench' limit 1")
}

run_clang && sleep 0.5 && compare clang "$PID"
busy_node && sleep 0.5 && compare node "$PID"
busy_python && sleep 0.5 && compare python3 "$PID"
busy_gdb && sleep 0.5 && compare gdb "$PID"
busy_openssl aes-gcm -evp aes-256-gcm && compare aes-gcm "$PID"
busy_openssl chacha20 -evp chacha20-poly1305 && compare chacha20 "$PID"
busy_openssl sha512 sha512 && compare sha512 "$PID"
busy_openssl ecdsa ecdsap256 && compare ecdsa "$PID"
busy_openssl ed25519 ed25519 && compare ed25519 "$PID"
busy_postgres && compare postgres "$PID"
echo "1..$number"
exit "$failed"
