/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sampler.h - one tick: who ran, stop them, copy, let go, then think
 *
 * Design section 4, points 2 to 8. The order within a tick:
 *
 *	look at every thread (no stop) -> interrupt those that run -> collect
 *	them as they stop: copy, release -> unwind the copies -> profile
 *
 * A thread that has not stopped by the deadline stays asked and is collected by
 * sampler_collect() whenever it stops: the caller calls that on SIGCHLD.
 */
#ifndef SCRAPE_SESSION_SAMPLER_H
#define SCRAPE_SESSION_SAMPLER_H

#include "base/err.h"
#include "session/hold.h"
#include "session/ledger.h"
#include "session/looks.h"
#include "session/saver.h"
#include "session/space.h"
#include "session/stop_thread.h"
#include "session/threads.h"
#include "session/walker.h"
#include "target/capture.h"

#include <stddef.h>
#include <stdint.h>

struct profile;
struct session_opts;
struct target;

/* A thread's copy, taken in its stop, to be unwound after. */
struct captured {
	struct thread *thread;
	struct snapshot snap;
	struct stopped_call call;
	uint64_t released_ns;
};

/* What the samplers of a session share: they take turns. */
struct sampling {
	struct profile *profile;
	const struct session_opts *opts;
	struct spaces spaces;
	struct stop_thread stops; /* the thread that all this runs in */
	/* Of the sampler whose turn it is; none are left when it is over. */
	struct slabs slabs;
	/* One more: who finds no room is still repaired. */
	struct captured captured[CAPTURE_SLABS + 1];
	size_t n_captured;
	struct thread *due[CAPTURE_SLABS];
	struct thread *refused[CAPTURE_SLABS]; /* of those */
	size_t n_refused;
	struct holds holds;
	uint64_t sleep_ns;	/* when we last went to sleep */
	uint64_t own_wait_ns;	/* task_own_wait_ns() then */
	uint64_t unwind_ns;
};

/* Of a process. */
struct sampler {
	struct sampling *shared;
	struct target *target;
	struct profile *profile;
	const struct session_opts *opts;
	struct space space;
	struct threads threads;
	struct ledger ledger;

	size_t n_asked;	 /* threads interrupted that have not stopped yet */
	bool has_stray;	 /* one of those has become the main thread by exec */
	struct looks looks;
	/* When this tick began, or the last one; and the one before. */
	uint64_t tick_ns, last_tick_ns; /* 0: there was none */
	bool has_moved;	  /* the clock, between two ticks */
	bool has_unread;  /* of some it is not known where they sleep */
	/* No thread is stopped: it was asked for, or another one traces them. */
	bool is_hands_off;
	unsigned n_refused;   /* stops, in a row */
	uint64_t refused_ns;  /* when it came to that */

	struct walker walker;
	struct saver saver; /* dir NULL: nothing is saved */
	uint32_t *ids; /* of a stack: opts->max_depth, and what is put around it */
	int wait_status; /* of the target, should a stop reveal its end */
};

void sampling_init(struct sampling *sg, struct profile *p,
    const struct session_opts *opts);
/* Before its samplers. */
void sampling_deinit(struct sampling *sg);
/* How often threads were stopped, and for how long, one after the other. */
void sampling_held(
    const struct sampling *sg, uint64_t *ret_stops, uint64_t *ret_ns);

/*
 * newborn: the process was started while we looked, and all that it ever used
 * counts; else what it uses from now on. Either way it has to be deinitialized.
 */
int sampler_init(struct sampler *s, struct sampling *shared, struct target *t,
    bool newborn, struct err *err);
void sampler_deinit(struct sampler *s); /* all zero is fine */

/* Another process traces it: nobody is stopped before that has gone. */
void sampler_keep_off(struct sampler *s);

void sampler_tick(struct sampler *s);
/* Takes the threads that have stopped meanwhile. */
void sampler_collect(struct sampler *s);
/*
 * Takes those that are still asked, before anything that keeps us from coming
 * back soon; whether there is anybody left who is worth another nap. That has
 * gone on since since_ns: one that sleeps where nothing wakes it is not waited
 * for long, one that gets no CPU is, for the call that we broke has to be
 * repaired.
 */
bool sampler_settle(struct sampler *s, uint64_t since_ns);
/* In such a nap whoever stops wakes us. */
void sampler_nap(void);
/* For when the thread that called all this has ended: nothing is held now. */
void sampler_disown(struct sampler *s);
/* Puts down what sleepers slept until now, for who wants to know. */
void sampler_settle_wall(struct sampler *s);
/* From now on wall time is weighed: nothing is owed, of nobody is it known. */
void sampler_begin_wall(struct sampler *s);
/*
 * Brings the kernel's count up to date, and nothing else: the next tick comes
 * as if it had not been asked for.
 */
void sampler_read_clock(struct sampler *s);
/* What was used up to now, while nobody looked, is no sample's. */
void sampler_skip(struct sampler *s);
/* When all is settled: looks a last time, closes the ledger. */
void sampler_finish(struct sampler *s);
/* Finishes with a process that has ended: only what it was remains. */
void sampler_retire(struct sampler *s);

#endif
