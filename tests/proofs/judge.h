/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge.h - our walk of a stack against the calls that were really made
 *
 * At each instruction the frames of a walk are held against those of the shadow
 * (shadow.h): every return address, what a signal interrupted, and that the
 * walk knows the end. What is wrong is counted by the function it went wrong
 * in. How the process is made to go on is none of its business.
 *
 * In the middle of a jump to another frame (longjmp, an exception, a change of
 * coroutines) CFI may tell already where it leads. Such a walk is right if the
 * jump does lead there: "foretold" in the summary, and part of the exact ones.
 * So is "rewritten": see is_rewritten() and is_in_unwinder(). Until a jump has
 * landed a miss is only pending.
 */
#ifndef PROOFS_JUDGE_H
#define PROOFS_JUDGE_H

#include "core/frame.h"
#include "core/mem.h"
#include "core/regs.h"
#include "shadow.h"
#include "unwind/unwind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct space;

#define JUDGE_FRAMES_MAX 8192
#define PENDING_MAX	 256
#define CULPRITS_MAX	 1000
/* How much of a stack is kept to be shown. */
#define WANTED_SHOWN	 8

/* A walk that was not what the shadow has; a jump may yet show it right. */
struct pending {
	struct frame *frames;
	struct unwind_result result;
	size_t at; /* the first frame that differs */
	const char *why;
	struct entry wanted[WANTED_SHOWN]; /* innermost first */
	size_t n_wanted;
};

/* Steps that went wrong in one function in one way. */
struct culprit {
	char *name;
	const char *why;
	bool has_cfi;
	uint64_t n, pc;
};

struct judge {
	struct space *space;
	const struct shadow *shadow;
	struct mem mem; /* as it is at this instruction */
	bool maps_may_be_old;

	struct frame *frames; /* of the last walk */
	struct unwind_result result;
	struct pending pending[PENDING_MAX];
	size_t n_pending;

	uint64_t steps, exact, missed, missed_with_cfi;
	uint64_t foretold, rewritten, guessed; /* of the exact ones */
	struct pending *held; /* misses in libgcc, until it jumps */
	size_t n_held, cap_held;
	struct culprit culprits[CULPRITS_MAX];
	size_t n_culprits;
	unsigned verbose; /* so many misses are yet to be shown in full */
};

/* All else is zero. Nothing of it is freed: it lives as long as its program. */
void judge_init(struct judge *j, struct space *space,
    const struct shadow *shadow, struct mem mem);

/* Without a judgement: into frames and result. */
void judge_walk(struct judge *j, const struct regs *regs);
/* An instruction was executed, and these are the registers now. */
void judge_step(struct judge *j, const struct regs *regs);
/* It ended a jump from one frame into another. */
void judge_landing(struct judge *j, uint64_t pc);
/* No jump has shown right what is pending: misses. */
void judge_settle(struct judge *j);
/* The same of all that ever was: the process ends, or executes another. */
void judge_end(struct judge *j);
/* One line of numbers, and before it where walks went wrong. */
void judge_report(const struct judge *j, uint64_t ns);

#endif
