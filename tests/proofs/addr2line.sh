#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# addr2line.sh [quick] - names, lines and inlined calls, against other tools
#
# Asks symbolize_addrs and addr2line, llvm-symbolizer and eu-addr2line about the
# same addresses, spread evenly over the functions of programs by g++, clang++
# and rustc, as TAP. Every answer must be the same, or differ in a way that
# addr2line.awk knows and names. "quick" takes one small program, for `make
# check`.
set -u -o pipefail

srcdir=$(cd "${srcdir:-.}" && pwd)
symbolize=${SYMBOLIZE_ADDRS:-$PWD/tests/proofs/symbolize_addrs}
proofs=$srcdir/tests/proofs
work=$(mktemp -d "${TMPDIR:-/tmp}/addr2line.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
number=0

# symbols FILE: "ADDRESS SIZE NAME" of the functions that have a size, in hex
symbols() {
	nm -S --defined-only "$1" | awk 'NF == 4 && $3 ~ /[tTwW]/ {
		print $1, $2, $4 }'
}

# spread N: about N addresses evenly over what symbols printed
spread() {
	sort -u -k1,2 | awk '{ print $1, $2 }' | sort -u | while read -r at size
	do
		echo "$((16#$at)) $((16#$size))"
	done | awk -v want="$1" '
		{ at[NR] = $1; size[NR] = $2; all += $2 }
		END {
			step = int(all / want) + 1
			for (i = 1; i <= NR; i++) {
				for (; next_off < size[i]; next_off += step)
					printf "0x%x\n", at[i] + next_off
				next_off -= size[i]
			}
		}'
}

result() { # result STATUS TEXT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
	fi
}

# ask TOOL FILE <ADDRESSES
ask() {
	case $1 in
	ours) "$symbolize" "$2" ;;
	addr2line) addr2line -i -f -a -e "$2" ;;
	llvm-symbolizer) llvm-symbolizer -i -f -a --output-style=GNU \
	    --no-demangle -e "$2" ;;
	# Some 20 ms an address: it walks the whole unit each time.
	eu-addr2line) head -n 60 | eu-addr2line -i -f -a -e "$2" ;;
	esac
}

# compare TOOL FILE SOURCE, about the addresses in $work/addrs
compare() {
	if ! command -v "$1" >/dev/null; then
		number=$((number + 1))
		echo "ok $number - $1: ${2##*/} # SKIP no $1 here"
		return
	fi
	ask "$1" "$2" <"$work/addrs" >"$work/theirs"
	if [ "$1" = eu-addr2line ]; then
		head -n 60 "$work/addrs" | ask ours "$2" >"$work/ours"
	else
		ask ours "$2" <"$work/addrs" >"$work/ours"
	fi
	symbols "$2" | awk '{ print $1, $3 }' >"$work/symbols"
	awk -v tool="$1" -v unit="$3" -f "$proofs/addr2line.awk" \
	    "$work/symbols" "$work/ours" "$work/theirs"
	result $? "$1: ${2##*/}"
}

# program NAME ADDRESSES TOOLS COMMAND... SOURCE: built by them and -o FILE
program() {
	local name=$1 count=$2 tools=$3 tool
	shift 3
	if ! command -v "$1" >/dev/null; then
		number=$((number + 1))
		echo "ok $number - $name # SKIP no $1 here"
		return
	fi
	if ! (cd "$work" && "$@" -o "$name") >"$work/log" 2>&1; then
		sed 's/^/# /' "$work/log"
		result 1 "$name builds"
		return
	fi
	symbols "$work/$name" | spread "$count" >"$work/addrs"
	for tool in $tools; do
		compare "$tool" "$work/$name" "${!#}"
	done
}

if [ "${1:-}" = quick ]; then
	program gcc 500 addr2line g++ -O2 -g \
	    "$srcdir/fixtures/programs/inline_cxx.cc"
else
	program gcc 4000 'addr2line llvm-symbolizer eu-addr2line' \
	    g++ -O2 -g "$proofs/inlines.cc"
	program gcc-dwarf4 4000 'addr2line llvm-symbolizer' \
	    g++ -O2 -gdwarf-4 "$proofs/inlines.cc"
	program gcc-split 4000 'addr2line' \
	    g++ -O2 -gsplit-dwarf "$proofs/inlines.cc"
	program clang 4000 'addr2line llvm-symbolizer' \
	    clang++ -O2 -g "$proofs/inlines.cc"
	program clang-dwarf4 4000 'addr2line llvm-symbolizer' \
	    clang++ -O2 -gdwarf-4 "$proofs/inlines.cc"
	program rust 4000 'addr2line llvm-symbolizer' \
	    rustc -O -g "$proofs/inlines.rs"
fi
echo "1..$number"
