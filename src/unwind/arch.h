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

/* Code bytes around a pc, for the guesses of a walk without CFI. */
struct code_window {
	const uint8_t *bytes;
	size_t len;
	size_t at; /* bytes[at] is at pc; what lies before it was executed */
	bool from_start; /* bytes[0] is the first byte of the function */
};

struct arch {
	const char *name;
	int elf_machine; /* EM_X86_64, ... */
	uint8_t pc, sp, fp;
	uint8_t ra_align; /* every frame's CFA is a multiple of this */
	/* Registers a caller finds as it left them (callee-saved), sp aside. */
	uint64_t preserved;

	/*
	 * Steps from a leaf that has no CFI by reading its code: finds the
	 * return address and what the prologue pushed. False: cannot tell.
	 */
	bool (*step_prologue)(const struct code_window *code, struct regs *regs,
	    const struct mem *mem);
	/* Whether the code before a return address is a call. */
	bool (*is_after_call)(const uint8_t *before, size_t len);
	/* Whether the code at pc is a signal trampoline without CFI; if so,
	 * regs become those of the interrupted code. */
	bool (*step_sigreturn)(
	    const struct code_window *code, struct regs *regs,
	    const struct mem *mem);
};

extern const struct arch arch_x86_64;

/* NULL for a machine that scrape cannot unwind. */
const struct arch *arch_by_machine(int elf_machine);

#endif
