# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=bash disable=SC2154,SC2034 # it shares variables
#
# programs.bash - real programs as installed, started for the proofs of dump
#
# Each run_NAME starts one, sets PID (of several processes also PIDS), and says
# no with a word when it is not wanted or not here. The sourcing script has dir,
# only=(NAME...), and started=(); all ends with it.

# With all that it started: a master that is killed leaves its workers.
end() {
	local child

	kill -STOP "$1" 2>/dev/null || true
	for child in $(pgrep -P "$1"); do
		end "$child"
	done
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	local pid

	for pid in "${started[@]}"; do
		end "$pid"
	done
	rm -rf "$dir"
}
trap cleanup EXIT

wanted() {
	[ "${#only[@]}" = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# here NAME PROGRAM: whether to run it.
is_here() {
	wanted "$1" || return 1
	command -v "$2" >/dev/null && return 0
	printf '%-10s not here: %s\n' "$1" "$2"
	return 1
}

background() {
	"$@" >"$dir/out" 2>"$dir/err" </dev/null &
	PID=$!
	PIDS=("$PID")
	started+=("$PID")
}

# Until no thread of it has run for a fifth of a second.
settles() {
	local before=0 now i

	for i in $(seq 100); do
		sleep 0.2
		now=$(cat "/proc/$1"/task/*/schedstat | awk '{ s += $1 } END { print s }')
		[ "$now" != "$before" ] || return 0
		before=$now
	done
	echo "PID $1 never rests" >&2
}

# Its children, when there are so many.
children() {
	local i

	for i in $(seq 100); do
		mapfile -t PIDS < <(pgrep -P "$1")
		[ "${#PIDS[@]}" -lt "$2" ] || break
		sleep 0.1
	done
	PIDS=("$1" "${PIDS[@]}")
}

run_clang() {
	is_here clang clang++ || return 1
	{
		echo '#include <bits/stdc++.h>'
		for i in $(seq 1000); do
			cat <<-END
			struct key$i {
				int a, b;
				bool operator<(const key$i &o) const
				{ return a < o.a; }
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
	} >"$dir/large.cc"
	# In one process: the driver runs the compiler itself.
	background clang++ -fintegrated-cc1 -O2 -c "$dir/large.cc" \
	    -o "$dir/large.o"
}

run_node() {
	is_here node node || return 1
	background node -e 'require("fs").readFile("/dev/null", () => {});
	    function serve() { require("http").createServer().listen(0); }
	    serve();'
}

run_python() {
	is_here python3 /usr/bin/python3 || return 1
	background /usr/bin/python3 -c '
import threading, time
def wait(n):
    time.sleep(600) if n == 0 else wait(n - 1)
threading.Thread(target=wait, args=(5,)).start()
threading.Event().wait(600)'
}

# Postgres does not run as root.
as_somebody() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	else
		"$@"
	fi
}

run_postgres() {
	local bin

	wanted postgres || return 1
	bin=$(find /usr/lib/postgresql/*/bin -name postgres 2>/dev/null |
	    sort -V | tail -n 1)
	bin=${bin%/postgres}
	is_here postgres "${bin:-/usr/lib/postgresql}/postgres" || return 1
	mkdir "$dir/pg"
	[ "$(id -u)" != 0 ] || chown nobody:nogroup "$dir/pg"
	(cd "$dir/pg" && as_somebody "$bin/initdb" -A trust -U bench \
	    -D "$dir/pg" >/dev/null)
	background as_somebody env -C "$dir/pg" "$bin/postgres" \
	    -D "$dir/pg" -k "$dir/pg" -h '' -F
	for _ in $(seq 100); do
		"$bin/pg_isready" -q -h "$dir/pg" && break
		sleep 0.1
	done
	# The shell may stand between.
	[ "$(cat /proc/$PID/comm)" = postgres ] || PID=$(pgrep -P "$PID")
	children "$PID" 5
}

run_nginx() {
	is_here nginx nginx || return 1
	mkdir "$dir/nginx"
	cat >"$dir/nginx/conf" <<-END
	worker_processes 2;
	daemon off;
	pid $dir/nginx/pid;
	error_log $dir/nginx/log;
	events { }
	http {
		access_log off;
		client_body_temp_path $dir/nginx/body;
		proxy_temp_path $dir/nginx/proxy;
		fastcgi_temp_path $dir/nginx/fastcgi;
		uwsgi_temp_path $dir/nginx/uwsgi;
		scgi_temp_path $dir/nginx/scgi;
		server { listen unix:$dir/nginx/socket; }
	}
	END
	background nginx -c "$dir/nginx/conf" -p "$dir/nginx" -e "$dir/nginx/log"
	children "$PID" 2
}

run_openssl() {
	is_here openssl openssl || return 1
	background openssl speed -seconds 60 rsa2048
}

run_bash() {
	is_here bash bash || return 1
	mkfifo "$dir/fifo"
	# shellcheck disable=SC2016
	background bash -c 'f() { read -r line <> "$1"; }; g() { f "$1"; }
	    g "$1"; true' - "$dir/fifo"
}

run_sshd() {
	PATH=$PATH:/usr/sbin is_here sshd sshd || return 1
	ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
	background /usr/sbin/sshd -D -f /dev/null -h "$dir/key" \
	    -o ListenAddress=127.0.0.1 -o Port=0 -o PidFile=none
	# Port 0 may not be taken: any that is free.
	sleep 0.5
	if [ ! -e "/proc/$PID" ]; then
		background /usr/sbin/sshd -D -f /dev/null -h "$dir/key" \
		    -o ListenAddress=127.0.0.1 -o PidFile=none \
		    -o Port=$((20000 + RANDOM % 20000))
	fi
}

run_rust() {
	is_here rust rustc || return 1
	cat >"$dir/work.rs" <<-'END'
	use std::collections::BTreeMap;
	fn fill(map: &mut BTreeMap<u64, Vec<String>>, seed: u64) -> usize {
	    let mut x = seed;
	    for _ in 0..1000 {
	        x = x.wrapping_mul(6364136223846793005).wrapping_add(1);
	        map.entry(x >> 54).or_default().push(format!("{:x}", x));
	    }
	    map.values().map(|v| v.iter().filter(|s| s.contains("ab")).count()).sum()
	}
	fn main() {
	    let threads: Vec<_> = (0..2u64).map(|i| std::thread::spawn(move || {
	        let mut total = 0;
	        for n in 0..1_000_000 {
	            total += fill(&mut BTreeMap::new(), n * 2 + i);
	        }
	        total
	    })).collect();
	    for t in threads {
	        println!("{}", t.join().unwrap());
	    }
	}
	END
	rustc -O -g -o "$dir/work" "$dir/work.rs"
	background "$dir/work"
}

run_go() {
	is_here go go || return 1
	cat >"$dir/work.go" <<-'END'
	package main

	import (
		"fmt"
		"sort"
		"strings"
	)

	func work(n int) int {
		words := make([]string, 0, 1000)
		for i := 0; i < 1000; i++ {
			words = append(words, fmt.Sprintf("%x", i*n*7919%10007))
		}
		sort.Slice(words, func(a, b int) bool { return words[a] < words[b] })
		return len(strings.Join(words, ","))
	}

	func main() {
		done := make(chan int)
		for i := 0; i < 4; i++ {
			go func() {
				total := 0
				for n := 0; n < 1000000; n++ {
					total += work(n)
				}
				done <- total
			}()
		}
		for i := 0; i < 4; i++ {
			fmt.Println(<-done)
		}
	}
	END
	(cd "$dir" && GOFLAGS=-mod=mod GO111MODULE=off HOME=$dir \
	    go build -o "$dir/workgo" "$dir/work.go")
	background "$dir/workgo"
}

# The process that has the browser in it, with its 250 MB and some 30 threads.
run_chromium() {
	is_here chromium chromium || return 1
	background /usr/lib/chromium/chromium --headless=new --no-sandbox \
	    --disable-gpu --disable-dev-shm-usage \
	    --user-data-dir="$dir/chromium" about:blank
	sleep 3
}

run_pool() {
	is_here pool "$FIXTURES/pool" || return 1
	background "$FIXTURES/pool" 1000 600
}
