/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * a64_code.h - frames of aarch64 code without CFI, by what the code itself does
 *
 * Straight on from pc, over every call and past every condition, to the return:
 * what stands there tells how far the stack pointer has to rise, and where the
 * return address is: in x30 still, or in the slot that x30 is loaded from.
 * Arm ARM, C4.1 has the encodings, AAPCS64 the registers.
 */
#ifndef SCRAPE_UNWIND_A64_CODE_H
#define SCRAPE_UNWIND_A64_CODE_H

#include "core/mem.h"
#include "core/regs.h"
#include "unwind/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As struct arch has them. The first has one answer, or none. */
size_t a64_code_find_return(const struct mem *code, const struct mem *mem,
    const struct regs *regs, unsigned max_insns, struct guess *ret);
bool a64_code_leads_to(const struct mem *code, uint64_t from, uint64_t to);

/* What single instructions are. */
bool a64_is_call(uint32_t insn);
bool a64_is_return(uint32_t insn);
/* What a function that makes a frame record, or may be called, begins with. */
bool a64_is_start(uint32_t insn);
/* bl: the distance that it goes. */
bool a64_call_offset(uint32_t insn, int64_t *ret);

#endif
