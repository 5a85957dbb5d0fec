#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# network.bats - scrape never asks a server that nobody told it to ask

load helper

# Where the environment names servers, libdw's own search would ask them.
@test "no socket is opened, whatever DEBUGINFOD_URLS says" {
	need_program strace
	start spin
	DEBUGINFOD_URLS=http://127.0.0.1:9 DEBUGINFOD_CACHE_PATH=$PWD/cache \
	    "${NO_LEAKS[@]}" strace -f -o trace -e trace=%network,openat \
	    "$SCRAPE" record -d 0.3 -o out.pb.gz -p "$PID"
	# The trace is whole: also of the process that looks the names up.
	grep -q '/\.build-id/' trace
	run ! grep -E 'socket\(|connect\(|libdebuginfod' trace
	[ ! -e cache ]
}
