/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x86_code.h - frames of code without CFI, by what the code itself does
 *
 * Code is gone through along every branch and over every call, with no regard
 * to what it computes but for the registers that addresses of the stack are
 * made of (x86_way.h). Two questions are answered so:
 *
 *	how it returns	A function that returns has to bring the stack pointer
 *			back to its return address, and its caller's registers
 *			back into their places. What stands between pc and the
 *			ret tells how. Two ways to a ret can disagree where the
 *			code was misread: behind a call that never returns
 *			stands another function.
 *	how it came	From where a call leads to, is there a way to pc that
 *			leaves the stack pointer where it is now? Then that call
 *			is the caller: a word on the stack that merely looks
 *			like a return address does not stand this.
 */
#ifndef SCRAPE_UNWIND_X86_CODE_H
#define SCRAPE_UNWIND_X86_CODE_H

#include "core/mem.h"
#include "core/regs.h"
#include "unwind/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Both look at max_insns instructions at most. code reads them, mem the stack
 * and the slots of the global offset table. regs are those at pc. The first has
 * as many answers as it says, up to GUESSES_MAX.
 */
size_t x86_code_find_return(const struct mem *code, const struct mem *mem,
    const struct regs *regs, unsigned max_insns, struct guess *ret);
/* Entered with a return address at ra_addr, by a call to start. */
bool x86_code_came_from(const struct mem *code, const struct mem *mem,
    const struct regs *regs, uint64_t start, uint64_t ra_addr,
    unsigned max_insns, struct guess *ret);
/* Straight on, past branches and calls; not past what does not go on. */
bool x86_code_leads_to(const struct mem *code, uint64_t from, uint64_t to);

#endif
