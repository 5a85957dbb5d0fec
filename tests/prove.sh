#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# prove.sh PROOF... - runs proofs one after another, for "make proofs"
#
# Shows what each prints, since that is what README quotes, and keeps it in
# PROOF.log below the current directory. A proof fails by its status or by a
# line "not ok", whichever it has; the others still run.
set -u -o pipefail

failed=()
for proof; do
	log=${proof#"${srcdir:-.}/"}
	log=${log%.sh}.log
	mkdir -p "$(dirname "$log")"
	echo "== $proof"
	start=$SECONDS
	"$proof" </dev/null 2>&1 | tee "$log"
	status=$?
	if [ "$status" -ne 0 ] || grep -q '^not ok' "$log"; then
		failed+=("$proof")
	fi
	echo "== $proof: status $status after $((SECONDS - start)) s"
done
echo "proofs: $# run, ${#failed[@]} failed ${failed[*]-}"
[ ${#failed[@]} -eq 0 ]
