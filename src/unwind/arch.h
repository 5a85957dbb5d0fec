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

/* What a frame without CFI seems to have for its caller. */
struct guess {
	uint64_t ra_addr;   /* slot of the return address */
	/* It is not there yet: the code has it in a register, as vfork(). */
	bool is_ra_known;
	uint64_t ra;
	struct regs caller; /* all but the pc */
	bool is_record;	    /* by a frame pointer's word alone */
};

/* Of several guesses only one can be right. */
#define GUESSES_MAX 3

struct arch {
	const char *name;
	int elf_machine; /* EM_X86_64, ... */
	uint8_t pc, sp, fp;
	/*
	 * Has the return address until a function saves it; and then fp points
	 * to it and to the caller's fp, side by side. REGS_NONE where a call
	 * puts it on the stack.
	 */
	uint8_t lr;
	/* Bits of a return address that may hold a signature (struct code_space
	 * may know better); 0: it is none. */
	uint64_t signed_bits;

	/*
	 * The state of a function's first or last instructions, told by the
	 * code around pc alone. False: these are not such instructions.
	 */
	bool (*guess_edge)(const struct code_bytes *code,
	    const struct regs *regs, struct guess *ret);
	/*
	 * From any instruction on, by the code up to the function's return:
	 * how many different answers there are. code reads instructions, mem
	 * the stack.
	 */
	size_t (*guess_by_return)(const struct mem *code, const struct mem *mem,
	    const struct regs *regs, unsigned max_insns, struct guess *ret);
	/*
	 * Whether a call to start, whose return address stands at ra_addr, has
	 * led here.
	 */
	bool (*guess_by_start)(const struct mem *code, const struct mem *mem,
	    const struct regs *regs, uint64_t start, uint64_t ra_addr,
	    unsigned max_insns, struct guess *ret);
	/*
	 * Whether code goes from one place to a later one, without an end
	 * between them: then both are of one function.
	 */
	bool (*leads_to)(const struct mem *code, uint64_t from, uint64_t to);
	/* Where a frame record hangs on fp; false: it cannot be read. */
	bool (*guess_fp)(const struct regs *regs, const struct mem *mem,
	    struct guess *ret);
	/* Whether what ends before a return address is a call. */
	bool (*is_after_call)(const struct code_bytes *code);
	/* Where that call led, if it says so itself. ra is where it ends. */
	bool (*call_target)(
	    const struct code_bytes *code, uint64_t ra, uint64_t *ret);
	/* Whether pc is at a signal trampoline, told by its code. */
	bool (*is_sigreturn)(const struct code_bytes *code);
	/* If so, makes regs those of the interrupted code. */
	bool (*step_sigreturn)(const struct code_bytes *code,
	    struct regs *regs, const struct mem *mem);
};

extern const struct arch arch_aarch64;
extern const struct arch arch_x86_64;

/* NULL for a machine that scrape cannot unwind. */
const struct arch *arch_by_machine(int elf_machine);

#endif
