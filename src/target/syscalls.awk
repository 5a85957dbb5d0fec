# SPDX-License-Identifier: GPL-3.0-or-later
# syscalls.awk - a row for each system call, to be included by syscall_table.c
#
# usage: awk -f syscalls.awk DEFINES syscalls.txt
#
# DEFINES is what the preprocessor says that <asm/unistd.h> defines: the names
# of this machine. Their numbers are left to the compiler, for some headers
# define one by another.

FNR == 1 {
	file++
}

# The last two are no calls but counts.
file == 1 && $1 == "#define" && $2 ~ /^__NR_[a-z_]/ &&
    $2 !~ /^__NR_(syscalls|arch_specific_syscall)$/ {
	is_ours[substr($2, 6)] = 1
	names++
}

function row(at, name, n_args, kinds)
{
	printf "[%s] = {\"%s\", %d, {%s}},\n", at, name, n_args, kinds
}

file == 2 && NF > 0 && !/^#/ {
	split($1, call, "=")
	name = call[1]
	if (name in is_ours)
		at = "__NR_" name
	else if (call[2] != "")
		at = call[2]
	else
		next
	kinds = ""
	for (i = 2; i <= NF; i++)
		kinds = kinds (i > 2 ? ", " : "") \
		    ($i == "-" ? "ARG_HIDDEN" : "ARG_" toupper($i))
	row(at, name, NF - 1, kinds)
	delete is_ours[name]
}

END {
	for (name in is_ours)
		row("__NR_" name, name, 6,
		    "ARG_X, ARG_X, ARG_X, ARG_X, ARG_X, ARG_X")
	if (names == 0) {
		print "syscalls.awk: no system calls in " ARGV[1] >"/dev/stderr"
		exit 1
	}
}
