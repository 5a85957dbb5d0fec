#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# signals.bats - how a recording ends, and what is there afterwards

load helper

# A whole profile of spin, at least so many samples.
assert_profile() {
	at_least "samples in $1" "$(look count "$1")" "$2"
	at_least "percent in spin" "$(look chain "$1" "worker;spin")" 90
}

ends_well_on() {
	start spin 1 60
	record_bg -p "$PID" -o out.pb.gz
	sleep 0.5
	kill "-$1" "$SCRAPE_PID"
	record_ends 0
	assert_profile out.pb.gz 10
	assert_unharmed "$PID"
	nothing_left_behind
}

@test "SIGINT writes the profile, and exits 0" {
	ends_well_on INT
}

@test "SIGTERM writes the profile, and exits 0" {
	ends_well_on TERM
}

@test "SIGHUP writes the profile, and exits 0" {
	ends_well_on HUP
}

# A reader that does not read: scrape is still writing when the second comes.
@test "a second SIGINT aborts: 130, and the target is let go" {
	start spin 1 60
	mkfifo pipe
	exec 7<>pipe
	head -c 65536 /dev/zero >&7
	env --default-signal=INT,QUIT "$SCRAPE" record -p "$PID" -o - \
	    >pipe 2>scrape.err </dev/null 3>&- 7>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	eventually has_begun
	sleep 0.3
	kill -INT "$SCRAPE_PID"
	sleep 0.5
	kill -INT "$SCRAPE_PID"
	record_ends 130
	exec 7>&-
	assert_unharmed "$PID"
}

@test "a storm of SIGINT: a whole file and 0, or none and 130" {
	start spin 1 60
	for _ in 1 2 3 4 5; do
		rm -f out.pb.gz
		record_bg -p "$PID" -o out.pb.gz
		sleep 0.2
		while kill -INT "$SCRAPE_PID" 2>/dev/null; do
			is_gone "$SCRAPE_PID" && break
		done
		status=0
		wait "$SCRAPE_PID" || status=$?
		case $status in
		0) assert_profile out.pb.gz 5 ;;
		130) [ ! -e out.pb.gz ] || fail "130, and yet a file" ;;
		*) fail "exit status $status" ;;
		esac
		nothing_left_behind
		assert_unharmed "$PID"
	done
}

snapshots() {
	find . -name 'out.*.pb.gz' | wc -l
}

has_snapshots() {
	[ "$(snapshots)" = "$1" ]
}

@test "SIGUSR1 writes a snapshot each time, and goes on" {
	start spin 1 60
	record_bg -p "$PID" -o out.pb.gz
	sleep 0.5
	kill -USR1 "$SCRAPE_PID"
	eventually has_snapshots 1
	sleep 0.5
	kill -USR1 "$SCRAPE_PID"
	eventually has_snapshots 2
	[ ! -e out.pb.gz ] || fail "the last file is there before its time"
	for file in out.*.pb.gz; do
		assert_profile "$file" 10
	done
	kill -INT "$SCRAPE_PID"
	record_ends 0
	assert_profile out.pb.gz 30
	nothing_left_behind
	assert_unharmed "$PID"
}

@test "the target's end ends the recording" {
	start spin 1 1
	record -p "$PID" -d 60 -o out.pb.gz
	same "exit status" "$status" 0
	assert_profile out.pb.gz 30
	nothing_left_behind
}

@test "the target's violent end too" {
	start spin 1 60
	record_bg -p "$PID" -o out.pb.gz
	sleep 0.5
	kill -KILL "$PID"
	record_ends 0
	assert_profile out.pb.gz 10
}

@test "a command's exit status is passed on" {
	record -o out.pb.gz -- "$FIXTURES/exits" 3 0.3
	same "exit status" "$status" 3
	at_least "samples" "$(look count out.pb.gz)" 10
	record -o out.pb.gz -- "$FIXTURES/exits" 0 0.1
	same "exit status" "$status" 0
}

