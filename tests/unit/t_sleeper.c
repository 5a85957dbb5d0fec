/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ticks by wall time, and without stops, on a child that says what it does. */
#include "config.h"

#include "session/sleeper.h"

#include "base/clock.h"
#include "sampled_child.h"

#include <pthread.h>

#define SLEEPERS 20

static struct session_opts opts;
static uint64_t start_ns;

static void
begin(void (*run)(void), enum measure measure, bool no_stop)
{
	opts = (struct session_opts){.rate = 100,
	    .max_depth = 128,
	    .measure = measure,
	    .no_stop = no_stop};
	begin_with(run, &opts);
	start_ns = sampler->tick_ns;
}

/* Of all stacks whose label "state" is that; NULL: of all. */
static struct weight
weight_in(const char *state)
{
	struct weight sum = {0};

	for (size_t i = 0; i < profile.trie.n; i++) {
		const struct trie_node *n = &profile.trie.nodes[i];
		uint32_t root = (uint32_t)i;

		while (profile.trie.nodes[root].parent != TRIE_NO_NODE)
			root = profile.trie.nodes[root].parent;
		if (state == NULL ||
		    strcmp(interned(&profile.strings,
			       profile.labels[profile.trie.nodes[root].frame]
				   .state),
			state) == 0)
			weight_add(&sum, &n->w);
	}
	return sum;
}

static struct weight
weight_of_marker(const char *name)
{
	struct weight sum = {0};

	for (size_t i = 0; i < profile.trie.n; i++) {
		const struct trie_node *n = &profile.trie.nodes[i];

		if (n->parent != TRIE_NO_NODE &&
		    strcmp(interned(&profile.strings,
			       profile.frames[n->frame].marker),
			name) == 0)
			weight_add(&sum, &n->w);
	}
	return sum;
}

static void *
wait_in_thread(void *arg)
{
	shared->words[(uintptr_t)arg] = (uint64_t)gettid();
	for (;;)
		pause();
	return NULL;
}

static void
start_sleepers(void)
{
	pthread_t thread;

	for (uintptr_t i = 0; i < SLEEPERS; i++) {
		if (pthread_create(&thread, NULL, wait_in_thread, (void *)i) !=
		    0)
			_exit(1);
		while (shared->words[i] == 0)
			(void)usleep(100);
	}
}

static void
sleep_in_threads(void)
{
	start_sleepers();
	shared->ready = 1;
	for (;;)
		pause();
}

/* All the time of all threads is somewhere, and nobody was disturbed for it. */
static void
who_sleeps_weighs_all_its_time(void **state)
{
	uint64_t time;

	(void)state;
	begin(sleep_in_threads, MEASURE_WALL, false);
	tick(50, 2000);
	finish();
	time = (now_ns() - start_ns) * (SLEEPERS + 1);
	assert_in_range(weight_in(NULL).wall, time / 10 * 9, time);
	assert_in_range(weight_in("sleeping").wall, time / 10 * 9, time);
	/* Where a sanitizer wants frame pointers, a stop has to tell them. */
	assert_in_range(profile.stats.stops, 0, SLEEPERS + 1);
	assert_true(profile.stats.samples > 10 * SLEEPERS);
	assert_int_equal(
	    profile.stats.ends[END_ROOT], profile.stats.samples);
	end();
}

/* Once it is known where all sleep, there is nothing more to find out. */
static void
after_that_nothing_is_read(void **state)
{
	uint64_t frames, stops;

	(void)state;
	begin(sleep_in_threads, MEASURE_WALL, false);
	for (int i = 0; i < 1000 && sampler->has_unread; i++)
		tick(1, 2000);
	tick(5, 2000);
	frames = profile.stats.frames;
	stops = profile.stats.stops;
	tick(20, 2000);
	assert_int_equal(profile.stats.frames, frames);
	assert_int_equal(profile.stats.stops, stops);
	finish();
	end();
}

static void
work_and_sleep(void)
{
	start_sleepers();
	shared->ready = 1;
	for (;;) {
		for (volatile int i = 0; i < 3000000; i++)
			continue;
		shared->counter++;
		(void)usleep(3000);
	}
}

static void
who_wakes_is_looked_at_again(void **state)
{
	uint64_t time;

	(void)state;
	begin(work_and_sleep, MEASURE_WALL, false);
	tick(100, 2000);
	finish();
	time = (now_ns() - start_ns) * (SLEEPERS + 1);
	assert_true(shared->counter > 0);
	assert_in_range(weight_in(NULL).wall, time / 10 * 9, time);
	assert_true(weight_in("running").wall > 0);
	assert_true(weight_in("running").cpu > 0);
	assert_true(weight_in("sleeping").wall > 0);
	assert_int_equal(weight_in("sleeping").cpu, 0);
	end();
}

/* What ran is put down where it slept next, with a word on it. */
static void
without_stops(void **state)
{
	uint64_t kernel_ns, known_ns;

	(void)state;
	begin(work_and_sleep, MEASURE_CPU, true);
	tick(100, 2000);
	finish();
	assert_int_equal(profile.stats.stops, 0);
	kernel_ns = ledger_kernel_ns(&sampler->ledger, &sampler->threads);
	known_ns = weight_in(NULL).cpu;
	assert_in_range(known_ns, kernel_ns, kernel_ns + kernel_ns / 20);
	assert_true(weight_of_marker("[ran unseen]").cpu > 0);
	assert_int_equal(weight_in(NULL).wall, 0);
	end();
}

/* A debugger comes, and goes: stops begin again when it has gone. */
static void
a_tracer_keeps_us_off(void **state)
{
	uint64_t stops;

	(void)state;
	begin(work_and_sleep, MEASURE_CPU, false);
	sampler_keep_off(sampler);
	tick(20, 2000);
	assert_int_equal(profile.stats.stops, 0);
	sampler->refused_ns = 1;
	for (int i = 0; i < 2000 && profile.stats.stops == 0; i++)
		tick(1, 2000);
	stops = profile.stats.stops;
	assert_true(stops > 0);
	finish();
	end();
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
	    cmocka_unit_test(who_sleeps_weighs_all_its_time),
	    cmocka_unit_test(after_that_nothing_is_read),
	    cmocka_unit_test(who_wakes_is_looked_at_again),
	    cmocka_unit_test(without_stops),
	    cmocka_unit_test(a_tracer_keeps_us_off),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
