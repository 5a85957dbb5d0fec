#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mapped.bats - any binary is read as it is mapped, not as it is named
#
# Where it makes a difference as root and as an ordinary user, who may not look
# into /proc/PID/map_files. Where another file can stand under the name, one
# does: noreturn, which has none of deep's functions.

load dump

SECONDS_OF_DEEP=60

setup() {
	STARTED=()
	make_public
	cp "$FIXTURES/deep" deep
}

teardown() {
	local mount

	end_started
	for mount in "${MOUNTS[@]}"; do
		umount -l "$mount" || true
	done
	remove_public
}

# The chain of deep, whole, with a line.
shows_deep() {
	json -p "$PID"
	saw chain dump.out main "main;first;descend;descend;descend;spin"
	same "end" "$(saw thread dump.out main end)" root
	same "file" "$(saw frame dump.out main first file | sed 's|.*/||')" deep.c
	same "build id" "$(saw frame dump.out main first build_id)" \
	    "$(build_id "${1:-$FIXTURES/deep}")"
	is_untouched "$PID"
}

build_id() {
	readelf -n "$1" | sed -n 's/.*Build ID: //p'
}

# Sees itself as PID 1 or so: its truth about its own pid is not ours.
child_of() {
	PID=$(pgrep -P "$1" | head -n 1)
	[ -n "$PID" ]
}

runs() {
	[ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] &&
	    [ "$(progress "$1")" -gt 5000000 ]
}

# both WORDS...: a test with the target and scrape as root, and as nobody; each
# WORDS is a function that starts the target by what is in $AS.
for_both() {
	AS=()
	"$@"
	[ "$(id -u)" = 0 ] || return 0
	AS=("${AS_NOBODY[@]}")
	as_nobody "$@"
}

deleted() {
	cp deep gone
	start_program "${AS[@]}" ./gone $SECONDS_OF_DEEP
	rm gone
	# Named as the kernel names it, and not what runs.
	cp "$FIXTURES/noreturn" "gone (deleted)"
	shows_deep
}

@test "deleted" {
	for_both deleted
}

replaced() {
	cp deep old
	start_program "${AS[@]}" ./old $SECONDS_OF_DEEP
	cp "$FIXTURES/noreturn" new
	mv new old
	shows_deep
}

@test "replaced by an upgrade while it runs" {
	for_both replaced
}

@test "a shared object that was deleted, and one that was replaced" {
	for how in rm "cp -f --remove-destination $FIXTURES/exits"; do
		cp "$FIXTURES/plugin.so" plugin.so
		start_program "$FIXTURES/dlopen" 60 "$PWD/plugin.so"
		is_loaded() { grep -q plugin.so "/proc/$PID/maps"; }
		eventually is_loaded
		$how plugin.so
		in_plugin() {
			json -p "$PID"
			[ "$(saw with dump.out plugin_run)" = 1 ]
		}
		eventually in_plugin
		same "end" "$(saw thread dump.out main end)" root
		kill -KILL "$PID"
	done
}

