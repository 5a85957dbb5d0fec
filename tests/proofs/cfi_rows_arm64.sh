#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# cfi_rows_arm64.sh [-k N] [PACKAGE...] - every CFI row of Debian's arm64 files
# against libdw's, as TAP
#
# Fetches the packages from the Debian mirror that this machine uses, unpacks
# them in a folder of its own, and hands their ELF files to cfi_rows. Nothing is
# installed, and apt's own state stays as it is. Without packages: the C and C++
# libraries, and programs in C, C++, assembly and Rust.
set -eu -o pipefail

rows=${CFI_ROWS:-./tests/proofs/cfi_rows}
every=1
if [ "${1-}" = -k ]; then
	every=$2
	shift 2
fi
if [ $# -eq 0 ]; then
	set -- libc6 libstdc++6 libgcc-s1 libssl3 libpython3.11-minimal bash \
	    coreutils gdb-minimal ripgrep
fi
command -v apt-get >/dev/null || {
	echo "1..0 # SKIP no apt-get here"
	exit 0
}
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-arm64.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# apt-get drops its rights while it downloads.
chmod 755 "$dir"
mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial" \
    "$dir/packages"

apt() {
	apt-get -qq -o Dir::State="$dir/state" -o Dir::Cache="$dir/cache" \
	    -o Dir::State::status=/dev/null -o APT::Architecture=arm64 \
	    -o APT::Architectures=arm64 -o APT::Sandbox::User= "$@"
}

if ! apt update 2>"$dir/err"; then
	sed 's/^/# /' "$dir/err"
	echo "1..0 # SKIP no mirror with arm64"
	exit 0
fi
(cd "$dir/packages" && apt download "$@")
for package in "$dir"/packages/*.deb; do
	dpkg -x "$package" "$dir/root"
done
# 64 bits, little-endian; a program or library; aarch64.
find "$dir/root" -type f | sort | while read -r file; do
	case $(od -An -v -tx1 -N20 -w20 "$file") in
	" 7f 45 4c 46 02 01"*" 0"[23]" 00 b7 00") echo "$file" ;;
	esac
done >"$dir/files"
# shellcheck disable=SC2046 # no name has a space
"$rows" -k "$every" $(cat "$dir/files") | sed "s|$dir/root||"
