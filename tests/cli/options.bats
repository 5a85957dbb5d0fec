#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# options.bats - what the values of options may be, and where output may go
#
# Needs SCRAPE, the program to test. The target is a process that sleeps.

bats_require_minimum_version 1.5.0

: "${SCRAPE:?is the program to test}"

# shellcheck disable=SC2154 # stderr and stderr_lines: run sets them

setup() {
	# A folder of its own: bats keeps files in the other one.
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return 1
	sleep 600 &
	PID=$!
	# Until its exec it is a bash.
	until [ "$(cat "/proc/$PID/comm")" = sleep ]; do
		sleep 0.01
	done
}

teardown() {
	kill "$PID"
	wait "$PID" 2>/dev/null || true
}

# refused VALUE ARG...: a usage error that names the value; nothing is written.
refused() {
	local value=$1

	shift
	# Should the value be taken, the recording shall not last.
	run -2 --separate-stderr "$SCRAPE" record -d 50ms "$@" "$PID"
	[ -z "$output" ]
	# shellcheck disable=SC2154
	[[ ${stderr_lines[0]} == *"'$value'"* ]]
	[[ ${stderr_lines[-1]} == "Try 'scrape record --help'." ]]
	[ -z "$(ls)" ]
}

# The target answers, and nobody traces it.
left_alone() {
	kill -0 "$PID"
	grep -q '^TracerPid:[[:space:]]*0$' "/proc/$PID/status"
	grep -q '^State:[[:space:]]*S' "/proc/$PID/status"
}

# A gzip file is there and it is whole.
profile_is_whole() {
	[ -s "$1" ]
	gzip -t "$1"
}

no_leftovers() {
	[ -z "$(find . -name '*.tmp.*')" ]
}

@test "durations that are none" {
	for d in 0 -1 0s '' abc 10x 1m30 30s1m '10 s' ' 1' 1.s .5 1e3 9000h \
		99999999999999999999; do
		refused "$d" -d "$d"
		refused "$d" --duration="$d"
	done
}

@test "durations are kept" {
	for d in 50ms 0.05 0.05s 49ms1000us; do
		run -0 "$SCRAPE" record -q -d "$d" -o out.pb.gz "$PID"
		profile_is_whole out.pb.gz
		rm out.pb.gz
	done
	before=$(date +%s%N)
	run -0 "$SCRAPE" record -q -d 1s -o out.pb.gz "$PID"
	[ $(($(date +%s%N) - before)) -ge 1000000000 ]
}

@test "rates that are none" {
	for r in 0 -1 10001 1.5 99Hz '' 1e2 18446744073709551617; do
		refused "$r" -r "$r"
	done
}

@test "a high rate is taken, with a warning" {
	run -0 --separate-stderr "$SCRAPE" record -r 1001 -d 50ms -o a.pb.gz "$PID"
	[[ ${stderr_lines[0]} == *1001* ]]
	run -0 "$SCRAPE" record -q -r 10000 -d 50ms -o a.pb.gz "$PID"
	[ -z "$output" ]
	run -0 --separate-stderr "$SCRAPE" record -r 1000 -d 50ms -o a.pb.gz "$PID"
	[[ $stderr != *'will feel it'* ]]
}

@test "ids that are none" {
	for p in 0 -1 abc 1x '' 2147483648 18446744073709551617; do
		run -2 "$SCRAPE" record -d 50ms --pid="$p"
		[[ ${lines[0]} == *"'$p' is not a process id"* ]]
		run -2 "$SCRAPE" record -d 50ms --tid="$p" "$PID"
		[[ ${lines[0]} == *"'$p' is not a thread id"* ]]
	done
	run -2 "$SCRAPE" record -d 50ms sleep
	[[ ${lines[0]} == *"'sleep' is not a process id; a command goes behind --"* ]]
}