# Its file is out of reach: what is in memory is not.
@test "a shared object that was deleted, as an ordinary user" {
	need_root
	gcc -g -O2 -fPIC -shared -o libwait.so -x c - <<-'END'
	#include <unistd.h>
	void wait_in_library(void (*f)(void)) { for (;;) { f(); } }
	END
	gcc -g -O2 -o waiter -x c - -x none ./libwait.so <<-'END'
	#include <stdio.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	void wait_in_library(void (*f)(void));
	static void here(void) { alarm(60); pause(); __asm__(""); }
	int main(void) { puts("ready"); fflush(stdout); wait_in_library(here); }
	END
	start_program "${AS_NOBODY[@]}" ./waiter
	rm libwait.so
	eventually all_sleep "$PID"
	as_nobody json -p "$PID"
	same "end" "$(saw thread dump.out main end)" root
	saw threads dump.out frames | grep -q libwait.so || fail "no libwait.so"
	# .dynsym is mapped, so there is a name to be had.
	saw chain dump.out main "main;wait_in_library;here"
	# Nor is there more of it for a snapshot.
	"${AS_NOBODY[@]}" "$PUBLIC/scrape" record -q -m wall -d 0.5 \
	    --save-snapshots saved -o wall.pb.gz -p "$PID" 3>&-
	kill -KILL "$PID"
	files=(saved/*.core)
	json --from-snapshot "${files[0]}"
	saw chain dump.out main "main;wait_in_library;here"
}

@test "code copied into anonymous memory" {
	start copied 60
	mkdir saved
	json --save-snapshots saved -p "$PID"
	same "end" "$(saw thread dump.out main end)" root
	saw chain dump.out main "main;first;second"
	same "module" "$(saw frame dump.out main first module)" "$FIXTURES/copied"
	mv dump.out live.out
	"$SCRAPE" record -q -d 0.5 -p "$PID" -o copied.pb.gz 3>&-
	kill -KILL "$PID"
	files=(saved/*)
	json --from-snapshot "${files[0]}"
	saw same dump.out live.out
	same "mappings" "$(look mappings copied.pb.gz copied)" 2
}

@test "code copied into anonymous memory, in a core file of gdb's" {
	need_program gcore
	cp "$FIXTURES/copied" copied
	start_program ./copied 60
	gcore -o core "$PID" >/dev/null 2>&1
	kill -KILL "$PID"
	dump --json --from-snapshot "core.$PID"
	saw chain dump.out main "main;first;second"
	# Another program of that name is not that one.
	rm copied
	gcc -O2 -fno-omit-frame-pointer -o copied "$SOURCES/copied.c"
	dump --json --from-snapshot "core.$PID"
	same "end" "$(saw threads dump.out end)" no-cfi
	saw threads dump.out frames >frames
	! grep -q '"function": "[a-z]' frames || fail "named: $(cat frames)"
}

on_overlay() {
	start_program "${AS[@]}" ./merged/deep $SECONDS_OF_DEEP
	shows_deep
}

@test "on an overlay" {
	mkdir lower upper work merged
	mv deep lower/deep
	mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work \
	    merged 2>/dev/null || skip "overlay cannot be mounted here"
	MOUNTS+=("$PWD/merged")
	for_both on_overlay
	# Upgraded: in another layer.
	cp "$FIXTURES/noreturn" merged/new
	mv merged/new merged/deep
	shows_deep
}

in_mount_namespace() {
	start_program unshare -m --propagation private sh -c '
	    mount -t tmpfs none hidden && cp deep hidden/deep &&
	    chmod 755 hidden hidden/deep && exec "$@"' \
	    - "${AS[@]}" hidden/deep $SECONDS_OF_DEEP
	[ ! -s "$OUT.err" ] || skip "no mount namespace: $(cat "$OUT.err")"
	shows_deep
}

@test "in another mount namespace, with another file at its path here" {
	mkdir hidden
	cp "$FIXTURES/noreturn" hidden/deep
	for_both in_mount_namespace
}

# copy_libraries PROGRAM ROOT: what the loader would load, at its own path.
copy_libraries() {
	ldd "$1" | grep -o '/[^ ]*' | while read -r file; do
		mkdir -p "$2$(dirname "$file")"
		cp "$file" "$2$file"
	done
}

# A libc of the same name and another build-id than ours.
make_root() {
	mkdir -p root/bin
	cp deep root/bin/deep
	copy_libraries deep root
	libc=$(find root -name libc.so.6)
	python3 - "$libc" "$(build_id "$libc")" <<-'END'
	import sys
	path, old = sys.argv[1], bytes.fromhex(sys.argv[2])
	data = open(path, "rb").read()
	assert data.count(old) == 1
	open(path, "wb").write(data.replace(old, old[::-1]))
	END
}

in_chroot() {
	start_program unshare -m chroot "${USERSPEC[@]}" root /bin/deep \
	    $SECONDS_OF_DEEP
	shows_deep
	same "exe" "$(saw get dump.out exe | sed 's|.*/bin/|/bin/|')" /bin/deep
	saw threads dump.out frames >frames
	grep -q "\"build_id\": \"$(build_id "$libc")\"" frames ||
	    fail "not the libc of the chroot"
}

@test "in a chroot with another libc" {
	need_root
	make_root
	USERSPEC=()
	in_chroot
	USERSPEC=(--userspec=65534:65534)
	as_nobody in_chroot
}

@test "in a chroot with musl" {
	need_root
	need_program musl-gcc
	mkdir -p root/lib
	musl-gcc -O2 -g -fomit-frame-pointer -o root/deep "$SOURCES/deep.c"
	interpreter=$(readelf -lW root/deep | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	cp -L "$interpreter" "root$interpreter"
	start_program chroot root /deep $SECONDS_OF_DEEP
	json -p "$PID"
	saw chain dump.out main "main;first;descend;descend;descend;spin"
	# musl brings no CFI for what called main.
	case $(saw thread dump.out main end) in
	root | no-cfi) ;;
	*) fail "it ended with $(saw thread dump.out main end)" ;;
	esac
	musl-gcc -static -O2 -g -fomit-frame-pointer -o root/static \
	    "$SOURCES/deep.c"
	start_program chroot root /static $SECONDS_OF_DEEP
	json -p "$PID"
	saw chain dump.out main "main;first;descend;descend;descend;spin"
}

# What podman makes of it: its own users, PIDs, mounts, and a root that is not
# where we see it. sees WHO: with scrape on the outside.
in_container() {
	"${AS_NOBODY[@]}" unshare -U -r -m -p -f --kill-child sh -c '
	    mkdir -p box && mount -t tmpfs none box && cp -a root/. box &&
	    cd box && mkdir -p old proc && pivot_root . old && cd / &&
	    exec /bin/deep "$1"' - $SECONDS_OF_DEEP >container.out 2>&1 3>&- &
	STARTED+=("$!")
	eventually child_of "$!"
	STARTED+=("$PID")
	starts() { runs "$PID" deep || is_gone "$PID"; }
	eventually starts
	! is_gone "$PID" || skip "no container: $(cat container.out)"
	shows_deep
	as_nobody shows_deep
	same "pid" "$(saw get dump.out pid)" "$PID"
}

