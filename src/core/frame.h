/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - one activation of a function on a stack, before it has a name
 */
#ifndef SCRAPE_CORE_FRAME_H
#define SCRAPE_CORE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct frame {
	uint64_t pc;
	/*
	 * pc is where a call returns to. False for the leaf, for the frame that
	 * a signal frame interrupted, and for one that is about to be returned
	 * to without ever having called (a landing pad, the bottom of a
	 * coroutine's stack): there pc is the very instruction.
	 */
	bool is_return_addr;
	bool is_signal; /* the kernel's signal trampoline itself */
	bool guessed;	/* found without CFI: by prologue or frame pointer */
};

/*
 * The address to look things up by. A call may be the last instruction of its
 * function, and then the return address belongs to the next one. This is the
 * only "minus one" in the tree.
 */
static inline uint64_t
frame_lookup_pc(const struct frame *f)
{
	return f->is_return_addr ? f->pc - 1 : f->pc;
}

#endif
