/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stop_thread.h"

#include "base/clock.h"
#include "target/stopper.h"

#include <pthread.h>

/* An exec takes a millisecond; how long one seize may wait, how often we look. */
#define SEIZE_MAX_NS  20000000ull
#define SEIZE_LOOK_NS 10000000ull

struct start {
	void (*fn)(void *ctx);
	void *ctx;
};

static void *
run(void *arg)
{
	const struct start *start = arg;
	int ignored;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
	(void)pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &ignored);
	start->fn(start->ctx);
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
	struct start start = {fn, ctx};
	void *result = NULL;
	struct timespec when;
	pthread_t thread;

	atomic_store(&t->seizing_ns, 0);
	if (pthread_create(&thread, NULL, run, &start) != 0)
		return STOP_THREAD_NONE;
	for (;;) {
		when = ns_timespec(now_ns() + SEIZE_LOOK_NS);
		if (pthread_clockjoin_np(
			thread, &result, CLOCK_MONOTONIC, &when) == 0)
			return result == PTHREAD_CANCELED
				   ? STOP_THREAD_CALLED_OFF
				   : STOP_THREAD_DONE;
		if (is_stuck(t))
			(void)pthread_cancel(thread);
	}
}

int
stop_thread_interrupt(struct stop_thread *t, pid_t tid)
{
	int r, ignored;

	atomic_store(&t->seizing_ns, now_ns());
	(void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &ignored);
	r = stopper_interrupt(tid);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
	atomic_store(&t->seizing_ns, 0);
	return r;
}