@test "depths that are none" {
	max=$("$SCRAPE" record --help | grep -oP 'of a stack, to \K[0-9]+')
	for n in 0 -1 $((max + 1)) x ''; do
		refused "$n" --max-depth "$n"
	done
	run -0 "$SCRAPE" record -q -d 50ms -o a.pb.gz --max-depth "$max" "$PID"
}

@test "labels that are none" {
	for l in all '' Thread threads; do
		refused "$l" --labels "$l"
	done
}

@test "regular expressions that are none" {
	refused '(' --thread '('
	refused '*[' --thread '*['
}

@test "formats and endings that are unknown list the known" {
	for name in x.svg x.pb x.gz out noend.; do
		refused "$name" -o "$name"
		[[ $stderr == *.pb.gz*.folded* ]]
	done
	refused svg -f svg -o x.pb.gz
	[[ $stderr == *pprof*folded* ]]
}

@test "-f wins over the ending" {
	run -0 "$SCRAPE" record -q -d 50ms -f pprof -o x.svg "$PID"
	profile_is_whole x.svg
	run -0 "$SCRAPE" record -q -d 50ms -f folded -o x.pb.gz "$PID"
	run ! gzip -t x.pb.gz
}

@test "no such process" {
	sleep 0 &
	gone=$!
	wait "$gone"
	run -3 "$SCRAPE" record -d 50ms "$gone"
	[[ ${lines[0]} == *"$gone"* ]]
	[ -z "$(ls)" ]
}

@test "scrape itself" {
	# shellcheck disable=SC2016
	run -2 sh -c 'exec "$1" record -d 50ms -p $$' - "$SCRAPE"
	[[ ${lines[0]} == *'cannot stop itself'* ]]
}

@test "output that cannot be written is refused before the recording" {
	mkdir dir.pb.gz
	for path in /nowhere/x.pb.gz "$PWD/dir.pb.gz" dir.pb.gz; do
		run -1 "$SCRAPE" record -d 5 -o "$path" "$PID"
		[[ ${lines[0]} == *"$path"* ]]
		run -1 "$SCRAPE" record -d 5 -o x.pb.gz --stats "$path" "$PID"
		[[ ${lines[0]} == *"$path"* ]]
	done
	[ ! -e x.pb.gz ]
	left_alone
}

@test "a binary profile is not written to a terminal" {
	run -2 script -qec "'$SCRAPE' record -d 5 -o - $PID" /dev/null
	[[ $output == *'standard output is a terminal'* ]]
	[[ $output == *'-o FILE'* ]]
	left_alone
}

@test "text may go to a terminal, and progress is shown there" {
	run -0 script -qec "'$SCRAPE' record -d 1500ms -f folded -o - $PID" /dev/null
	[[ $output == *$'\r''scrape: 1 s, '* ]]
}

@test "standard output carries the profile and nothing else" {
	"$SCRAPE" record -v -d 100ms -o - "$PID" >out 2>err
	profile_is_whole out
	[ -s err ]
	"$SCRAPE" record -q -d 100ms -o - "$PID" >out 2>err
	profile_is_whole out
	[ ! -s err ]
	run ! grep -q $'\r' err
}

@test "a pipe that closes is an error, not a death" {
	# shellcheck disable=SC2016
	run bash -c '"$1" record -q -d 300ms -o - "$2" | true
		echo "${PIPESTATUS[0]}"' - "$SCRAPE" "$PID"
	[[ ${lines[0]} == *'standard output'*'Broken pipe'* ]]
	[ "${lines[-1]}" = 1 ]
}

@test "an explicit name is replaced, also over a link" {
	echo old >real
	ln -s real out.pb.gz
	run -0 "$SCRAPE" record -q -d 50ms -o out.pb.gz "$PID"
	[ -L out.pb.gz ]
	profile_is_whole real
	no_leftovers
}

