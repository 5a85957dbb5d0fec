/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h - from one frame to its caller: the ways there are, tried in order
 */
#ifndef SCRAPE_UNWIND_STEP_H
#define SCRAPE_UNWIND_STEP_H

#include "core/end_reason.h"
#include "core/mem.h"
#include "core/regs.h"
#include "object/cfi.h"
#include "unwind/arch.h"
#include "unwind/rule_lookup.h"
#include "unwind/trail.h"
#include "unwind/unwind.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a pc lies. module is NULL where no ELF file is known to be there. */
struct place {
	struct module *module;
	uint64_t bias;
	bool is_code; /* in an executable mapping */
	struct byte_ranges *record; /* of the code space; or NULL */
	struct code_cache *codes;   /* likewise */
};

struct place place_of(const struct code_space *space, uint64_t pc);
/* The bytes around pc, from the module's file, else from memory. */
void read_code(const struct place *at, uint64_t pc, const struct mem *mem,
    struct code_bytes *ret);

/* A return address as it is, whatever signature it has on the stack. */
uint64_t bare_address(const struct code_space *space, uint64_t ra);

enum step {
	STEP_CALLER,	  /* regs are the caller's, at a return address */
	STEP_INTERRUPTED, /* regs are those that a signal interrupted */
	STEP_END,	  /* no caller: *ret_end says why */
};

enum step step_by_cfi(const struct cfi_row *row, const struct arch *arch,
    uint64_t bias, const struct mem *mem, struct regs *regs,
    enum end_reason *ret_end);
/*
 * The same by a rule of kind COMPACT_FRAME or COMPACT_LEAF; numbers are
 * compact_regs() of the machine. False, and nothing changed, where that does
 * not go smoothly: step_by_cfi() says how far it goes.
 */
bool step_by_compact(const struct cfi_compact *rule, const uint8_t *numbers,
    const struct arch *arch, const struct mem *mem, struct regs *regs);
/*
 * Many steps at once, from frame n - 1 on, as long as all is as it nearly
 * always is: a rule of kind COMPACT_FRAME, its slots in the window, the stack
 * pointer rising, a frame left of max. Returns how many frames there are now.
 * regs are those of the last of them, or its pc is 0, and the last was
 * outermost. trail may be NULL.
 */
size_t run_by_compact(struct rule_lookup *l, struct mem_window *window,
    struct trail_walk *trail, struct regs *regs, struct frame *frames,
    size_t n, size_t max);
/*
 * Without CFI: only what can be checked is believed. is_exact: pc is the very
 * instruction, so the code around it tells the frame's state.
 */
enum step step_by_guess(const struct code_space *space, const struct place *at,
    bool is_exact, const struct mem *mem, struct regs *regs,
    enum end_reason *ret_end);

/*
 * The frame pointer, where it is all that the CFI knows the CFA by: of a thread
 * that sleeps the kernel tells only pc and sp.
 * The code tells how far it has moved the stack pointer since start, where it
 * was entered: the return address that this leads to is its own. The CFA is
 * cfa_off above the frame pointer. False, and nothing changed, where the code does not say, as
 * with alloca().
 */
bool find_fp(const struct code_space *space, const struct place *at,
    uint64_t start, int64_t cfa_off, const struct mem *mem, struct regs *regs);

#endif
