# SPDX-License-Identifier: GPL-3.0-or-later
# addr2line.awk -v tool=TOOL -v unit=SOURCE SYMBOLS OURS THEIRS
#
# Compares two answers, address by address. SYMBOLS has "ADDRESS NAME" lines,
# the answers are in the form of `addr2line -i -f -a`. An address counts as
# explained where the other tool differs in one of these known ways, and else is
# printed:
#
#	alias	the physical function under another of its symbols, or by its
#		name in the source
#	symbol	addr2line calls an inlined function without a linkage name by
#		the symbol of the function that it is inlined into
#	file	addr2line 2.40 takes file 1 of a DWARF 5 line table for file 0,
#		the source of the unit
#	flat	some of the inlined calls are missing, all else is right:
#		addr2line 2.40 with DW_FORM_rnglistx, which clang writes;
#		elfutils in functions that are nested in others
#	line	no unit holds the address, and elfutils takes the line before
#	other	several inlined calls hold the address, none inside another, and
#		elfutils takes another one

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

# Whether theirs is ours with some inlined calls left out: then the call that is
# named last still has its own line.
function is_flat(at,    i, k, ours, theirs) {
	ours = n[2, at]
	theirs = n[3, at]
	if (tool == "llvm-symbolizer" || theirs >= ours ||
	    where[2, at, 1] != where[3, at, 1])
		return 0
	i = ours
	if (!same_function(fn[2, at, i], fn[3, at, theirs]) &&
	    !spells(fn[2, at, i], fn[3, at, theirs]))
		return 0
	for (k = theirs - 1; k >= 1; k--) {
		for (i--; i >= 1 && fn[2, at, i] != fn[3, at, k]; i--)
			;
		if (i < 1 || where[2, at, i + 1] != where[3, at, k + 1])
			return 0
	}
	return 1
}

# "" where line i of both names the same place.
function judge_place(at, i,    a, b) {
	a = where[2, at, i]
	b = where[3, at, i]
	if (a == b)
		return ""
	if (tool == "eu-addr2line" && n[2, at] == 1 && a == "?")
		return "line"
	sub(/.*:/, "", a)
	if (tool == "addr2line" && b == unit ":" a)
		return "file"
	return "unexplained"
}

# "" where line i of both names the same function.
function judge_function(at, i,    a, b, count) {
	a = fn[2, at, i]
	b = fn[3, at, i]
	count = n[2, at]
	if (a == b)
		return ""
	if (i == count && (same_function(a, b) || spells(a, b)))
		return "alias"
	if (tool == "addr2line" && a !~ /^_[ZR]/ &&
	    same_function(fn[2, at, count], b))
		return "symbol"
	return "unexplained"
}

# Whether they part at line i, but begin and end alike.
function is_other(at, i,    count) {
	count = n[2, at]
	return tool == "eu-addr2line" && i < count &&
	    where[2, at, 1] == where[3, at, 1] &&
	    where[2, at, count] == where[3, at, count]
}

# "" where both say the same, the known difference, or "unexplained".
function judge(at,    i, count, where_why, fn_why, said) {
	count = n[2, at]
	if (n[3, at] != count)
		return is_flat(at) ? "flat" : "unexplained"
	said = ""
	for (i = 1; i <= count; i++) {
		where_why = judge_place(at, i)
		fn_why = judge_function(at, i)
		if (where_why == "unexplained" || fn_why == "unexplained")
			return is_other(at, i) ? "other" : "unexplained"
		if (fn_why != "")
			said = fn_why
		else if (where_why != "")
			said = where_why
	}
	return said
}

function show(part, at,    i) {
	for (i = 1; i <= n[part, at]; i++)
		printf "#     %s %s\n", fn[part, at, i], where[part, at, i]
}

END {
	for (k = 1; k <= total; k++) {
		why = judge(order[k])
		seen[why]++
		if (why == "unexplained" && seen[why] <= 2) {
			printf "# %s, ours and theirs:\n", order[k]
			show(2, order[k])
			print "#   --"
			show(3, order[k])
		}
	}
	printf "# %d addresses, %d the same", total, seen[""]
	count = split("alias symbol file flat line other unexplained", kinds, " ")
	for (k = 1; k <= count; k++)
		if (seen[kinds[k]] > 0)
			printf ", %d %s", seen[kinds[k]], kinds[k]
	print ""
	exit total == 0 || seen["unexplained"] > 0
}
