/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/watch.h"

#include "own_watch.h"

static struct own_watch own;

static int
set_up(void **state)
{
	(void)state;
	own_watch_open(&own);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	own_watch_close(&own);
	return 0;
}

static void
assert_about(double value, double expected)
{
	assert_true(value > expected - 1e-6 && value < expected + 1e-6);
}

/* Since the start: two seconds, of which one and a half on CPUs. */
static const struct stats early = {
    .wall_s = 2,
    .ticks = 150,
    .missed_ticks = 50,
    .samples = 140,
    .cpu_kernel_ns = 1500000000,
    .cpu_user_ns = 1000000000,
    .cpu_system_ns = 500000000,
    .cpu_attributed_ns = 1400000000,
    .cpu_children_ns = 200000000,
    .ends = {[END_ROOT] = 70, [END_DEPTH] = 70},
    .held_fraction = 0.01,
    .self_cpu_s = 0.1,
};

static void
what_is_counted_is_a_share_of_its_time(void **state)
{
	const struct top_head *h;

	(void)state;
	own_watch_tell(&own, 2, early);
	h = watch_head(&own.w);
	assert_about(h->filled_s, 2);
	assert_about(h->cpu, 0.75);
	assert_about(h->cpu_user, 0.5);
	assert_about(h->cpu_system, 0.25);
	assert_about(h->attributed, 0.7);
	assert_about(h->cpu_unseen, 0.1);
	assert_int_equal(h->samples, 140);
	assert_about(h->missed, 0.25);
	assert_about(h->complete, 0.5);
	assert_about(h->held, 0.01);
	assert_about(h->own_cpu, 0.05);
}

/* What was counted before a reset is not in it. */
static void
it_is_of_the_window(void **state)
{
	struct stats later = early;
	const struct top_head *h;

	(void)state;
	own_watch_tell(&own, 2, early);
	watch_reset(&own.w);
	later.wall_s += 4;
	later.samples += 7;
	later.cpu_kernel_ns += NS_PER_SEC;
	own_watch_tell(&own, 6, later);
	h = watch_head(&own.w);
	assert_about(h->filled_s, 4);
	assert_about(h->cpu, 0.25);
	assert_int_equal(h->samples, 7);
	assert_about(h->missed, 0);
	watch_set_window(&own.w, 3 * NS_PER_SEC);
	assert_about(watch_head(&own.w)->window_s, 3);
}

static void
before_the_first_news_there_is_nothing(void **state)
{
	const struct top_head *h = watch_head(&own.w);

	(void)state;
	assert_about(h->filled_s, 0);
	assert_about(h->cpu, 0);
	assert_about(h->missed, 0);
	assert_about(h->complete, 1);
	assert_about(h->own_cpu, 0);
}

static void
it_says_how_it_samples_and_whom(void **state)
{
	const struct top_head *h;

	(void)state;
	own.w.end_ns = OWN_WATCH_START + 42 * NS_PER_SEC;
	h = watch_head(&own.w);
	assert_string_equal(h->mode, "cpu");
	assert_int_equal(h->rate, 100);
	assert_about(h->elapsed_s, 42);
	assert_about(h->window_s, 0);
	assert_int_equal(h->n_processes, 1);
	assert_int_equal(h->processes[0].pid, own.process.pid);
	assert_int_equal(h->n_threads, 2);
	assert_int_equal(h->n_running, 0);
	assert_int_equal(h->unnamed, 0);
	assert_false(h->names_are_over);
	own.w.opts.measure = MEASURE_WALL;
	assert_string_equal(watch_head(&own.w)->mode, "wall");
}

static void
who_runs_has_used_cpu_in_the_window(void **state)
{
	(void)state;
	own_watch_count(
	    &own, 1, own.process.pid, "main", "", cpu_weight(1, NS_PER_SEC));
	assert_int_equal(watch_head(&own.w)->n_running, 1);
	watch_reset(&own.w);
	assert_int_equal(watch_head(&own.w)->n_running, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_counted_is_a_share_of_its_time),
	    TEST(it_is_of_the_window),
	    TEST(before_the_first_news_there_is_nothing),
	    TEST(it_says_how_it_samples_and_whom),
	    TEST(who_runs_has_used_cpu_in_the_window),
	};

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
