/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x86_code.h - where code without CFI keeps its return address, by reading on
 *
 * A function that returns has to bring the stack pointer back to its return
 * address and its caller's registers back into their places: what stands
 * between pc and the ret tells how. So the code is gone through from pc on,
 * along every branch and over every call, with no regard to what it computes
 * but for the stack pointer and the frame pointer.
 *
 * Where two ways to a ret disagree the code was misread (the call that never
 * returns is the usual reason), and there is no answer.
 */
#ifndef SCRAPE_UNWIND_X86_CODE_H
#define SCRAPE_UNWIND_X86_CODE_H

#include "core/mem.h"
#include "core/regs.h"
#include "unwind/arch.h"

#include <stdbool.h>

/* code reads instructions, from regs' pc on. */
bool x86_code_find_return(const struct mem *code, const struct regs *regs,
    unsigned max_insns, struct guess *ret);
/* Straight on, past branches and calls; not past what does not go on. */
bool x86_code_leads_to(const struct mem *code, uint64_t from, uint64_t to);

#endif