@test "a default name tells what it is and replaces nothing" {
	for _ in 1 2 3 4; do
		"$SCRAPE" record -q -d 50ms "$PID" &
	done
	for job in $(jobs -p); do
		[ "$job" = "$PID" ] || wait "$job"
	done
	run ls
	[ "${#lines[@]}" = 4 ]
	for name in "${lines[@]}"; do
		[[ $name =~ ^scrape\.sleep\.$PID\.[0-9]{8}-[0-9]{6}(-[0-9]+)?\.pb\.gz$ ]]
		profile_is_whole "$name"
	done
	run -0 "$SCRAPE" record -q -d 50ms -f folded "$PID"
	[ -n "$(ls scrape.sleep."$PID".*.folded)" ]
	no_leftovers
}

@test "an idle target gives an empty profile and status 0" {
	run -0 --separate-stderr "$SCRAPE" record -d 300ms -o idle.pb.gz "$PID"
	[[ $stderr == *"PID $PID (sleep) used no CPU in 0.3 s"* ]]
	[[ $stderr == *"--mode wall shows where it waits"* ]]
	profile_is_whole idle.pb.gz
	left_alone
}

@test "of a filter that matches nobody only that is said" {
	run -0 --separate-stderr \
	    "$SCRAPE" record -d 100ms --thread nobody -o a.folded "$PID"
	[[ $stderr == *"no thread of PID $PID (sleep) had such a name"* ]]
	[[ $stderr != *flamegraph.pl* ]]
	run -0 --separate-stderr \
	    "$SCRAPE" record -d 100ms -t "$PID" -o a.folded "$PID"
	[[ $stderr == *"threads asked for of PID $PID (sleep) used no CPU"* ]]
}

@test "what cannot be looked at afterwards is not offered" {
	run -0 --separate-stderr \
	    "$SCRAPE" record -d 100ms -f pprof -o /dev/null "$PID"
	[[ $stderr == *"wrote /dev/null ("* ]]
	[[ $stderr != *"go tool"* ]]
}

@test "a fifo that nobody reads is given up at ^C" {
	mkfifo a.folded
	env --default-signal=INT "$SCRAPE" \
	    record -q -d 100ms -o a.folded "$PID" 3>&- &
	scrape=$!
	for _ in $(seq 200); do
		grep -q wait_for_partner "/proc/$scrape/wchan" && break
		sleep 0.05
	done
	kill -INT "$scrape"
	{ sleep 5; kill -KILL "$scrape"; } 2>/dev/null 3>&- &
	status=0
	wait "$scrape" || status=$?
	[ "$status" -eq 130 ]
	left_alone
}

@test "the summary ends with the command to type next" {
	run -0 --separate-stderr "$SCRAPE" record -d 100ms -o "a b'c.pb.gz" "$PID"
	[[ $stderr == *"wrote a b'c.pb.gz ("* ]]
	[[ $stderr == *"go tool pprof -top 'a b'\\''c.pb.gz'"* ]]
}

@test "--stats writes one JSON object" {
	run -0 "$SCRAPE" record -q -d 100ms -o a.pb.gz --stats s.json "$PID"
	run -0 python3 -c 'import json; print(json.load(open("s.json"))["samples"])'
	[ "$output" = 0 ]
}

@test "SIGUSR1 writes a snapshot and goes on" {
	"$SCRAPE" record -o out.pb.gz "$PID" 2>err &
	scrape=$!
	sleep 0.5
	for n in 1 2; do
		kill -USR1 "$scrape"
		for _ in $(seq 200); do
			grep -q "wrote snapshot out.$n.pb.gz" err && break
			sleep 0.05
		done
		profile_is_whole "out.$n.pb.gz"
	done
	[ ! -e out.pb.gz ]
	kill -TERM "$scrape"
	wait "$scrape"
	profile_is_whole out.pb.gz
	no_leftovers
}

@test "a command's status is scrape's status" {
	for status in 0 1 7 125 255; do
		run -"$status" "$SCRAPE" record -q -o a.pb.gz -- sh -c "exit $status"
		profile_is_whole a.pb.gz
	done
	# shellcheck disable=SC2016
	run -137 "$SCRAPE" record -q -o a.pb.gz -- sh -c 'kill -KILL $$'
	run -143 "$SCRAPE" record -q -o a.pb.gz -- sh -c 'kill -TERM $$'
}

