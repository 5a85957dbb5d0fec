#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# top_agree.sh [SECONDS] - the numbers of top are those of record and the kernel
#
# Over the same 30 s: what the rows of top add up to, what record's profile adds
# up to, and what the kernel's clock of the process says, within 1 %; of a
# threaded fixture, one whose threads come and go, and python3 at work. Then, on
# a terminal of 200x60: each row of the screen against go tool pprof -top of the
# file that W writes, paused, of a fixture and of python3.
set -eu

: "${SCRAPE:?is the program to test}" "${FIXTURES:?is where the fixtures are}"
proofs=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-30}
failed=0

# shellcheck source=tests/proofs/top_terminal.bash
. "$proofs/top_terminal.bash"

python_work='
import json, re, time
while True:
    a = sorted(({"k": i * 7919 % 10007, "v": "x%d" % i} for i in range(20000)),
               key=lambda d: d["k"])
    s = re.sub(r"x(\d+)", r"y\1", json.dumps(json.loads(json.dumps(a))))
'

# of NAME COMMAND ARG...: totals
of() {
	begin_target "${@:2}"
	"$proofs/top_agree.py" totals "$seconds" "$1" "$PID" || failed=1
	end_target
}

of spin "$FIXTURES/spin" 4 $((seconds + 60))
of churn "$FIXTURES/churn" $((seconds + 60))
of python3 /usr/bin/python3 -c "$python_work"

# rows_of NAME COMMAND ARG...
rows_of() {
	begin_target "${@:2}"
	watch 200x60 --window all -p "$PID"
	sleep 5
	keys Space
	see '[Pp]aused|PAUSED'
	screen >capture
	keys W
	see '[Ww]indow|[Aa]ll'
	keys w
	see '[^ ]+\.pb\.gz'
	printf '%-10s ' "$1"
	"$proofs/top_agree.py" rows capture "$(screen |
	    grep -oE '[^ ]+\.pb\.gz' | tail -n 1)" || failed=1
	quit || failed=1
	close_terminal
	end_target
}

rows_of stage "$FIXTURES/stage" 120
rows_of python3 /usr/bin/python3 -c "$python_work"
exit "$failed"