@test "in a rootless container's namespaces" {
	need_root
	make_root
	chown -R 65534:65534 root
	in_container
}

in_memory() {
	start_program "${AS[@]}" ./memfd ./deep $SECONDS_OF_DEEP
	shows_deep
}

@test "in memory only" {
	cp "$FIXTURES/memfd" memfd
	for_both in_memory
}

by_loader() {
	start_program "${AS[@]}" "$loader" ./deep $SECONDS_OF_DEEP
	shows_deep
}

@test "started through ld.so by hand" {
	loader=$(readelf -lW deep | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	for_both by_loader
}

@test "the vDSO" {
	start vdso 60
	json -n 40 --interval 3ms -p "$PID"
	same "ends" "$(saw threads dump.out end | sort -u)" root
	saw threads dump.out frames >frames
	at_least "dumps in [vdso]" "$(grep -c '"\[vdso\]"' frames)" 1
	grep -F '"[vdso]"' frames | grep -q '"function": "[_a-z]*clock_gettime"' ||
	    fail "no name in it"
	same "dumps with main and read_clock" \
	    "$(saw with dump.out "main;read_clock" | sort -u)" 1
}

@test "every way to link an executable, and its names" {
	for name in deep-nopie deep-static deep-static-pie; do
		start $name $SECONDS_OF_DEEP
		shows_deep "$FIXTURES/$name"
	done
}

# forget_sections FILE: no section headers, as packers leave it.
forget_sections() {
	python3 - "$1" <<-'END'
	import struct, sys
	with open(sys.argv[1], "r+b") as f:
	    f.seek(40)
	    f.write(struct.pack("<Q", 0))
	    f.seek(58)
	    f.write(struct.pack("<HHH", 0, 0, 0))
	END
}

@test "an executable without section headers: a whole stack" {
	for name in deep deep-static-pie deep-nopie; do
		cp "$FIXTURES/$name" bare
		strip bare
		forget_sections bare
		start_program ./bare $SECONDS_OF_DEEP
		json -p "$PID"
		same "end of $name" "$(saw thread dump.out main end)" root
		at_least "frames" "$(saw physical dump.out main)" 7
		saw threads dump.out frames | grep -q "\"$PWD/bare\"" ||
		    fail "the module is not named"
		rm bare
	done
}

# GNU ld gives it no .eh_frame_hdr: only its section headers told where the CFI
# was. Frame pointers are no help in deep.
@test "a static executable without section headers: no word too much" {
	cp "$FIXTURES/deep-static" bare
	strip bare
	forget_sections bare
	start_program ./bare $SECONDS_OF_DEEP
	json -p "$PID"
	case $(saw thread dump.out main end) in
	no-cfi) at_most "frames" "$(saw physical dump.out main)" 6 ;;
	root) at_least "frames" "$(saw physical dump.out main)" 7 ;;
	*) fail "it ended with $(saw thread dump.out main end)" ;;
	esac
}

@test "a shared object without section headers: its dynamic symbols" {
	cp "$FIXTURES/plugin.so" plugin.so
	forget_sections plugin.so
	start_program "$FIXTURES/dlopen" 60 "$PWD/plugin.so"
	in_plugin() {
		json -p "$PID"
		[ "$(saw with dump.out "plugin_run")" = 1 ]
	}
	eventually in_plugin
	same "end" "$(saw thread dump.out main end)" root
}

@test "a path with whatever a path may have" {
	odd=$'with space\t\\012 (deleted)\n%s\xff'
	mkdir "$odd"
	cp deep "$odd/deep"
	start_program "./$odd/deep" $SECONDS_OF_DEEP
	shows_deep
	rm "$odd/deep"
	shows_deep
}

@test "a file that is no ELF file any more" {
	cp "$FIXTURES/plugin.so" plugin.so
	start_program env LD_PRELOAD="$PWD/plugin.so" "$FIXTURES/idle" 60
	grep -q plugin.so "/proc/$PID/maps"
	for content in "" "not ELF" $'\x7fELF\x02\x01\x01'; do
		printf '%s' "$content" >plugin.so
		json -p "$PID"
		saw chain dump.out main main
		same "end" "$(saw thread dump.out main end)" root
	done
	is_untouched "$PID"
}

@test "32-bit: refused with 5" {
	need_fixture idle32
	start idle32
	grep -q ready "$OUT" || skip "the kernel runs no 32-bit programs"
	dump --json -p "$PID"
	refused 5
	mentions "$PID"
	mentions x86-64
}
