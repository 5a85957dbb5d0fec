/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sleeper.h - the stack of a thread that sleeps, read as it sleeps
 *
 * The kernel tells pc and sp of a thread that is in no hurry, and its memory can
 * be read; that it has not run from the first look to the last makes what was
 * read the stack of one moment. Only where the walk needs a register that nobody
 * saved must the thread be stopped, once for as long as it sleeps; and not even
 * then where it sleeps as it did at the last stop, which told its frame pointer.
 */
#ifndef SCRAPE_SESSION_SLEEPER_H
#define SCRAPE_SESSION_SLEEPER_H

#include <stdbool.h>
#include <stdint.h>

struct sampler;
struct snapshot;
struct stack;
struct thread;

/* Of a thread. */
struct sleeper {
	bool is_asked_for;  /* a stop is to tell its registers */
	bool is_dead;
	/* It was stopped in its sleep, so that it has run since; 0: no more. */
	uint64_t stop_turn;
	/* What the last stop told, and which node of the profile it slept in. */
	bool has_stop;
	uint64_t pc, sp, fp;
	uint32_t node;
};

enum sleeper_look {
	SLEEPER_READ,	   /* it is known where it sleeps */
	SLEEPER_AWAKE,	   /* it runs, or ran meanwhile */
	SLEEPER_NEEDS_STOP,
	SLEEPER_DEAD,	   /* the thread has ended, its process has not */
};

/*
 * A thread of which it is not known where it sleeps. Its time goes to its stack
 * (session/wall.h); where nobody is stopped, so does what it ran before, below a
 * marker: [ran unseen].
 */
enum sleeper_look sleeper_read(struct sampler *s, struct thread *th);
/* A stop has told where it sleeps. */
void sleeper_note_stop(struct sampler *s, struct thread *th,
    const struct snapshot *snap, const struct stack *stack);
/*
 * It has run, but no more than our own stop made it, as far as can be told yet:
 * it sleeps where it slept, or is on its way there.
 */
bool sleeper_goes_back(struct sampler *s, struct thread *th);

#endif
