#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# dump_hold.sh [TIMES] - what a dump costs its target, by the target's own clock
#
# 200 dumps against the bare stop: median hold of a running thread at most 1.3
# times as long (dump_hold.py). Then 200 dumps of an event loop in the calls
# that a stop can break, half of them frozen: no call fails, no wait ends.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
here=$(cd "$(dirname "$0")" && pwd)
times=${1:-200}
failed=0
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-hold.XXXXXX")
target=
trap '[ -z "$target" ] || kill -KILL "$target"; rm -rf "$dir"' EXIT

"$here/dump_hold.py" "$times" || failed=1

# all_dumps OPTION...: of PID $target.
all_dumps() {
	for _ in $(seq "$times"); do
		"$SCRAPE" dump "$@" -p "$target" >/dev/null
	done
}

# counts PROGRAM ARG...: started, looked at, ended; what it counted is in out.
counts() {
	"$FIXTURES/$1" "${@:2}" >"$dir/out" &
	target=$!
	while ! grep -q '^pid' "$dir/out"; do sleep 0.1; done
	all_dumps --no-lines
	[ "$1" = blocked ] || all_dumps --no-lines --freeze
	kill -TERM "$target"
	wait "$target" || failed=1
	target=
}

counts eventloop 600
printf 'event loop: rounds %s, EINTR %s, errors %s\n' \
    "$(sed -n 's/^rounds //p' "$dir/out")" \
    "$(sed -n 's/^eintr //p' "$dir/out")" \
    "$(sed -n 's/^errors //p' "$dir/out")"
grep -qx 'eintr 0' "$dir/out" && grep -qx 'errors 0' "$dir/out" || failed=1

counts blocked "$dir/fifo" 600
printf 'waits that ended: %s of %s\n' \
    "$(grep -c '^returned .* [^0]' "$dir/out")" \
    "$(grep -c '^returned' "$dir/out")"
! grep -q '^returned .* [^0]' "$dir/out" || failed=1
exit "$failed"
