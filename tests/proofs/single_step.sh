#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# single_step.sh [-n STEPS] [-q] [NAME...] - every instruction's stack, as TAP
#
# Steps through programs one instruction at a time and holds each walk against
# the calls really made (single_step.c). Programs of our own in many builds, and
# real ones. For each: steps, how many exact, and what missed, by function; at
# the end the totals. STEPS bounds each program (300,000). -q: the few that make
# check has time for. A compiler that is not here is skipped, and said.
#
# What has CFI has to be exact, but where that is known to be wrong. What has
# none may end early, one step in ten thousand of all.
set -u -o pipefail

step=${SINGLE_STEP:-./tests/proofs/single_step}
programs=${srcdir:-.}/fixtures/programs
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0 total=0 total_exact=0 total_missed=0 total_cfi=0 total_known=0 failed=0
max= quick=
while getopts n:q option; do
	case $option in
	n) max=$OPTARG ;;
	q) quick=y ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
only=("$@")

if [ "$(uname -m)" != x86_64 ]; then
	echo "1..0 # SKIP the shadow stack is x86_64's"
	exit 0
fi

# CFI that is wrong, and how: misses there are not ours.
#
# swapcontext, setcontext (glibc): between the loads of the stack pointer and of
# the return address their CFI speaks of a return address on top of the new
# stack that is not there yet.
known='(swapcontext|setcontext)[+]'

# misses YES|NO: steps in $out that missed with CFI, in known places or not
misses() {
	awk -v known="$known" -v wanted="$1" '
	/^#   [0-9]+ x .*, with CFI: / {
		n += ($0 ~ ": " known) == (wanted == "YES") ? $2 : 0
	}
	END { print n + 0 }' <<<"$out"
}

# judge NAME: what single_step has printed in $out becomes a line of TAP.
judge() {
	local numbers result=ok

	number=$((number + 1))
	numbers=$(grep '^steps ' <<<"$out")
	if [ -z "$numbers" ]; then
		echo "not ok $number - $1: nothing was stepped through"
		echo "${out//$'\n'/$'\n'# }"
		failed=$((failed + 1))
		return
	fi
	# steps N exact N missed N with_cfi N ...
	read -r _ steps _ exact _ missed _ cfi _ foretold _ rewritten \
	    _ guessed _ seconds <<<"$numbers"
	[ "$(misses NO)" = 0 ] || result='not ok'
	total=$((total + steps)) total_exact=$((total_exact + exact))
	total_missed=$((total_missed + missed)) total_cfi=$((total_cfi + cfi))
	total_known=$((total_known + $(misses YES)))
	grep -v '^steps ' <<<"$out"
	echo "$result $number - $1: $steps steps, $exact exact, $missed missed" \
	    "($cfi with CFI); $foretold foretold, $rewritten rewritten," \
	    "$guessed guessed; $seconds s"
	[ "$result" = ok ] || failed=$((failed + 1))
}

