#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sources.bats - each place that names and lines can come from
#
# Every test takes the names out of a program and puts them somewhere else. The
# program waits in the middle of its chain main;outer;middle;inner, of which
# middle is inlined, so that its name can only come from DWARF.

load dump

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	STARTED=()
	unset DEBUGINFOD_URLS
	cat >prog.c <<-'END'
	#include <stdio.h>
	#include <unistd.h>
	#define NOT_A_TAIL_CALL() __asm__ volatile("")
	static volatile int n;
	__attribute__((noinline)) static void
	inner(void)
	{
		n += pause();
	}
	static inline __attribute__((always_inline)) void
	middle(void)
	{
		inner();
		n++;
	}
	__attribute__((noinline)) static void
	outer(void)
	{
		middle();
		n++;
	}
	int
	main(void)
	{
		alarm(120);
		puts("ready");
		fflush(stdout);
		outer();
		return n;
	}
	END
}

line_of() {
	grep -n "$1" prog.c | head -n 1 | cut -d: -f1
}

# build [FLAG...]: prog, from prog.c.
build() {
	gcc -O2 -g -fomit-frame-pointer -o prog prog.c "$@"
}

build_id() {
	readelf -n "$1" | sed -n 's/.*Build ID: //p'
}

# by_build_id DIR [FILE]: where a debug file of prog belongs below DIR.
by_build_id() {
	build_id "${2:-prog}" | sed "s|^\(..\)\(.*\)|$1/.build-id/\1/\2.debug|"
}

# Takes all but the program headers' worth from prog; sets it aside.
split() {
	objcopy --only-keep-debug prog prog.debug
	strip prog
}

run_prog() {
	start_program "$PWD/prog"
	eventually all_sleep "$PID"
}

shows_names() {
	saw chain dump.out main "main;outer;middle;inner"
	same "end" "$(saw thread dump.out main end)" root
}

shows_lines() {
	shows_names
	saw inlined dump.out main \
	    "middle:$(line_of 'inner();');outer:$(line_of 'middle();')"
	same "file" "$(saw frame dump.out main middle file | sed 's|.*/||')" prog.c
}

# Symbols only: no inlined calls, no lines.
shows_symbols() {
	saw chain dump.out main "main;outer;inner"
	same "end" "$(saw thread dump.out main end)" root
}

shows_nothing() {
	same "end" "$(saw thread dump.out main end)" root
	[[ $(saw stack dump.out main) != *outer* ]] ||
	    fail "names from nowhere: $(saw stack dump.out main)"
}

@test "the program itself" {
	build
	run_prog
	json -p "$PID"
	shows_lines
}

@test "nowhere" {
	build
	split
	mv prog.debug ../elsewhere
	run_prog
	json -p "$PID"
	shows_nothing
}

@test "--debug-path, by build-id" {
	build
	split
	file=$(by_build_id "$PWD/there")
	mkdir -p "$(dirname "$file")" empty
	mv prog.debug "$file"
	run_prog
	json -p "$PID"
	shows_nothing
	json --debug-path "$PWD/empty" --debug-path "$PWD/there" -p "$PID"
	shows_lines
	json --debug-path there -p "$PID"
	shows_lines
}

@test "a debug file of another build under its build-id is not believed" {
	build
	split
	file=$(by_build_id "$PWD/there")
	mkdir -p "$(dirname "$file")"
	build -Douter=wrong
	objcopy --only-keep-debug prog "$file"
	build
	strip prog
	run_prog
	json --debug-path "$PWD/there" -p "$PID"
	shows_nothing
	[[ $(saw stack dump.out main) != *wrong* ]] || fail "it was believed"
}

@test "/usr/lib/debug of the target's root, by build-id" {
	need_root
	build
	split
	start_program unshare -m --propagation private sh -c '
	    mount -t tmpfs none /usr/lib/debug && mkdir -p "$(dirname "$1")" &&
	    cp prog.debug "$1" && rm prog.debug && exec ./prog' - \
	    "$(by_build_id /usr/lib/debug)"
	[ ! -s "$OUT.err" ] || skip "no mount namespace: $(cat "$OUT.err")"
	eventually all_sleep "$PID"
	[ ! -e "$(by_build_id /usr/lib/debug)" ] || fail "it is in our root"
	json -p "$PID"
	shows_lines
}

@test "/usr/lib/debug of a chroot, by build-id" {
	need_root
	build -static
	split
	file=$(by_build_id root/usr/lib/debug)
	mkdir -p "$(dirname "$file")"
	mv prog.debug "$file"
	mv prog root/prog
	start_program chroot root /prog
	eventually all_sleep "$PID"
	json -p "$PID"
	shows_lines
}

