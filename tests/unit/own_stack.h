/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * own_stack.h - a thread of the test as what would be copied of it in a stop
 *
 *	ucontext_t here;
 *
 *	(void)getcontext(&here);
 *	own_stack_copy(&here, size, &snap);
 *
 * Frames outside the one that called getcontext() stay true as long as that has
 * not returned.
 */
#ifndef SCRAPE_TESTS_UNIT_OWN_STACK_H
#define SCRAPE_TESTS_UNIT_OWN_STACK_H

#include "core/snapshot.h"
#include "target/remote_mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the registers of a ucontext_t are read for x86_64 only"
#endif

static inline void
own_registers(const ucontext_t *uc, struct regs *ret)
{
	/* By DWARF number. */
	static const int numbers[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX,
	    REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8, REG_R9, REG_R10,
	    REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};

	*ret = (struct regs){0};
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		regs_set(ret, i, (uint64_t)uc->uc_mcontext.gregs[numbers[i]]);
}

/*
 * Of size bytes of stack, as far as there are; frees what snap had before. The
 * kernel copies, for a sanitizer minds who reads the stack as a whole.
 */
static inline void
own_stack_copy(const ucontext_t *uc, size_t size, struct snapshot *snap)
{
	struct remote_mem rm = {.pid = getpid(), .mem_fd = -1};

	free(snap->stack);
	own_registers(uc, &snap->regs);
	snap->stack_addr = snap->regs.r[X86_64_RSP] - SNAPSHOT_BELOW_SP;
	snap->stack = malloc(size);
	assert_non_null(snap->stack);
	snap->stack_len = remote_mem_read_some(
	    &rm, snap->stack_addr, snap->stack, size);
	assert_true(snap->stack_len > SNAPSHOT_BELOW_SP);
}

#endif
