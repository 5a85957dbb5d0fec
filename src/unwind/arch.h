/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arch.h - what the walk has to know about a machine, as one table each
 *
 * To add an architecture: an arch_NAME.c with a struct arch, a line in arch.c.
 */
#ifndef SCRAPE_UNWIND_ARCH_H
#define SCRAPE_UNWIND_ARCH_H

#include "core/mem.h"
#include "core/regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much code before and from a pc the guesses look at. */
#define CODE_BEFORE 16
#define CODE_AFTER  16

/*
 * Code around a pc. Bytes that could not be read are not there: before[] is
 * filled from its end, so before[CODE_BEFORE - 1] is the byte just before pc.
 */
struct code_bytes {
	uint8_t before[CODE_BEFORE];
	uint8_t after[CODE_AFTER];
	size_t n_before, n_after;
};

/* Registers that a guess tells of, by DWARF number. */
#define GUESS_REGS 16

/* Where a frame without CFI keeps what its caller needs. */
struct guess {
	uint64_t ra_addr; /* slot of the return address */
	uint64_t sp;	  /* the caller's */
	uint32_t saved;	  /* bit i: register i's value stands at slots[i] */
	uint64_t slots[GUESS_REGS];
	/*
	 * The saved ones are the links of a frame record, and what else the
	 * function saved is not known. Else the others are unchanged.
	 */
	bool is_record;
};

struct arch {
	const char *name;
	int elf_machine; /* EM_X86_64, ... */
	uint8_t pc, sp, fp;

	/*
	 * The state of a function's first or last instructions, told by the
	 * code around pc alone. False: these are not such instructions.
	 */
	bool (*guess_edge)(const struct code_bytes *code,
	    const struct regs *regs, struct guess *ret);
	/*
	 * The same from any other instruction on, by the code up to the
	 * function's return. False: it does not tell.
	 */
	bool (*guess_by_code)(const struct mem *code, const struct regs *regs,
	    unsigned max_insns, struct guess *ret);
	/*
	 * Whether code goes from one place to a later one, without an end
	 * between them: then both are of one function.
	 */
	bool (*leads_to)(const struct mem *code, uint64_t from, uint64_t to);
	/* Registers that a call leaves alone; bit: DWARF number. */
	uint64_t preserved;
	/* Where a frame record hangs on fp. */
	void (*guess_fp)(const struct regs *regs, struct guess *ret);
	/* Whether what ends before a return address is a call. */
	bool (*is_after_call)(const struct code_bytes *code);
	/*
	 * Whether pc is at a signal trampoline that has no CFI; then regs
	 * become those of the interrupted code.
	 */
	bool (*step_sigreturn)(const struct code_bytes *code,
	    struct regs *regs, const struct mem *mem);
};

extern const struct arch arch_x86_64;

/* NULL for a machine that scrape cannot unwind. */
const struct arch *arch_by_machine(int elf_machine);

#endif
