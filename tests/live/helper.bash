# SPDX-License-Identifier: GPL-3.0-or-later
#
# helper.bash - what the live tests share
#
# In the environment: SCRAPE (the program) and FIXTURES (where the fixture
# programs were built). Profiles and --stats files are read by look.py.

bats_require_minimum_version 1.5.0

: "${SCRAPE:?is the program to test}"
: "${FIXTURES:?is the folder of the fixture programs}"

# How long anything that must happen is waited for. Only a failing test waits.
PATIENCE_S=30

here=$BATS_TEST_DIRNAME

# Two cores hold one live test: another one's targets would be noise in it. The
# lock goes with this file's process; who waits longer than this goes on.
LOCK_PATIENCE_S=300

setup_file() {
	exec {LIVE_LOCK}>"${builddir:-${TMPDIR:-/tmp}}/live.lock"
	flock -w "$LOCK_PATIENCE_S" "$LIVE_LOCK" || true
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	STARTED=()
}

teardown() {
	end_started
}

# Ends what a test started, by its pid, also when it is stopped.
end_started() {
	local pid

	for pid in "${STARTED[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		kill -CONT "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

look() {
	"$here/look.py" "$@"
}

# --- waiting

# Runs a command until it is true.
eventually() {
	local deadline=$((SECONDS + PATIENCE_S))

	until "$@"; do
		if ((SECONDS > deadline)); then
			echo "never came true: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

is_gone() {
	[ ! -e "/proc/$1" ] || [ "$(status_field "$1" State)" = Z ]
}

# --- fixtures

has_first_line() {
	if is_gone "$PID" && [ ! -s "$OUT" ]; then
		echo "the target ended before its first line" >&2
		cat "$OUT.err" >&2
		return 0
	fi
	grep -q '^\(pid [0-9]\|ready\)' "$OUT"
}

# start_program PROGRAM ARG...: in the background, until it says it is ready.
# Sets PID, and OUT: the file with what it prints.
start_program() {
	OUT=$BATS_TEST_TMPDIR/out.${#STARTED[@]}
	"$@" >"$OUT" 2>"$OUT.err" </dev/null 3>&- &
	PID=$!
	STARTED+=("$PID")
	eventually has_first_line
}

start() {
	start_program "$FIXTURES/$1" "${@:2}"
}

need_fixture() {
	[ -x "$FIXTURES/$1" ] || skip "fixture $1 could not be built here"
}

need_program() {
	local program

	for program; do
		command -v "$program" >/dev/null || skip "there is no $program"
	done
}

# threads_named PID N PREFIX: whether that many threads have such a name.
threads_named() {
	[ "$(cat "/proc/$1"/task/*/comm 2>/dev/null | grep -c "^$3")" = "$2" ]
}

need_root() {
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
}

# fixture_ends PID: waits for it, gives its status.
fixture_ends() {
	wait "$1"
}

# truth KEY [FILE]: the rest of each line "KEY ..." that a fixture printed.
truth() {
	sed -n "s/^$1 //p" "${2:-$OUT}"
}

# --- scrape

# Words before a command that traces scrape, or keeps it from tracing: a
# sanitizer's search for leaks traces it too, and fails all of it.
NO_LEAKS=(env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0")

# record ARG...: to its end; status, output and stderr are set as by run.
record() {
	run --separate-stderr "$SCRAPE" record "$@"
	printf '%s\n' "$stderr" >&2
}

# Scrape has begun when it has its clock and its signals in hand.
has_begun() {
	local fds

	fds=$(ls -l "/proc/$SCRAPE_PID/fd" 2>/dev/null || true)
	[[ $fds == *timerfd* && $fds == *signalfd* ]] || is_gone "$SCRAPE_PID"
}

# record_bg ARG...: in the background, until it has begun to sample. Sets
# SCRAPE_PID; what it prints goes to scrape.out and scrape.err. What a shell
# starts in the background ignores SIGINT, which is not what is tested.
record_bg() {
	env --default-signal=INT,QUIT \
	    "$SCRAPE" record "$@" >scrape.out 2>scrape.err </dev/null 3>&- &
	SCRAPE_PID=$!
	STARTED+=("$SCRAPE_PID")
	eventually has_begun
}

# record_ends [STATUS]: waits for record_bg's scrape.
record_ends() {
	local status=0

	wait "$SCRAPE_PID" || status=$?
	cat scrape.err >&2
	same "exit status" "$status" "${1:-0}"
}

# --- assertions; each says what it saw

fail() {
	echo "$*" >&2
	return 1
}

same() {
	[ "$2" = "$3" ] || fail "$1 is '$2', should be '$3'"
}

# at_least WHAT VALUE BOUND
at_least() {
	awk -v a="$2" -v b="$3" 'BEGIN { exit !(a + 0 >= b + 0) }' ||
	    fail "$1 is $2, should be at least $3"
}

at_most() {
	awk -v a="$2" -v b="$3" 'BEGIN { exit !(a + 0 <= b + 0) }' ||
	    fail "$1 is $2, should be at most $3"
}

# within WHAT VALUE TRUTH PERCENT
within() {
	awk -v a="$2" -v b="$3" -v p="$4" 'BEGIN {
		d = a > b ? a - b : b - a; exit !(d <= b * p / 100) }' ||
	    fail "$1 is $2, should be $3 within $4 percent"
}

mentions() {
	[[ $stderr == *"$1"* ]] || fail "stderr does not mention '$1': $stderr"
}

refused() {
	same "exit status" "$status" "$1"
	same "standard output" "$output" ""
	[ -n "$stderr" ] || fail "it does not say why"
	at_most "lines of the message" "${#stderr_lines[@]}" 5
	[ ! -e out.pb.gz ] || fail "it left a file"
}

nothing_left_behind() {
	local left

	left=$(find "${1:-.}" -name '*.tmp.*')
	same "temporary files" "$left" ""
}

# --- the target, afterwards

# The first word of a line in /proc/PID/status.
status_field() {
	sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status" \
	    2>/dev/null
}

# Of all threads of a process: CPU nanoseconds and turns on a core, summed.
# Moves as long as anything in it lives.
progress() {
	cat "/proc/$1"/task/*/schedstat 2>/dev/null |
	    awk '{ s += $1 + $3 } END { printf "%.0f\n", s }'
}

has_progressed() {
	[ "$(progress "$1")" != "$2" ]
}

# No thread is traced or in a ptrace stop ("t") or stopped ("T").
is_untouched() {
	! cat "/proc/$1"/task/*/status 2>/dev/null |
	    grep -q -e '^State:[[:space:]]*[tT]' \
	        -e '^TracerPid:[[:space:]]*[1-9]'
}

# A target that works still works, and nobody holds it. To be called when
# scrape is gone: then at once, with no time to recover.
assert_unharmed() {
	local before

	[ -e "/proc/$1" ] || fail "process $1 is gone"
	is_untouched "$1" || fail "process $1 is held:" \
	    "$(grep -H -e ^State -e ^TracerPid "/proc/$1"/task/*/status)"
	before=$(progress "$1")
	eventually has_progressed "$1" "$before"
}

# --- other users

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

# A target that sleeps is still there, and nobody holds it.
assert_idle() {
	[ "$(status_field "$1" State)" = S ] || fail "process $1 is in state" \
	    "$(status_field "$1" State)"
	is_untouched "$1" || fail "process $1 is held"
}
