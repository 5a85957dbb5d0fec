#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# cfi_rows.sh - every CFI row of stock files against libdw's, as TAP
#
#	cfi_rows.sh [-a] [-k N] [FILE...]
#
# Without files: a dozen libraries and programs from gcc, clang, hand-written
# assembly, C and C++, as far as this machine has them; with -a all that it has
# of ELF files, small ones first.
set -eu

rows=${CFI_ROWS:-./tests/proofs/cfi_rows}
every=1
all=false
while getopts ak: option; do
	case $option in
	a) all=true ;;
	k) every=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# Programs are executable, libraries are called so; and then: 64 bits,
# little-endian, a program or library, x86_64.
elf_files() {
	find /usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/libexec -type f \
	    \( -perm /111 -o -name '*.so*' \) -printf '%s %p\n' 2>/dev/null |
	    sort -n | cut -d' ' -f2- |
	    while read -r file; do
		case $(od -An -v -tx1 -N20 -w20 "$file") in
		" 7f 45 4c 46 02 01"*" 0"[23]" 00 3e 00") echo "$file" ;;
		esac
	    done
}

if [ "$(uname -m)" != x86_64 ]; then
	echo "1..0 # SKIP libdw's defaults are known for x86_64 only"
	exit 0
fi
if $all; then
	# One program a file: a crash of one leaves the others.
	elf_files | xargs -d '\n' -n 1 "$rows" -k "$every"
	exit
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
