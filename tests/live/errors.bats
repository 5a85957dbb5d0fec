#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# errors.bats - each bad input: its exit status, and a message with its cause

load helper

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