@test "/usr/lib/debug of ours, by build-id" {
	need_root
	build
	split
	run_prog
	unshare -m --propagation private sh -c '
	    mount -t tmpfs none /usr/lib/debug && mkdir -p "$(dirname "$1")" &&
	    cp prog.debug "$1" && exec "$SCRAPE" dump --json -p "$2"' - \
	    "$(by_build_id /usr/lib/debug)" "$PID" >dump.out 2>dump.err ||
	    skip "no mount namespace: $(cat dump.err)"
	saw valid dump.out
	shows_lines
}

@test ".gnu_debuglink beside the program, in .debug, and below --debug-path" {
	build -Wl,--build-id=none
	split
	objcopy --add-gnu-debuglink=prog.debug prog
	run_prog
	json -p "$PID"
	shows_lines
	mkdir .debug
	mv prog.debug .debug
	json -p "$PID"
	shows_lines
	mkdir -p "there$PWD"
	mv .debug/prog.debug "there$PWD"
	json -p "$PID"
	shows_nothing
	json --debug-path "$PWD/there" -p "$PID"
	shows_lines
}

@test ".gnu_debuglink with a wrong checksum is not believed" {
	build -Wl,--build-id=none
	split
	objcopy --add-gnu-debuglink=prog.debug prog
	mv prog good
	build -Wl,--build-id=none -Douter=wrong
	objcopy --only-keep-debug prog prog.debug
	mv good prog
	run_prog
	json -p "$PID"
	shows_nothing
	[[ $(saw stack dump.out main) != *wrong* ]] || fail "it was believed"
	# The right file with a byte more is another file.
	build -Wl,--build-id=none
	split
	objcopy --add-gnu-debuglink=prog.debug prog
	printf x >>prog.debug
	run_prog
	json -p "$PID"
	shows_nothing
}

@test ".gnu_debugdata" {
	build
	nm prog | awk '$2 == "t" { print $3 }' >keep
	objcopy --only-keep-debug prog prog.debug
	objcopy -S --remove-section .comment --keep-symbols=keep prog.debug mini
	strip prog
	xz mini
	objcopy --add-section .gnu_debugdata=mini.xz prog
	rm prog.debug
	run_prog
	json -p "$PID"
	saw chain dump.out main "outer;inner"
	same "end" "$(saw thread dump.out main end)" root
}

@test "a .gnu_debugdata that is broken" {
	build
	strip prog
	head -c 5000 /dev/urandom >noise
	objcopy --add-section .gnu_debugdata=noise prog
	run_prog
	json -p "$PID"
	shows_nothing
}

# Both programs share what goes into the alternate file.
make_alternate() {
	build
	cp prog other
	dwz -m "$1" prog other 2>/dev/null || skip "dwz cannot do it"
	[ -s "$1" ] || skip "dwz found nothing to share"
	readelf -SW prog | grep -q gnu_debugaltlink || skip "dwz made no link"
}

@test "a dwz alternate file beside the program" {
	need_program dwz
	make_alternate common.dwz
	run_prog
	json -p "$PID"
	shows_lines
	# Gone: what does not need it is still there, and nothing breaks.
	rm common.dwz
	json -p "$PID"
	[[ $(saw stack dump.out main) == *outer*inner* ]] ||
	    fail "no symbols: $(saw stack dump.out main)"
}

@test "a dwz alternate file by its build-id, below --debug-path" {
	need_program dwz
	make_alternate common.dwz
	split
	for name in prog common.dwz; do
		file=$(by_build_id there $name)
		mkdir -p "$(dirname "$file")"
		mv "$(echo $name | sed 's/prog$/&.debug/')" "$file"
	done
	run_prog
	json --debug-path "$PWD/there" -p "$PID"
	shows_lines
}

@test "sections compressed by zlib" {
	build -gz=zlib
	readelf -tW prog | grep -q ZLIB || skip "no compressed sections"
	run_prog
	json -p "$PID"
	shows_lines
}

libelf_has_zstd() {
	local version

	version=$(pkg-config --modversion libelf 2>/dev/null)
	[ "${version#0.}" -ge 189 ] 2>/dev/null
}

@test "sections compressed by zstd, where libelf reads them" {
	build
	objcopy --compress-debug-sections=zstd prog 2>/dev/null ||
	    skip "objcopy knows no zstd"
	run_prog
	json -p "$PID"
	if libelf_has_zstd; then
		shows_lines
	else
		shows_symbols
	fi
}

