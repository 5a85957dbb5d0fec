#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck disable=SC2317 # functions are called by the names of servers
#
# soak.sh [SECONDS [SERVER...]] - a loaded server for an hour, and its profiler
#
# Servers: postgres under pgbench, nginx under wrk on the loopback; those that
# are here, or the named ones, share the time. Half of it goes by in ten pairs
# of spans with and without record -r 100, in turns: by how much the server
# did less, by the clock, and for the CPU that it had itself, which neighbours
# disturb less; and the interval that is so to 95 % (pairs.py). The other half is
# one recording: its memory and descriptors after the first minute against
# those at its end.
#
# Fails when throughput is less by more than 1 % with all of the interval, when
# memory has grown by 5 % in the second half, or by that and a MiB and 128 KiB a
# process after the minute, when a descriptor has leaked. Where the
# interval is wider than the limit this machine cannot say, now, and is said to.
set -eu

: "${SCRAPE:?is the program to test}"
proofs=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-3600}
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-soak.XXXXXX")
chmod 755 "$dir"
only=("${@:2}") started=()
export PYTHONDONTWRITEBYTECODE=1

# shellcheck source=tests/proofs/programs.bash
. "$proofs/programs.bash"

# Connections, so also postgres' processes that work.
CLIENTS=4
# More than the time that starting and ending takes.
SPARE_S=600
# A server's main process does no work itself: all of it is recorded, or, where
# this build of scrape cannot, one of those that work.
has_children() {
	"$SCRAPE" record --help | grep -q -e --children
}

load_postgres() {
	local bin clients=$CLIENTS pgbench

	run_postgres || return 1
	bin=$(dirname "$(readlink -f "/proc/$PID/exe")")
	pgbench=$(command -v "$bin/pgbench" pgbench | head -n 1)
	if [ -z "$pgbench" ]; then
		echo 'postgres   not here: pgbench'
		return 1
	fi
	server=$PID
	has_children || clients=1
	as_somebody "$pgbench" -q -i -s 5 -h "$dir/pg" -U bench postgres \
	    >"$dir/init" 2>&1
	as_somebody "$pgbench" -n -S -M prepared -c "$clients" -j 1 \
	    -T $((seconds + SPARE_S)) -P 1 --progress-timestamp -h "$dir/pg" \
	    -U bench postgres >"$dir/load" 2>&1 </dev/null &
	started+=($!)
	sleep 3
	if ! has_children; then
		server=$(pgrep -P "$server" -f 'bench postgres' | head -n 1)
	fi
}

# Its own configuration: on a port, and with the counter that soak.py reads.
load_nginx() {
	is_here nginx nginx && is_here nginx wrk || return 1
	port=$((20000 + RANDOM % 20000))
	mkdir "$dir/www"
	head -c 4096 /dev/zero | tr '\0' x >"$dir/www/index.html"
	cat >"$dir/www/conf" <<-END
	worker_processes 1;
	daemon off;
	pid $dir/www/pid;
	error_log $dir/www/log;
	events { }
	http {
		access_log off;
		keepalive_requests 1000000000;
		client_body_temp_path $dir/www/body;
		proxy_temp_path $dir/www/proxy;
		fastcgi_temp_path $dir/www/fastcgi;
		uwsgi_temp_path $dir/www/uwsgi;
		scgi_temp_path $dir/www/scgi;
		server {
			listen 127.0.0.1:$port;
			root $dir/www;
			location /status { stub_status; }
		}
	}
	END
	background nginx -c "$dir/www/conf" -p "$dir/www" -e "$dir/www/log"
	children "$PID" 2
	server=$PID
	has_children || server=${PIDS[1]}
	background wrk -c "$CLIENTS" -t 1 -d $((seconds + SPARE_S)) \
	    "http://127.0.0.1:$port/"
	sleep 1
}

servers=()
for name in postgres nginx; do
	! wanted "$name" || servers+=("$name")
done
seconds=$((seconds / ${#servers[@]}))
proved=0 failed=0
for name in "${servers[@]}"; do
	"load_$name" || continue
	options=()
	! has_children || options=(--children)
	case $name in
	postgres) counter=$dir/load ;;
	nginx) counter=http://127.0.0.1:$port/status ;;
	esac
	"$proofs/soak.py" "$name" "$counter" "$seconds" "$server" \
	    "${options[@]}" || failed=1
	proved=$((proved + 1))
	for pid in "${started[@]}"; do
		end "$pid"
	done
	started=()
done
if [ "$proved" = 0 ]; then
	echo 'nothing to load is here: postgresql, or nginx and wrk'
	exit 1
fi
exit "$failed"
