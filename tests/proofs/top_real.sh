#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top_real.sh [NAME...] - every key of top on real programs, at every size
#
# Postgres under pgbench (with its children), clang that compiles, and python3
# at work; each at 80x24, 100x30, 200x60, 40x8 and 20x5, where it says that this
# is too small. After each key the screen must be inside the terminal and show
# what the key is for; in the end the terminal is as before and the program
# runs on. "NAME..." does only these.
set -eu

: "${SCRAPE:?is the program to test}"
proofs=$(cd "$(dirname "$0")" && pwd)
only=("$@")
started=()
failed=0

# shellcheck source=tests/proofs/top_terminal.bash
. "$proofs/top_terminal.bash"
dir=$BATS_TEST_TMPDIR/programs
mkdir "$dir"
chmod 755 "$dir"
# shellcheck source=tests/proofs/programs.bash
. "$proofs/programs.bash"
trap 'leave; cleanup' EXIT

run_python_work() {
	is_here python3 /usr/bin/python3 || return 1
	background /usr/bin/python3 -c '
import json, re
while True:
    a = sorted(({"k": i * 7919 % 10007, "v": "x%d" % i} for i in range(20000)),
               key=lambda d: d["k"])
    s = re.sub(r"x(\d+)", r"y\1", json.dumps(json.loads(json.dumps(a))))
'
}

run_pgbench() {
	local bin

	run_postgres || return 1
	bin=$(dirname "$(readlink -f "/proc/$PID/exe")")
	export PGHOST=$dir/pg PGUSER=bench PGDATABASE=postgres
	"$bin/pgbench" -q -i -s 2 >/dev/null 2>&1
	"$bin/pgbench" -n -S -c 2 -T 600 >/dev/null 2>&1 &
	started+=($!)
	sleep 1
}

# complain WORD...: what was on the screen when it went wrong.
complain() {
	echo "FAILED: $name at $size: $*"
	screen 2>/dev/null | sed 's/^/    |/'
	failed=1
}

# key KEYS [REGEX]: pressed, then the screen is inside and matches.
key() {
	local names=$1 regex=${2-.}

	# shellcheck disable=SC2086
	keys $names
	is_small || {
		eventually shows "$regex" 2>/dev/null ||
		    complain "no /$regex/ after $names"
	}
	kill -0 "$SCRAPE_PID" 2>/dev/null || complain "gone after $names"
	assert_inside "$size" || complain "outside after $names"
}

is_small() {
	[ "$size" = 20x5 ]
}

# typed KEY TEXT [REGEX]: a prompt, answered.
typed() {
	key "$1"
	type_text "$2"
	key Enter "${3-.}"
}

every_key() {
	local table='SELF%'

	if is_small; then
		eventually shows 'too small' || complain "does not say it"
	fi
	for k in 1 2 3 4 s F6 '<' '>' i i; do
		key "$k" "$table"
	done
	for k in j k Down Up G g NPage PPage End Home C-l; do
		key "$k" "$table"
	done
	typed / "${search[0]}" "$table"
	for k in n N; do
		key "$k" "$table"
	done
	typed f "${search[0]}" "${search[0]}"
	key Escape "$table"
	typed T "${search[1]}" .
	key Escape "$table"
	for k in l l l l; do
		key "$k" "$table"
	done
	for k in w w w w; do
		key "$k" 'window|SELF%'
	done
	key t .
	for k in E C Enter + - Left Right j j E b; do
		key "$k" .
	done
	key b .
	key t .
	key F .
	for k in Down Down Right Left Enter Escape; do
		key "$k" .
	done
	key F .
	key H .
	key Enter .
	key Escape .
	key H .
	for k in h '?' F1; do
		key "$k" 'any key closes'
		key Escape .
	done
	key Space '[Pp]aused|PAUSED|SELF%|.'
	key Space .
	key z .
	key z .
	typed d 500ms .
	key . Hz
	key , Hz
	key @ 'for keys'
	key r .
	key R .
	key W '[Ww]indow|[Aa]ll'
	key w .
	is_small || {
		eventually ls ./*.pb.gz >/dev/null 2>&1 || complain "no file"
	}
	rm -f ./*.pb.gz
}

# The first process of postgres waits for connections.
runs_on() {
	if [ "$name" = postgres ]; then
		assert_idle "$PID"
	else
		assert_unharmed "$PID"
	fi
}

# shown NAME OPTION...: PID, at all sizes, then once through all of them.
shown() {
	name=$1
	for size in 80x24 100x30 200x60 40x8 20x5; do
		open_top "$size" -p "$PID" --delay 250ms "${@:2}"
		is_small || see 'SELF%' || complain "no table"
		every_key
		keys q
		ends || complain "its end"
		close_terminal
		runs_on || complain "the target"
		printf '%-10s %-7s done\n' "$name" "$size"
	done
}

PATIENCE_S=10
if run_pgbench; then
	search=(Exec postgres)
	shown postgres --children
	end "$PID"
fi
if run_clang; then
	search=(llvm clang)
	shown clang
	end "$PID"
fi
if run_python_work; then
	search=(PyEval python)
	shown python3
	end "$PID"
fi
exit "$failed"
