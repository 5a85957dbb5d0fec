/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stop_thread.h"

#include "base/clock.h"
#include "base/resident.h"
#include "target/stopper.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

/* An exec takes a millisecond; how long one seize may wait, how often we look. */
#define SEIZE_MAX_NS  20000000ull
#define SEIZE_LOOK_NS 10000000ull

/*
 * What calls it off. The kernel begins the seize anew behind a handler that
 * returns, so this one does not; and pthread_cancel() leaves a sanitizer with a
 * stack that it does not understand.
 */
#define SIG_CALL_OFF SIGRTMIN

struct start {
	struct stop_thread *thread;
	void (*fn)(void *ctx);
	void *ctx;
	sigjmp_buf way_out;
	/* Atomic for sanitizers, which do not know pthread_clockjoin_np() */
	_Atomic enum stop_thread_end end;
};

/* Of this thread. */
static _Thread_local struct start *self;

static void
leave(int signal)
{
	(void)signal;
	/* It may come when the seize has just ended: then all is well. */
	if (self != NULL && atomic_load(&self->thread->seizing_ns) != 0)
		siglongjmp(self->way_out, 1);
}

static void
let_in(int signal)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* This program, the C library, and this thread's stack. */
static void
lock_what_stops_touch(void)
{
	resident_lock_object((void (*)(void))lock_what_stops_touch);
	resident_lock_object((void (*)(void))sigaddset);
	resident_lock_stack();
}

static void *
run(void *arg)
{
	struct start *start = arg;

	self = start;
	if (sigsetjmp(start->way_out, 1) == 0) {
		lock_what_stops_touch();
		let_in(SIG_CALL_OFF);
		start->fn(start->ctx);
		atomic_store(&start->end, STOP_THREAD_DONE);
	} else {
		atomic_store(&start->end, STOP_THREAD_CALLED_OFF);
	}
	return NULL;
}

static bool
is_stuck(const struct stop_thread *t)
{
	uint64_t since = atomic_load(&t->seizing_ns);

	return since != 0 && now_ns() - since > SEIZE_MAX_NS &&
	       atomic_load(&t->seizing_ns) == since;
}

enum stop_thread_end
stop_thread_run(struct stop_thread *t, void (*fn)(void *ctx), void *ctx)
{
	const struct sigaction action = {
	    .sa_handler = leave, .sa_flags = SA_RESTART};
	struct start start = {.thread = t, .fn = fn, .ctx = ctx};
	struct timespec when;
	pthread_t thread;

	atomic_store(&t->seizing_ns, 0);
	if (sigaction(SIG_CALL_OFF, &action, NULL) != 0 ||
	    pthread_create(&thread, NULL, run, &start) != 0)
		return STOP_THREAD_NONE;
	for (;;) {
		when = ns_timespec(now_ns() + SEIZE_LOOK_NS);
		if (pthread_clockjoin_np(
			thread, NULL, CLOCK_MONOTONIC, &when) == 0)
			return atomic_load(&start.end);
		if (is_stuck(t))
			(void)pthread_kill(thread, SIG_CALL_OFF);
	}
}

int
stop_thread_interrupt(struct stop_thread *t, pid_t tid)
{
	int r;

	atomic_store(&t->seizing_ns, now_ns());
	r = stopper_interrupt(tid);
	atomic_store(&t->seizing_ns, 0);
	return r;
}
