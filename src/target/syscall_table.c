/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_table.h"

#include "base/attr.h"

#include <asm/unistd.h>
#include <stddef.h>

static const struct syscall_info calls[] = {
#include "target/syscall_list.h" /* by syscalls.awk */
};

const struct syscall_info *
syscall_info(int64_t number)
{
	if (number < 0 || number >= (int64_t)ARRAY_SIZE(calls) ||
	    calls[number].name == NULL)
		return NULL;
	return &calls[number];
}

const char *
syscall_name(int64_t number)
{
	const struct syscall_info *info = syscall_info(number);

	return info != NULL ? info->name : NULL;
}

unsigned
syscall_n_args(int64_t number)
{
	const struct syscall_info *info = syscall_info(number);

	return info != NULL ? info->n_args : SYSCALL_ARGS;
}
