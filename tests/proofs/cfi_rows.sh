#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# cfi_rows.sh - every CFI row of stock files against libdw's, as TAP
#
#	cfi_rows.sh [-k N] [FILE...]
#
# Without files: a dozen libraries and programs from gcc, clang, hand-written
# assembly, C and C++, as far as this machine has them.
set -eu

rows=${CFI_ROWS:-./tests/proofs/cfi_rows}
every=1
if [ "${1-}" = -k ]; then
	every=$2
	shift 2
fi
if [ "$(uname -m)" != x86_64 ]; then
	echo "1..0 # SKIP libdw's defaults are known for x86_64 only"
	exit 0
fi
if [ $# -eq 0 ]; then
	for file in /lib64/ld-linux-x86-64.so.2 \
	    /usr/lib/x86_64-linux-gnu/lib[cm].so.6 /usr/lib64/lib[cm].so.6 \
	    /usr/lib/x86_64-linux-gnu/libcrypto.so.[0-9] \
	    /usr/lib64/libcrypto.so.[0-9] \
	    /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /usr/lib64/libstdc++.so.6 \
	    /usr/lib/x86_64-linux-gnu/libLLVM-*.so.1 /usr/lib64/libLLVM*.so.* \
	    /usr/bin/openssl /usr/bin/gdb /usr/bin/node /usr/bin/perl \
	    /usr/bin/python3 /usr/lib/gcc/x86_64*/*/cc1; do
		if [ -f "$file" ]; then
			set -- "$@" "$file"
		fi
	done
fi
exec "$rows" -k "$every" "$@"
