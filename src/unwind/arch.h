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

/* Where a frame without CFI keeps what its caller needs. */
struct guess {
	uint64_t ra_addr;   /* slot of the return address; sp after it: +8 */
	uint64_t fp_addr;   /* slot of the saved frame pointer; 0: unchanged */
	bool fp_is_pushed;
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
