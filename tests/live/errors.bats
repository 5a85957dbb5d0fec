#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# errors.bats - each bad input: its exit status, and a message with its cause

load helper

NOBODY=65534

# As root, but without the right to trace what belongs to others.
without_ptrace() {
	setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$@"
}

# Words before a command, not a function: in the background its pid is ours.
AS_NOBODY=(setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups)

# A folder that everybody can get into, which bats' own are not.
make_public() {
	PUBLIC=$(mktemp -d /tmp/scrape-test.XXXXXX)
	cp "$SCRAPE" "$PUBLIC/scrape"
	cp "$FIXTURES/idle" "$PUBLIC/idle"
	chmod 777 "$PUBLIC"
}

remove_public() {
	rm -rf "$PUBLIC"
}

# expect STATUS WORDS... -- ARG...: refused at once, with these words.
expect() {
	local want=$1 words=() before=$SECONDS

	shift
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	record "$@"
	refused "$want"
	for word in "${words[@]}"; do
		mentions "$word"
	done
	at_most "seconds until it was refused" $((SECONDS - before)) 5
	nothing_left_behind
}

# --- the target

@test "no such process: 3" {
	start exits 0
	fixture_ends "$PID"
	expect 3 "$PID" "no such process" -- -p "$PID" -o out.pb.gz
}

@test "a zombie: 5, and who should wait for it" {
	start zombie
	eventually grep -q ^zombie "$OUT"
	zombie=$(truth zombie)
	expect 5 "$zombie" zombie "$PID" -- -p "$zombie" -o out.pb.gz
}

@test "a kernel thread: 5" {
	[ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ] ||
	    skip "PID 2 is no kernel thread here"
	expect 5 "PID 2" kthreadd "kernel thread" -- -p 2 -o out.pb.gz
}

@test "a thread id: its process is recorded, and that is said" {
	local tid

	start spin 2 60
	eventually threads_named "$PID" 2 worker-
	tid=$(grep -l '^worker-0$' "/proc/$PID/task/"*/comm | cut -d/ -f5)
	record -p "$tid" -d 1 -o out.pb.gz
	same "exit status" "$status" 0
	mentions "$tid"
	mentions "$PID"
	same "workers" "$(look threads out.pb.gz | grep -c worker-)" 2
	assert_unharmed "$PID"
}

@test "itself: 2" {
	run --separate-stderr sh -c \
	    'exec "$SCRAPE" record -p $$ -o out.pb.gz -d 1'
	refused 2
	mentions "itself"
}

@test "already traced: 4, and by whom; the tracer keeps it" {
	local tracer

	start spin 1 60
	target=$PID
	start traces "$target"
	tracer=$PID
	expect 4 "$target" traced "$tracer" traces -- -p "$target" -o out.pb.gz
	same "tracer" "$(status_field "$target" TracerPid)" "$tracer"
	kill -KILL "$tracer"
	eventually is_untouched "$target"
	assert_unharmed "$target"
}

@test "already traced by strace: 4" {
	local tracer

	need_program strace
	start spin 1 60
	strace -p "$PID" -o strace.out 2>/dev/null 3>&- &
	tracer=$!
	STARTED+=("$tracer")
	is_traced() { [ "$(status_field "$PID" TracerPid)" != 0 ]; }
	eventually is_traced
	expect 4 "$PID" traced "$tracer" strace -- -p "$PID" -o out.pb.gz
}

@test "somebody else's process: 4, whose it is, and what to do" {
	need_root
	need_program setpriv
	"${AS_NOBODY[@]}" sleep 60 3>&- &
	PID=$!
	STARTED+=("$PID")
	is_nobodys() { [ "$(status_field "$PID" Uid)" = "$NOBODY" ]; }
	eventually is_nobodys
	run --separate-stderr without_ptrace "$SCRAPE" record -p "$PID" \
	    -o out.pb.gz
	refused 4
	mentions "$PID"
	mentions nobody
	mentions sudo
}

@test "root's process for nobody: 4" {
	need_root
	need_program setpriv
	start idle
	make_public
	run --separate-stderr "${AS_NOBODY[@]}" "$PUBLIC/scrape" record -p "$PID" \
	    -o "$PUBLIC/out.pb.gz"
	remove_public
	refused 4
	mentions root
	mentions sudo
}

@test "a process that does not want to be read: 4" {
	need_root
	need_program setpriv
	make_public
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60 nodump
	target=$PID
	run --separate-stderr "${AS_NOBODY[@]}" "$PUBLIC/scrape" record -p "$target" \
	    -o "$PUBLIC/out.pb.gz"
	remove_public
	refused 4
	mentions dumpable
}

@test "nobody may record what is nobody's" {
	need_root
	need_program setpriv
	make_public
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60
	target=$PID
	run --separate-stderr "${AS_NOBODY[@]}" "$PUBLIC/scrape" record -p "$target" \
	    -d 0.5 -o "$PUBLIC/out.pb.gz"
	[ -s "$PUBLIC/out.pb.gz" ] || fail "no file: $stderr"
	remove_public
	same "exit status" "$status" 0
}

@test "a 32-bit process: 5" {
	need_fixture idle32
	start idle32
	grep -q ready "$OUT" || skip "the kernel runs no 32-bit programs"
	expect 5 "$PID" x86-64 -- -p "$PID" -o out.pb.gz
}

