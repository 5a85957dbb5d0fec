/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x86_insn.h - one x86_64 instruction: how long it is, and its parts
 *
 * Enough to go through code, not to know what it computes: the encoding alone
 * (Intel SDM volume 2, chapter 2 and appendix A). For code without CFI, whose
 * pushes and pops x86_code.h follows.
 */
#ifndef SCRAPE_UNWIND_X86_INSN_H
#define SCRAPE_UNWIND_X86_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define X86_INSN_MAX 15

/* Which table of opcodes. */
enum x86_map {
	X86_ONE_BYTE,
	X86_0F,
	X86_0F38,
	X86_0F3A,
};

struct x86_insn {
	uint8_t length;
	uint8_t map; /* enum x86_map */
	uint8_t opcode;
	uint8_t rex;	/* 0: none */
	bool is_vector; /* VEX or EVEX: opcode means something else */
	bool has_modrm;
	/* Of ModRM, with the bits that REX adds. */
	uint8_t mod, reg, rm;
	bool has_index, is_rip_relative;
	uint8_t base; /* of the SIB byte, else rm */
	int32_t disp;
	int64_t imm; /* sign-extended */
};

/* False where n bytes are not enough, or no instruction that is known. */
bool x86_insn_decode(
    const uint8_t *bytes, size_t n, struct x86_insn *ret);

#endif
