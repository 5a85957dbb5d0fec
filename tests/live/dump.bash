# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # it shares variables
#
# dump.bash - what the tests of `scrape dump` share; dump.py reads the JSON

load helper

SOURCES=$here/../../fixtures/programs
DUMP_AS=()
MOUNTS=()
PUBLIC=

saw() {
	"$here/dump.py" "$@"
}

# dump ARG...: to its end; the product is in dump.out, messages in dump.err, and
# in $stderr and $output as with run.
dump() {
	local scrape=$SCRAPE

	[ -z "${PUBLIC-}" ] || scrape=$PUBLIC/scrape
	status=0
	"${DUMP_AS[@]}" "$scrape" dump "$@" >dump.out 2>dump.err </dev/null \
	    3>&- || status=$?
	stderr=$(<dump.err)
	stderr_lines=()
	[ -z "$stderr" ] || mapfile -t stderr_lines <dump.err
	output=$(tr -d '\0' <dump.out)
	printf '%s\n' "$stderr" >&2
}

# json ARG...: must succeed, and be of the agreed shape.
json() {
	dump --json "$@"
	same "exit status" "$status" 0
	saw valid dump.out
}

# A folder that everybody can get into, which bats' own are not, with a scrape
# that everybody can start; and words that make a command an ordinary user's.
AS_NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups)

make_public() {
	PUBLIC=$(mktemp -d /tmp/scrape-test.XXXXXX)
	chmod 777 "$PUBLIC"
	cp "$SCRAPE" "$PUBLIC/scrape"
	cd "$PUBLIC" || return 1
}

remove_public() {
	cd / && rm -rf "$PUBLIC"
}

# as_nobody COMMAND ARG...: with dump and json, scrape is an ordinary user's.
as_nobody() {
	DUMP_AS=("${AS_NOBODY[@]}")
	"$@"
	DUMP_AS=()
}

# All threads of the process wait, so that a dump has something that stays.
all_sleep() {
	local state

	for state in "/proc/$1"/task/*/stat; do
		state=$(sed 's/.*) \(.\) .*/\1/' "$state" 2>/dev/null)
		[ "$state" = S ] || return 1
	done
}

tids() {
	ls "/proc/$1/task" | sort -n
}