@test "a command that ends at once: its status, and a readable file" {
	record -o out.pb.gz -- "$FIXTURES/exits" 0
	same "exit status" "$status" 0
	gzip -dc out.pb.gz | protoc --decode_raw >/dev/null
	nothing_left_behind
}

@test "a process that ends between two ticks: what there is" {
	start exits 0 0.5
	record -p "$PID" -o out.pb.gz
	same "exit status" "$status" 0
	gzip -dc out.pb.gz | protoc --decode_raw >/dev/null
}

@test "a target that uses no CPU: 0, and that is said" {
	start idle 60
	record -p "$PID" -d 1 -o out.pb.gz
	same "exit status" "$status" 0
	mentions "no CPU"
	gzip -dc out.pb.gz | protoc --decode_raw >/dev/null
}

# --- the output

@test "an unknown ending: 2, and which are known" {
	start idle 60
	expect 2 out.xyz .pb.gz .folded -- -p "$PID" -o out.xyz
	[ ! -e out.xyz ] || fail "it left a file"
	expect 2 nonsense pprof folded -- -p "$PID" -f nonsense -o out.pb.gz
}

@test "an output that cannot be written: 1, before anything is recorded" {
	start idle 60
	expect 1 no/such/out.pb.gz "No such file" -- \
	    -p "$PID" -d 30 -o no/such/out.pb.gz
	mkdir taken.pb.gz
	expect 1 taken.pb.gz directory -- -p "$PID" -d 30 -o taken.pb.gz
	expect 1 no/such/stats "No such file" -- \
	    -p "$PID" -d 30 -o out.pb.gz --stats no/such/stats
}

@test "a folder that is not ours: 1" {
	need_root
	need_program setpriv
	make_public
	chmod 755 "$PUBLIC"
	start_program "${AS_NOBODY[@]}" "$PUBLIC/idle" 60
	target=$PID
	run --separate-stderr "${AS_NOBODY[@]}" "$PUBLIC/scrape" record -p "$target" \
	    -d 1 -o "$PUBLIC/out.pb.gz"
	remove_public
	refused 1
	mentions "$PUBLIC/out.pb.gz"
	mentions "Permission denied"
}

@test "a full disk: 1, the cause, no half file; the old one stays" {
	mkdir disk
	mount -t tmpfs -o size=64k none disk 2>/dev/null ||
	    skip "tmpfs cannot be mounted here"
	start spin 1 60
	echo old >disk/out.pb.gz
	dd if=/dev/zero of=disk/filler bs=4k >/dev/null 2>&1 || true
	mkdir tmp
	TMPDIR=$PWD/tmp record -p "$PID" -d 1 -o disk/out.pb.gz
	left=$(ls disk | paste -sd' ')
	old=$(cat disk/out.pb.gz)
	umount disk
	same "exit status" "$status" 1
	mentions disk/out.pb.gz
	mentions "No space left on device"
	# It is not lost: it is where the message says.
	saved=$(echo tmp/scrape.spin."$PID".*.pb.gz)
	mentions "$PWD/$saved"
	at_least "samples" "$(look count "$saved")" 10
	same "what is on the disk" "$left" "filler out.pb.gz"
	same "the file that was there" "$old" old
	assert_unharmed "$PID"
}

@test "standard output that is full: 1" {
	start spin 1 60
	run --separate-stderr sh -c \
	    '"$SCRAPE" record -p "$0" -d 0.5 -o - >/dev/full' "$PID"
	same "exit status" "$status" 1
	mentions "No space left on device"
}

@test "binary to a terminal: 2, and what to do" {
	need_program script
	start idle 60
	run script -qec "\"$SCRAPE\" record -p $PID -d 1 -o -" /dev/null
	same "exit status" "$status" 2
	[[ $output == *terminal* && $output == *"-o FILE"* ]] ||
	    fail "it does not say why: $output"
}

# --- the command line

@test "bad numbers: 2, and what is wrong with them" {
	start idle 60
	for bad in "-r 0" "-r -5" "-r fast" "-r 1000000" "-d -1" "-d abc" \
	    "-d 1x" "--max-depth 0" "--max-depth x" "-p 0" "-p -7" "-p abc" \
	    "-t 0" "--labels some" "--thread ("; do
		read -r option value <<<"$bad"
		expect 2 "$value" "Try 'scrape record --help'" -- \
		    -p "$PID" -o out.pb.gz "$option" "$value"
	done
}

@test "no target, two targets, unknown words: 2" {
	start idle 60
	expect 2 "PID" -- -o out.pb.gz
	expect 2 "$PID" -- -p "$PID" -o out.pb.gz -- true
	expect 2 "nginx" -- -o out.pb.gz nginx
	expect 2 "no-such-option" -- -p "$PID" --no-such-option
	run --separate-stderr "$SCRAPE" recrod
	refused 2
	mentions recrod
	mentions "scrape record"
}

@test "a thread that is not the target's: refused, and named" {
	start idle 60
	record -p "$PID" -t 1 -d 1 -o out.pb.gz
	[ "$status" != 0 ] || fail "it recorded something"
	mentions "1"
	mentions "$PID"
}