@test "a command's death by a signal is 128 and the signal" {
	record -o out.pb.gz -- "$FIXTURES/exits" -9 0.3
	same "exit status" "$status" 137
	at_least "samples" "$(look count out.pb.gz)" 10
	record -o out.pb.gz -- "$FIXTURES/exits" -11 0.1
	same "exit status" "$status" 139
}

@test "a command that is not there: 127; one that cannot run: 126" {
	run -127 --separate-stderr "$SCRAPE" record -o out.pb.gz -- \
	    ./no-such-command
	refused 127
	mentions no-such-command
	echo text >cannot-run
	record -o out.pb.gz -- ./cannot-run
	refused 126
	mentions cannot-run
	run -127 --separate-stderr "$SCRAPE" record -o out.pb.gz -- \
	    no-such-command-anywhere
	refused 127
	mentions no-such-command-anywhere
	nothing_left_behind
}

@test "a command has its own options, input and output" {
	record -q -o out.pb.gz -- sh -c 'read line; echo "got $line"; echo "$0"' \
	    -d <<<"a line"
	same "exit status" "$status" 0
	same "output" "$output" "$(printf 'got a line\n-d')"
	same "stderr" "$stderr" ""
}

@test "^C on a command's terminal: the command decides, the file is written" {
	setsid env --default-signal=INT,QUIT "$SCRAPE" record -o out.pb.gz -- \
	    "$FIXTURES/spin" 1 60 >scrape.out 2>scrape.err </dev/null 3>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	eventually grep -q '^pid ' scrape.out
	eventually has_begun
	sleep 0.5
	# What the terminal does: all of the process group. SIGINT kills spin.
	kill -INT -- "-$SCRAPE_PID"
	record_ends 130
	assert_profile out.pb.gz 10
}

@test "-d stops a recording of a command, and not the command" {
	record -d 1 -o out.pb.gz -- "$FIXTURES/spin" 1 3
	at_least "samples" "$(look count out.pb.gz)" 30
	at_most "samples" "$(look count out.pb.gz)" 110
}

@test "-o - is the product, and nothing else, on standard output" {
	start spin 1 60
	"$SCRAPE" record -p "$PID" -d 1 -o - >out.pb.gz 2>err
	assert_profile out.pb.gz 30
	[ -s err ] || fail "no summary on stderr"
	"$SCRAPE" record -p "$PID" -d 1 -f folded -o - 2>err |
	    grep -v ' [1-9][0-9]*$' && fail "not folded stacks"
	"$SCRAPE" record -q -p "$PID" -d 1 -o out.folded 2>err
	same "stderr with -q" "$(cat err)" ""
	grep -q 'worker;spin;unit [1-9][0-9]*$' out.folded
}

@test "a reader that goes away is an error, not a death" {
	start spin 1 60
	run --separate-stderr bash -c \
	    '"$SCRAPE" record -p "$0" -d 0.5 -o - 2>err | true;
	    exit "${PIPESTATUS[0]}"' "$PID"
	same "exit status" "$status" 1
	grep -q "Broken pipe" err
	assert_unharmed "$PID"
}

@test "the default name says program, PID and time, and replaces nothing" {
	start spin 1 60
	record -p "$PID" -d 0.3
	same "exit status" "$status" 0
	record -p "$PID" -d 0.3
	same "exit status" "$status" 0
	same "files" "$(find . -name 'scrape.*.pb.gz' | wc -l)" 2
	for file in scrape.*.pb.gz; do
		[[ $file =~ ^scrape\.spin\.$PID\.[0-9]{8}-[0-9]{6}(-[0-9]+)?\.pb\.gz$ ]] ||
		    fail "the name is $file"
	done
	mentions "wrote scrape.spin.$PID."
}

@test "-o replaces a file, and only by a whole one" {
	start spin 1 60
	echo old >out.pb.gz
	record_bg -p "$PID" -o out.pb.gz
	sleep 0.3
	same "meanwhile" "$(cat out.pb.gz)" old
	kill -KILL "$SCRAPE_PID"
	wait "$SCRAPE_PID" || true
	same "after a kill" "$(cat out.pb.gz)" old
	record -p "$PID" -d 0.5 -o out.pb.gz
	assert_profile out.pb.gz 10
}