@test "a command outlives the duration and keeps its status" {
	run -9 "$SCRAPE" record -q -d 100ms -o a.pb.gz -- sh -c 'sleep 1; exit 9'
	profile_is_whole a.pb.gz
}

@test "a command that cannot be started" {
	run -127 "$SCRAPE" record -o a.pb.gz -- ./no-such-command
	[[ ${lines[0]} == *no-such-command* ]]
	touch plain
	run -126 "$SCRAPE" record -o a.pb.gz -- ./plain
	[[ ${lines[0]} == *plain* ]]
	run -125 "$SCRAPE" record -o /nowhere/a.pb.gz -- true
	[ ! -e a.pb.gz ]
}

@test "a command has its own options and streams" {
	run -0 "$SCRAPE" record -q -o a.pb.gz -- sh -c 'cat; echo "$@"' - -o x --help -- \
		<<<"from standard input"
	[ "${lines[0]}" = 'from standard input' ]
	[ "${lines[1]}" = '-o x --help --' ]
	[ ! -e x ]
}

# ---- dump -------------------------------------------------------------------

# dump_refused TEXT ARG...: one line with TEXT, the advice, and nothing else.
dump_refused() {
	local text=$1

	shift
	run -2 --separate-stderr "$SCRAPE" dump "$@"
	[ -z "$output" ]
	[[ ${stderr_lines[0]} == *"$text"* ]]
	[ "${stderr_lines[1]}" = "Try 'scrape dump --help'." ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	left_alone
}

@test "dump: no process, and ids that are none" {
	dump_refused 'nothing to dump: give a PID'
	for p in 0 -1 1x '' 1,2 2147483648 18446744073709551617; do
		dump_refused "'$p' is not a process id" --pid="$p"
		dump_refused "'$p' is not a thread id" --tid="$p" "$PID"
	done
	# A program's name: how to find its process.
	run -2 --separate-stderr "$SCRAPE" dump sleep
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "scrape: 'sleep' is not a process id" ]
	[ "${stderr_lines[1]}" = '  try: pgrep sleep' ]
	[ "${#stderr_lines[@]}" -eq 3 ]
	dump_refused "'/proc/$PID' is not a process id" "/proc/$PID"
	run -2 --separate-stderr "$SCRAPE" dump "$PID" -- true
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "scrape: 'true' is not a process id" ]
}

@test "dump: a thread is one of one process" {
	dump_refused "-t $PID is a thread of one process" -t "$PID" 1 "$PID"
	dump_refused "-t $PID is a thread of one process" \
		-t "$PID" --children "$PID"
	dump_refused 'either -t or --thread' -t "$PID" --thread x "$PID"
	dump_refused '-t may be given once' -t "$PID" -t 1 "$PID"
	dump_refused '--thread may be given once' --thread x --thread y "$PID"
	run -3 --separate-stderr "$SCRAPE" dump -t 1 "$PID"
	[[ $stderr == "scrape: PID $PID (sleep): it has no thread 1" ]]
}

@test "dump: counts and intervals that are none" {
	for n in 0 -1 x 1.5 '' 2147483648; do
		dump_refused "'$n' is not a number of dumps" -n "$n" "$PID"
		dump_refused "'$n' is not a number of dumps" --count="$n" "$PID"
	done
	for t in 0 0s -1 x 10x '' 1e3; do
		dump_refused "'$t' is not a duration" --interval "$t" "$PID"
	done
}

@test "dump: depths that are none" {
	max=$("$SCRAPE" dump --help | grep -oP 'of a stack, to \K[0-9]+')
	for n in 0 -1 $((max + 1)) x ''; do
		dump_refused "'$n' is not a depth" --max-depth "$n" "$PID"
	done
	run -0 "$SCRAPE" dump --max-depth "$max" "$PID"
	run -0 "$SCRAPE" dump --max-depth 1 "$PID"
	[[ ${lines[-1]} == *'end: depth '* ]]
}