wanted() {
	[ ${#only[@]} = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# run NAME OPTION... -- PROGRAM ARG...
run() {
	local name=$1 options=()

	shift
	wanted "$name" || return 0
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	command -v "$1" >/dev/null || {
		echo "# $name: $1 is not here"
		return 0
	}
	out=$("$step" -n "$max" "${options[@]}" "$@" 2>&1)
	judge "$name"
}

# built NAME COMPILER SOURCE FLAG...: from its entry point on
built() {
	local name=$1 compiler=$2 source=$programs/$3

	wanted "$name" || return 0
	command -v "$compiler" >/dev/null || {
		echo "# $name: $compiler is not here"
		return 0
	}
	shift 3
	if ! "$compiler" "$source" "$@" -o "$dir/$name" 2>"$dir/err"; then
		sed 's/^/# /' "$dir/err"
		number=$((number + 1)) failed=$((failed + 1))
		echo "not ok $number - $name: cannot be built"
		return 0
	fi
	run "$name" -e -- "$dir/$name"
}

# The same source, but its CFI stands in a file of its own.
built_debug_frame() {
	local name=$1 id

	wanted "$name" || return 0
	gcc "$programs/step_frames.c" -O2 -g -fno-asynchronous-unwind-tables \
	    -fno-unwind-tables -Wl,--build-id -o "$dir/$name" || return 1
	id=$(readelf -n "$dir/$name" | sed -n 's/.*Build ID: //p')
	mkdir -p "$dir/debug/.build-id/${id:0:2}"
	objcopy --only-keep-debug "$dir/$name" \
	    "$dir/debug/.build-id/${id:0:2}/${id:2}.debug"
	strip --strip-all "$dir/$name"
	run "$name" -e -D "$dir/debug" -- "$dir/$name"
}

no_cfi=(-fno-asynchronous-unwind-tables -fno-unwind-tables -DRETURNS)

own_programs() {
	local o compiler

	for compiler in gcc clang; do
		for o in 0 1 2 3; do
			built "frames-$compiler-O$o" $compiler step_frames.c \
			    -O$o -fomit-frame-pointer
		done
		built "frames-$compiler-fp" $compiler step_frames.c -O2 \
		    -fno-omit-frame-pointer
		built "signals-$compiler" $compiler step_signals.c -O2
		built "jumps-$compiler" $compiler step_jumps.c -O2 -pthread
		built "switch-$compiler" $compiler step_switch.c -O2
	done
	built frames-Os gcc step_frames.c -Os
	built frames-cet gcc step_frames.c -O2 -fcf-protection
	built frames-static gcc step_frames.c -O2 -static
	built frames-static-pie gcc step_frames.c -O2 -static-pie
	built frames-no-pie gcc step_frames.c -O2 -no-pie -fno-pie
	built frames-lazy gcc step_frames.c -O1 -fplt -Wl,-z,lazy
	built frames-lazy-cet gcc step_frames.c -O1 -fplt -Wl,-z,lazy \
	    -fcf-protection
	built frames-no-plt gcc step_frames.c -O2 -fno-plt
	built frames-clash gcc step_frames.c -O2 -fstack-clash-protection \
	    -fstack-protector-all
	if command -v ld.lld >/dev/null; then
		built frames-lld clang step_frames.c -O2 -fuse-ld=lld
	fi
	built_debug_frame frames-debug-frame
	built signals-fp gcc step_signals.c -O0 -fno-omit-frame-pointer
	built signals-static gcc step_signals.c -O2 -static
	built jumps-static gcc step_jumps.c -O2 -static -pthread
	built throw-gcc g++ step_throw.cc -O2
	built throw-gcc-O0 g++ step_throw.cc -O0
	built throw-clang clang++ step_throw.cc -O2
	built rust rustc step_rust.rs -C opt-level=2
	built frames-musl musl-gcc step_frames.c -O2
	built signals-musl musl-gcc step_signals.c -O2
	built jumps-musl-static musl-gcc step_jumps.c -O2 -static
	built frames-no-cfi gcc step_frames.c -O2 "${no_cfi[@]}"
	built frames-no-cfi-fp gcc step_frames.c -O0 "${no_cfi[@]}" \
	    -fno-omit-frame-pointer
}

# From the dynamic linker's first instruction on; then what they are about.
real_programs() {
	run ls -- ls -l /
	run git -- git --version
	# shellcheck disable=SC2016 # for dash
	run dash -- dash -c 'f() { n=$(($1 + 1)); echo "$(echo $n)"; }; f 1; f 2'
	run python3 -- /usr/bin/python3 -S -c 'print(sum(range(9)))'
	run python3-eval -b _PyEval_EvalFrameDefault -- /usr/bin/python3 -S -c \
	    'import re; print(sorted({"a": 1}.items(), key=lambda x: x[0]))'
	run openssl -- openssl version
	for digest in sha512 sha256 md5; do
		run "openssl-$digest" -b EVP_DigestUpdate -- \
		    openssl dgst -$digest "$programs/step_frames.c"
	done
	for cipher in aes-256-gcm chacha20 chacha20-poly1305; do
		run "openssl-$cipher" -b EVP_EncryptUpdate -i 100 -- \
		    openssl speed -seconds 1 -bytes 16384 -evp $cipher
	done
	run openssl-ecdsap256 -b EVP_PKEY_sign -- \
	    openssl speed -seconds 1 ecdsap256
	run openssl-ed25519 -b EVP_DigestSign -- \
	    openssl speed -seconds 1 ed25519
}

if [ -n "$quick" ]; then
	max=${max:-40000}
	built frames gcc step_frames.c -O2
	built signals gcc step_signals.c -O2
	built jumps gcc step_jumps.c -O2 -pthread
	built switch gcc step_switch.c -O2
	built frames-musl musl-gcc step_frames.c -O2
	built frames-no-cfi gcc step_frames.c -O2 "${no_cfi[@]}"
	run true -- true
else
	max=${max:-300000}
	own_programs
	real_programs
fi
number=$((number + 1))
rate=$(awk -v n="$total" -v e="$total_exact" \
    'BEGIN { printf "%.4f", n ? 100 * e / n : 0 }')
echo "# $total steps, $total_exact exact ($rate %)," \
    "$total_missed missed, $total_cfi of them with CFI," \
    "$total_known of these where it is known to be wrong"
result=ok
if [ $(((total_missed - total_known) * 10000)) -gt "$total" ] ||
    [ "$total" = 0 ]; then
	result='not ok'
	failed=$((failed + 1))
fi
echo "$result $number - one step in 10,000 is missed at most, known ones aside"
echo "1..$number"
[ $failed = 0 ]
