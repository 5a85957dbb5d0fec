# SPDX-License-Identifier: GPL-3.0-or-later
# readers.bash - what three independent readers find in a pprof file
#
# Each totals_... FILE prints "SAMPLES CPU_NS", the sums over all samples:
#
#	totals_go	go tool pprof
#	totals_protoc	protoc, by the schema
#	totals_npm	the npm package pprof-format
#
# Before any of them: need_go, need_protoc, need_npm skip the test, with the
# reason, where the reader is not to be had. Nothing here uses the network:
# ./bootstrap check puts pprof-format into npm/ of the build directory, where npm
# is there and reaches its registry.

readers_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
schema_dir=$readers_dir/../../src/output

# pprof keeps a cache and, given a chance, looks for binaries and symbols.
pprof() {
	PPROF_TMPDIR=$BATS_TEST_TMPDIR PPROF_BINARY_PATH=$BATS_TEST_TMPDIR \
	    go tool pprof -symbolize=none "$@"
}

need_go() {
	command -v go >/dev/null || skip "go is not installed"
	go tool -n pprof >/dev/null 2>&1 || skip "go has no pprof tool"
}

need_protoc() {
	command -v protoc >/dev/null || skip "protoc is not installed"
}

# -raw: "  SAMPLES CPU_NS: LOCATION...", between "Samples:" and "Locations".
totals_go() {
	local raw

	raw=$(pprof -raw "$1") || return
	awk '
		/^Samples:/ { inside = 1; next }
		/^Locations/ { inside = 0 }
		inside && /^ *[0-9]+ +[0-9]+:/ {
			sub(/:.*/, "")
			samples += $1
			cpu += $2
		}
		END { printf "%.0f %.0f\n", samples, cpu }' <<<"$raw"
}

decode() {
	gzip -dc "$1" | protoc --proto_path="$schema_dir" \
	    --decode=perftools.profiles.Profile profile.proto
}

# The values of a sample stand in the order of the types.
totals_protoc() {
	local text

	text=$(decode "$1") || return
	awk '
		/^sample \{/ { n = 0 }
		/^  value: / { total[n++] += $2 }
		END { printf "%.0f %.0f\n", total[0], total[1] }' <<<"$text"
}

# The folder whose node_modules holds pprof-format.
npm_modules() {
	echo "${builddir:-.}/npm/node_modules"
}

need_npm() {
	command -v node >/dev/null || skip "node is not installed"
	NODE_PATH=$(npm_modules) node -e 'require("pprof-format")' \
	    2>/dev/null || skip "pprof-format is not in $(npm_modules)"
}

totals_npm() {
	NODE_PATH=$(npm_modules) node -e '
		const fs = require("fs"), zlib = require("zlib");
		const { Profile } = require("pprof-format");
		const raw = zlib.gunzipSync(fs.readFileSync(process.argv[1]));
		const totals = [0n, 0n];
		for (const sample of Profile.decode(raw).sample)
			sample.value.forEach(
			    (v, i) => { totals[i] += BigInt(v); });
		console.log(totals.join(" "));' "$1"
}