@test "dump: colours, directories and regular expressions that are none" {
	for c in x '' Always yes; do
		dump_refused "'$c' is not auto, always or never" \
			--color "$c" "$PID"
	done
	touch file
	for dir in ./nowhere file ''; do
		dump_refused "'$dir' is not a directory" \
			--debug-path "$dir" "$PID"
	done
	dump_refused "'(' is not a regular expression" --thread '(' "$PID"
	dump_refused 'either -q or -v' -q -v "$PID"
}

@test "dump: snapshots that cannot be written or read" {
	touch file
	run -1 --separate-stderr "$SCRAPE" dump --save-snapshots file/x "$PID"
	[[ $stderr == *'file/x'*'Not a directory'* ]]
	dump_refused "either PID $PID or the snapshot 'file'" \
		--from-snapshot file "$PID"
	for name in file . ./nowhere; do
		run -1 --separate-stderr "$SCRAPE" dump --from-snapshot "$name"
		[ -z "$output" ]
		[[ $stderr == "scrape: "*"$name: "* ]]
	done
	left_alone
}

@test "dump: options that it does not have" {
	dump_refused "invalid option -- 'd'" -d 3 "$PID"
	dump_refused "invalid option -- 'o'" -o x "$PID"
	dump_refused "unrecognized option '--rate=9'" --rate=9 "$PID"
	dump_refused "'--no' is ambiguous" --no "$PID"
	dump_refused "'--json' doesn't allow an argument" --json=1 "$PID"
	dump_refused "requires an argument" "$PID" --interval
}

@test "dump: scrape itself" {
	# shellcheck disable=SC2016
	run -2 sh -c 'exec "$1" dump $$' - "$SCRAPE"
	[[ ${lines[0]} == *'cannot stop itself'* ]]
}

@test "dump: no such process" {
	sleep 0 &
	gone=$!
	wait "$gone"
	run -3 --separate-stderr "$SCRAPE" dump "$gone"
	[ -z "$output" ]
	[[ $stderr == *"PID $gone"*'no such process'* ]]
	# The others are dumped all the same.
	run -3 --separate-stderr "$SCRAPE" dump "$gone" "$PID"
	[[ $output == "Process $PID (sleep)"* ]]
	[[ $stderr == *"PID $gone"*'no such process'* ]]
	left_alone
}

@test "dump: one process is dumped once, as often as asked" {
	run -0 --separate-stderr "$SCRAPE" dump "$PID" -p "$PID" --pid="$PID"
	[ -z "$stderr" ]
	[ "$(grep -c '^Process ' <<<"$output")" = 1 ]
	run -0 "$SCRAPE" dump -n 3 --interval 10ms --json "$PID"
	[ "${#lines[@]}" = 3 ]
	for line in "${lines[@]}"; do
		[[ $line == '{"schema":"scrape-dump/1",'*'}' ]]
	done
	left_alone
}

@test "dump: colours as asked for, and none in a pipe" {
	esc=$'\033'
	run -0 "$SCRAPE" dump "$PID"
	[[ $output != *"$esc"* ]]
	run -0 env NO_COLOR=1 "$SCRAPE" dump --color always "$PID"
	[[ $output == *"${esc}["* ]]
	on_terminal() {
		run -0 script -qec "$* '$SCRAPE' dump $PID" /dev/null
	}
	on_terminal env -u NO_COLOR TERM=xterm
	[[ $output == *"${esc}["* ]]
	on_terminal env NO_COLOR=1 TERM=xterm
	[[ $output != *"${esc}["* ]]
	on_terminal env -u NO_COLOR TERM=dumb
	[[ $output != *"${esc}["* ]]
}

@test "dump: output that cannot be written" {
	run -1 bash -c "'$SCRAPE' dump $PID >/dev/full"
	[[ $output == *'No space left'* ]]
	run -1 bash -c "'$SCRAPE' dump --json $PID >/dev/full"
	[[ $output == *'No space left'* ]]
}
