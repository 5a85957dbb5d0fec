# SPDX-License-Identifier: GPL-3.0-or-later
# addr2line.awk SYMBOLS OURS THEIRS - compare two answers, address by address
#
# SYMBOLS has "ADDRESS NAME" lines, the answers are in the form of
# `addr2line -i -f -a`. An address counts as explained where the other tool
# differs in one of these known ways, and else is printed:
#
#	alias	the physical function under another of its symbols, or of its
#		names: elfutils says "foo" where there is _ZN1a3fooEv
#	symbol	addr2line calls an inlined function without a linkage name by
#		the symbol of the function that it is inlined into
#	flat	the other tool misses the inlined calls, but has the function and
#		the line right: binutils 2.40 in what clang writes as DWARF 5,
#		elfutils in functions that are nested in others
#	line	no unit holds the address, and elfutils takes the line before

# One name for all pieces and variants of a function.
function whole(name) {
	sub(/ inlined at .*/, "", name)
	while (sub(/\.(cold|part|isra|constprop|lto_priv|llvm)(\.[0-9]+)?$/, "", name))
		;
	return name
}

# "?" where the line is not known, whatever is said instead.
function place(text) {
	sub(/ \(discriminator [0-9]+\)$/, "", text)
	if (text ~ /:[0-9?]+:[0-9]+$/)
		sub(/:[0-9]+$/, "", text)
	return text ~ /:[0?]$/ ? "?" : text
}

# "_ZN1a3fooEv" spells "foo" as "3foo".
function spells(mangled, name) {
	sub(/<.*/, "", name)
	sub(/^~/, "", name)
	return mangled ~ /^_[ZR]/ && (name ~ /^operator/ ||
	    index(mangled, length(name) name) > 0)
}

function same_function(a, b) {
	return a == b || (a in symbol && b in symbol && symbol[a] == symbol[b])
}

FILENAME != file {
	file = FILENAME
	part++
	at = ""
}

part == 1 {
	symbol[whole($2)] = $1
	next
}

/^0x[0-9a-f]+$/ {
	at = $0
	sub(/^0x0*/, "", at)
	n[part, at] = 0
	if (part == 2)
		order[++total] = at
	is_place = 0
	next
}

NF == 0 {
	next
}

!is_place {
	fn[part, at, ++n[part, at]] = whole($0)
	is_place = 1
	next
}

{
	where[part, at, n[part, at]] = place($0)
	is_place = 0
}

# "" where both say the same, the known difference, or "unexplained".
function judge(at,    i, count, why, a, b) {
	count = n[2, at]
	if (n[3, at] != count) {
		if (n[3, at] == 1 && where[2, at, 1] == where[3, at, 1] &&
		    (same_function(fn[2, at, count], fn[3, at, 1]) ||
			spells(fn[2, at, count], fn[3, at, 1])))
			return "flat"
		return "unexplained"
	}
	why = ""
	for (i = 1; i <= count; i++) {
		a = fn[2, at, i]
		b = fn[3, at, i]
		if (where[2, at, i] != where[3, at, i]) {
			if (count > 1 || where[2, at, i] != "?")
				return "unexplained"
			why = "line"
		}
		if (a == b)
			continue
		if (i == count && (same_function(a, b) || spells(a, b)))
			why = "alias"
		else if (i == 1 && a !~ /^_[ZR]/ &&
		    same_function(fn[2, at, count], b))
			why = "symbol"
		else
			return "unexplained"
	}
	return why
}

function show(part, at,    i) {
	for (i = 1; i <= n[part, at]; i++)
		printf "#     %s %s\n", fn[part, at, i], where[part, at, i]
}

END {
	for (k = 1; k <= total; k++) {
		why = judge(order[k])
		seen[why]++
		if (why == "unexplained" && seen[why] <= 5) {
			printf "# %s, ours and theirs:\n", order[k]
			show(2, order[k])
			print "#   --"
			show(3, order[k])
		}
	}
	printf "# %d addresses, %d the same", total, seen[""]
	split("alias symbol flat line unexplained", kinds, " ")
	for (k = 1; k <= 5; k++)
		if (seen[kinds[k]] > 0)
			printf ", %d %s", seen[kinds[k]], kinds[k]
	print ""
	exit total == 0 || seen["unexplained"] > 0
}