@test "split DWARF: .dwo beside the object" {
	build -gsplit-dwarf
	ls ./*.dwo
	run_prog
	json -p "$PID"
	shows_lines
	rm ./*.dwo
	json -p "$PID"
	shows_symbols
}

@test "split DWARF, version 4" {
	build -gsplit-dwarf -gdwarf-4
	run_prog
	json -p "$PID"
	shows_lines
}

@test "split DWARF in a package" {
	need_program dwp
	build -gsplit-dwarf -gdwarf-4
	dwp -e prog -o prog.dwp || skip "dwp cannot do it"
	rm ./*.dwo
	run_prog
	json -p "$PID"
	shows_lines
}

# --- the network

# serve ARG...: a server on 127.0.0.1; sets URL. What was asked is in requests.
serve() {
	# shellcheck disable=SC2317
	cat >server.py <<-'END'
	import http.server, signal, sys, time
	signal.alarm(120)
	how, wanted, path = sys.argv[1:4]
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        with open("requests", "a") as f:
	            f.write(self.path + "\n")
	        if how == "never":
	            time.sleep(60)
	        elif self.path != "/buildid/%s/debuginfo" % wanted:
	            self.send_error(404)
	        else:
	            data = open(path, "rb").read()
	            self.send_response(200)
	            self.send_header("Content-Length", str(len(data)))
	            self.end_headers()
	            for i in range(len(data) if how == "slow" else 0):
	                self.wfile.write(data[i:i + 1])
	                self.wfile.flush()
	                time.sleep(0.2)
	            self.wfile.write(data)
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	server.daemon_threads = True
	print("ready", server.server_port, flush=True)
	server.serve_forever()
	END
	: >requests
	start_program /usr/bin/python3 server.py "$@"
	URL=http://127.0.0.1:$(truth ready)
	export DEBUGINFOD_URLS=$URL DEBUGINFOD_CACHE_PATH=$PWD/cache
	export HOME=$PWD
}

@test "no network, whatever the environment says" {
	need_program strace
	build
	split
	serve now "$(build_id prog)" "$PWD/prog.debug"
	mkdir aside && mv prog aside/prog && cd aside
	run_prog
	"${NO_LEAKS[@]}" strace -f -o ../network.out -e trace=network \
	    "$SCRAPE" dump --json -p "$PID" >dump.out 2>dump.err
	cd ..
	mv aside/dump.out .
	shows_nothing
	# Nor another: what looks up users may go to a server for them.
	run ! grep -e socket -e connect network.out
	same "requests" "$(cat requests)" ""
	[ ! -e cache ] || fail "there is a cache"
}

needs_debuginfod() {
	"$SCRAPE" --version | grep -qi 'debuginfod' ||
	    skip "scrape was built without debuginfod"
	"$SCRAPE" --version | grep -qi -e 'no debuginfod' -e '-debuginfod' \
	    -e 'without.*debuginfod' -e 'debuginfod.*no$' &&
	    skip "scrape was built without debuginfod"
	true
}

@test "--debuginfod asks the server" {
	needs_debuginfod
	build
	split
	mkdir aside && mv prog.debug aside
	serve now "$(build_id prog)" "$PWD/aside/prog.debug"
	run_prog
	json --debuginfod -p "$PID"
	grep -q "/buildid/$(build_id prog)/debuginfo" requests
	shows_lines
}

@test "--debuginfod and a server that never answers: two seconds" {
	needs_debuginfod
	build
	split
	rm prog.debug
	for how in never slow; do
		head -c 1000 /dev/zero >zeros
		serve $how "$(build_id prog)" "$PWD/zeros"
		run_prog
		rm -rf cache
		before=$(date +%s%N)
		json --debuginfod -p "$PID"
		took=$((($(date +%s%N) - before) / 1000000))
		shows_nothing
		at_least "requests" "$(grep -c . requests)" 1
		at_most "milliseconds with a server that is $how" $took 5000
		# Waiting for names holds nobody.
		at_most "microseconds stopped" "$(saw threads dump.out stopped_us |
		    awk '{ s += $1 } END { print s }')" 100000
	done
}

@test "--debuginfod without a server: names from elsewhere" {
	needs_debuginfod
	build
	run_prog
	unset DEBUGINFOD_URLS
	json --debuginfod -p "$PID"
	shows_lines
	DEBUGINFOD_URLS=http://127.0.0.1:1 json --debuginfod -p "$PID"
	shows_lines
}
