/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * looks.h - which threads a tick looks at, and which of these it is to sample
 *
 * A look is a read in /proc, and a process can have thousands of threads of
 * which two run. So each tick looks at those that ran lately; and at all of them
 * when the process has used more CPU time than these account for, which its CPU
 * clock tells at once, and now and then in any case.
 */
#ifndef SCRAPE_SESSION_LOOKS_H
#define SCRAPE_SESSION_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sampler;
struct thread;

struct looks {
	uint64_t turn;	  /* one more with each tick */
	uint64_t all_ns;  /* when all were last looked at; 0: they are to be */
	uint64_t cost_ns; /* what that took */
	/* When the process's clock was last read, and what that took. */
	uint64_t clock_ns, clock_cost_ns;
	/*
	 * How far the process's clock is ahead of what its threads are known to
	 * have used: by threads that are gone, and by what the kernel has not
	 * yet put down to running ones.
	 */
	int64_t ahead_ns;
	size_t first;	 /* where the next look begins: not always at the same */
	size_t n_active; /* threads that ran, or run, at the last look */
};

/* Whether it matters where threads sleep. */
bool looks_want_sleepers(const struct sampler *s);
/* Whether it is not known where this one sleeps, if it does. */
bool looks_want_stack(const struct sampler *s, const struct thread *th);
/* Whether it is time to look at all of them. */
bool looks_are_due(const struct looks *l, uint64_t now);
/*
 * After a tick's looks at those that ran lately, and their samples: whether
 * another one has run, so that all are to be looked at.
 */
bool looks_find_others(struct sampler *s);
/* The process's clock costs what its threads are many. */
bool looks_may_read_clock(const struct looks *l);
void looks_read_clock(struct sampler *s);
/*
 * Looks at all that were not looked at in this turn, or of them only at the
 * lively. Into due those that run, at most max; returns how many. Threads that
 * are gone are removed.
 */
size_t looks_at(
    struct sampler *s, bool all, struct thread **due, size_t max);

#endif
