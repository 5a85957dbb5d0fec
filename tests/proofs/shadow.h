/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shadow.h - the call stack of a thread, told by its instructions alone
 *
 * Fed with each instruction that a thread executes. A call puts an entry on,
 * and an entry is gone once the stack pointer is above its slot, by whatever
 * instruction: so a return, a tail call, a longjmp and an exception are all the
 * same. What needs more than that:
 *
 *	signals		the kernel puts on a trampoline, and what was
 *			interrupted; the handler may have a stack of its own
 *	coroutines	a stack pointer that is loaded, and points into none of
 *			the stack at hand, changes to another list of entries
 *	vfork		pops its return address into a register for a while, as
 *			musl's sigsetjmp does into memory
 *
 * Of CFI it knows nothing: that is what it judges.
 */
#ifndef PROOFS_SHADOW_H
#define PROOFS_SHADOW_H

#include "core/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an instruction is to a call stack. */
enum insn {
	INSN_OTHER,
	INSN_CALL,
	INSN_RETURN,
	INSN_JUMP,    /* to where a register or memory says */
	INSN_POP,     /* to anywhere but into the stack pointer */
	INSN_LOAD_SP, /* the stack pointer gets any value */
	INSN_SYSCALL,
};

#define INSN_MAX 15

enum insn insn_classify(const uint8_t *bytes, size_t n);

enum entry_kind {
	ENTRY_CALL,
	ENTRY_ELSEWHERE,   /* a call whose return address was popped */
	ENTRY_INTERRUPTED, /* by a signal: addr is the very instruction */
	ENTRY_GIVEN,	   /* was there when the stepping began */
};

struct entry {
	uint64_t addr; /* a return address, but of ENTRY_INTERRUPTED */
	uint64_t slot; /* where it stands */
	enum entry_kind kind;
};

/*
 * A part of a stack that is one piece of memory: what a signal on a stack of
 * its own puts on is another. Entries from first on are in it.
 */
struct segment {
	size_t first;
	uint64_t sp, top; /* in use: from sp, the lowest, to top */
};

#define SEGMENTS_MAX 16
#define POPPED_MAX   8

/* The stack of a coroutine; a thread that has none has one. */
struct fiber {
	struct entry *entries; /* outermost first */
	size_t n, cap;
	struct segment segments[SEGMENTS_MAX];
	size_t n_segments;
	/*
	 * What a coroutine's function would return to. Nobody called it: it
	 * may end the stack or not.
	 */
	uint64_t bottom;
	bool is_coroutine;
};

struct shadow {
	struct fiber *fibers;
	size_t n, cap;
	size_t current;
	/*
	 * The stack pointer was loaded and entries were dropped, but the thread
	 * is still in the function that did it, as in longjmp().
	 */
	bool is_jumping;
	bool has_landed; /* by the last instruction */
	/* Return addresses popped last: musl's sigsetjmp pushes its twice. */
	struct entry popped[POPPED_MAX];
	size_t n_popped;
};

/* A thread that uses memory up to top, and has called nothing yet. */
void shadow_init(struct shadow *s, uint64_t sp, uint64_t top);
void shadow_deinit(struct shadow *s);
/* Calls that stood already, outermost first; slot of the last one is known. */
void shadow_give(struct shadow *s, uint64_t addr, uint64_t slot);

struct where {
	uint64_t pc, sp;
};

/* The instruction at from has been executed. mem is as it is after that. */
void shadow_step(struct shadow *s, enum insn insn, struct where from,
    struct where to, const struct mem *mem);
/* A handler has been entered, and stands on its first instruction. */
void shadow_signal(struct shadow *s, struct where to, const struct mem *mem);
/* The handler at the top returns, by the system call rt_sigreturn. */
void shadow_sigreturn(struct shadow *s, struct where to);

const struct fiber *shadow_fiber(const struct shadow *s);

#endif
