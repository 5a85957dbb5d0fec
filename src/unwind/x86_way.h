/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x86_way.h - a way through x86_64 code: what its instructions have done so far
 *
 * Only what addresses of the stack are made of is followed: registers that are
 * moved, pushed, popped, and have numbers added. What anything else leaves in a
 * register is unknown. Where a way leads, and which of several to go, is the
 * business of who goes it (x86_code.h).
 */
#ifndef SCRAPE_UNWIND_X86_WAY_H
#define SCRAPE_UNWIND_X86_WAY_H

#include "core/mem.h"
#include "unwind/x86_insn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers as instructions number them. */
enum { X86_RBX = 3, X86_RSP = 4, X86_RBP = 5, X86_REGISTERS = 16 };

struct x86_value {
	enum x86_value_kind {
		X86_UNKNOWN,
		X86_NUMBER,
		/* What register v held when the function was entered. */
		X86_AS_ENTERED,
	} kind;
	uint64_t v;
};

struct x86_store {
	uint64_t addr;
	struct x86_value value;
};

/* Words that a way has written to the stack and remembers. */
#define X86_STORES_MAX 24

struct x86_way {
	uint64_t pc;
	struct x86_value regs[X86_REGISTERS];
	/* The last one to an address holds. */
	struct x86_store stores[X86_STORES_MAX];
	size_t n_stores;
};

/* Words that a way has not written: those of the frame, from here on. */
struct x86_frame {
	const struct mem *mem; /* NULL: none can be read */
	uint64_t start;
};

/* Where an instruction leads. */
enum x86_leads {
	X86_ON,	    /* to the next one */
	X86_BRANCH, /* there, or to another */
	X86_JUMP,
	/*
	 * To where a register says, or the word at slot, such as one of the
	 * global offset table; or to nobody knows where.
	 */
	X86_JUMP_INDIRECT,
	X86_RETURN,
	X86_STOP, /* nowhere: a trap, or what no function does */
};

struct x86_target {
	uint64_t to;		     /* of a branch or jump */
	struct x86_value reg, slot; /* of an indirect jump */
	uint64_t popped;	     /* by a return, beside its address */
};

static inline struct x86_value
x86_number(uint64_t v)
{
	return (struct x86_value){X86_NUMBER, v};
}

/* All registers are unknown. */
void x86_way_begin(struct x86_way *w, uint64_t pc);
/*
 * The instruction at w->pc, which stays as it is. What a call does is not
 * followed: it comes back with the stack as it was. ret is only filled where it
 * leads elsewhere.
 */
enum x86_leads x86_way_step(struct x86_way *w, const struct x86_insn *i,
    const struct x86_frame *frame, struct x86_target *ret);

#endif
