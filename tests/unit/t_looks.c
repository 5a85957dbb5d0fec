/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which threads of a child are looked at, when one works and others sleep. */
#include "config.h"

#include "session/looks.h"

#include "base/clock.h"
#include "sampled_child.h"

#include <pthread.h>

#define SLEEPERS 30

static const struct session_opts opts = {.rate = 100, .max_depth = 128};

static void *
sleep_or_work(void *arg)
{
	shared->words[(uintptr_t)arg] = (uint64_t)gettid();
	for (;;)
		if (arg == NULL && shared->go)
			shared->counter++;
		else
			(void)usleep(arg == NULL ? 1000 : 1000000000);
	return NULL;
}

/* The first thread works when it is told to. */
static void
run_threads(void)
{
	pthread_t thread;

	for (uintptr_t i = 0; i < SLEEPERS; i++) {
		if (pthread_create(&thread, NULL, sleep_or_work, (void *)i) !=
		    0)
			_exit(1);
		while (shared->words[i] == 0)
			(void)usleep(100);
	}
	shared->ready = 1;
	for (;;)
		pause();
}

static size_t
look(bool all)
{
	struct thread *due[CAPTURE_SLABS];
	size_t looked = 0;

	sampler->looks.turn++;
	(void)looks_at(sampler, all, due, CAPTURE_SLABS);
	for (size_t i = 0; i < sampler->threads.n; i++)
		looked += sampler->threads.v[i]->turn == sampler->looks.turn;
	return looked;
}

static void
who_sleeps_is_let_be(void **state)
{
	(void)state;
	begin_with(run_threads, &opts);
	assert_int_equal(look(true), SLEEPERS + 1);
	/* The worker alone, who wakes now and then. */
	for (int i = 0; i < 20; i++)
		(void)look(false);
	assert_in_range(look(false), 0, 1);
	assert_int_equal(look(true), SLEEPERS + 1);
	finish();
	end();
}

static void
who_wakes_is_found(void **state)
{
	const struct thread *worker;
	bool is_found = false;

	(void)state;
	begin_with(run_threads, &opts);
	worker =
	    threads_find(&sampler->threads, (pid_t)shared->words[0]);
	assert_non_null(worker);
	(void)look(true);
	sampler->threads.n_lively = 0; /* as if all slept for long */
	for (size_t i = 0; i < sampler->threads.n; i++)
		sampler->threads.v[i]->is_lively = false;
	sampler->looks.cost_ns = 0;
	assert_false(looks_find_others(sampler));
	shared->go = 1;
	for (int i = 0; i < 1000 && !is_found; i++) {
		(void)usleep(1000);
		is_found = looks_find_others(sampler);
	}
	assert_true(is_found);
	assert_int_equal(look(true), SLEEPERS + 1);
	assert_true(worker->is_lively);
	/* That time is known by now. */
	shared->go = 0;
	finish();
	end();
}

/* Then nothing is looked at, and the clock not more often than it may be. */
static void
an_idle_process_is_let_be(void **state)
{
	const uint64_t long_ago = 1;

	(void)state;
	begin_with(run_threads, &opts);
	tick(3, 1000);
	(void)kill(child, SIGSTOP);
	assert_true(comes_to_state(child, 'T'));
	(void)usleep(20000);
	tick(10, 1000);
	sampler->looks.all_ns = long_ago;
	tick(10, 1000);
	assert_int_equal(sampler->looks.all_ns, long_ago);
	sampler->looks.clock_ns = now_ns();
	sampler->looks.clock_cost_ns = NS_PER_SEC;
	assert_false(looks_may_read_clock(&sampler->looks));
	(void)kill(child, SIGCONT);
	(void)usleep(20000);
	tick(10, 1000);
	assert_int_equal(sampler->looks.all_ns, long_ago);
	sampler->looks.clock_cost_ns = 0;
	tick(100, 2000);
	assert_true(sampler->looks.all_ns > long_ago);
	finish();
	end();
}

static void
all_are_looked_at_now_and_then(void **state)
{
	struct looks l = {0};

	(void)state;
	assert_true(looks_are_due(&l, 5));
	l.all_ns = 1000;
	assert_false(looks_are_due(&l, 1000 + NS_PER_SEC / 20));
	assert_true(looks_are_due(&l, 1000 + NS_PER_SEC / 5));
	/* A look at all that takes long is made less often. */
	l.cost_ns = NS_PER_SEC / 50;
	assert_false(looks_are_due(&l, 1000 + NS_PER_SEC / 2));
	assert_true(looks_are_due(&l, 1000 + 3 * NS_PER_SEC));
}

static int
setup(void **state)
{
	(void)state;
	child_setup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_sleeps_is_let_be),
	    cmocka_unit_test(who_wakes_is_found),
	    cmocka_unit_test(an_idle_process_is_let_be),
	    cmocka_unit_test(all_are_looked_at_now_and_then),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
