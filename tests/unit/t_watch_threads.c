/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/watch_threads.h"

#include "own_watch.h"

#include <regex.h>

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

static struct weight
used(unsigned ms)
{
	return cpu_weight(1, ms * UINT64_C(1000000));
}

/* All rows looked up; the n-th one. */
static const struct top_thread *
row(size_t n)
{
	size_t n_rows;
	const struct top_thread *rows = watch_threads(&own.w, 0, 100, &n_rows);

	assert_true(n < n_rows);
	return &rows[n];
}

static size_t
count_rows(void)
{
	size_t n;

	(void)watch_threads(&own.w, 0, 0, &n);
	return n;
}

static const struct top_thread *
row_of(pid_t tid)
{
	for (size_t i = 0; i < count_rows(); i++)
		if (row(i)->tid == tid)
			return row(i);
	fail_msg("no row of %d", (int)tid);
	return NULL;
}

static void
threads_that_live(void **state)
{
	const struct top_thread *r;

	(void)state;
	own_watch_count(&own, 10, own.process.pid, "main", "", used(2500));
	r = row(0);
	assert_int_equal(r->tid, own.process.pid);
	assert_int_equal(r->pid, own.process.pid);
	assert_int_equal((int)(r->cpu * 1000 + 0.5), 250);
	assert_int_equal(r->state, 'S');
	assert_non_null(strstr(r->doing, "pause"));
	r = row_of(own.helper);
	assert_string_equal(r->name, "helper");
	assert_int_equal(r->state, 'S');
	assert_non_null(strstr(r->doing, "read"));
	assert_true(r->cpu < 0.001);
}

/* Those off the page are not looked up. */
static void
only_what_is_seen_is_looked_up(void **state)
{
	size_t n;
	const struct top_thread *rows;

	(void)state;
	rows = watch_threads(&own.w, 1, 0, &n);
	assert_true(n >= 2);
	assert_int_equal(rows[0].state, '?');
	assert_int_equal(rows[1].state, '?');
}

static void
who_used_most_comes_first(void **state)
{
	(void)state;
	own_watch_count(&own, 10, own.process.pid, "main", "", used(10));
	own_watch_count(&own, 10, own.helper, "helper", "", used(20));
	assert_int_equal(row(0)->tid, own.helper);
	assert_int_equal(row(1)->tid, own.process.pid);
	own_watch_count(&own, 10, own.process.pid, "main", "", used(10));
	/* Equals stand by their ids. */
	assert_int_equal(
	    row(0)->tid, own.process.pid < own.helper ? own.process.pid : own.helper);
}

/* Whatever it did meanwhile, and whether it is still there. */
static void
a_thread_is_one_row(void **state)
{
	size_t n = count_rows();
	struct weight slept = {.count = 1, .wall = 9 * NS_PER_SEC};

	(void)state;
	own_watch_count(&own, 10, own.helper, "helper", "running", used(100));
	own_watch_count(&own, 10, own.helper, "helper", "runnable", used(200));
	own_watch_count(&own, 10, own.helper, "helper", "sleeping", slept);
	own_watch_count(&own, 10, NO_THREAD, "gone", "running", used(300));
	own_watch_count(&own, 10, NO_THREAD, "gone", "runnable", used(400));
	own_watch_count(&own, 10, NO_THREAD, "renamed", "runnable", used(100));
	assert_int_equal(count_rows(), n + 1);
	assert_int_equal(row(0)->tid, NO_THREAD);
	assert_int_equal((int)(row(0)->cpu * 1000 + 0.5), 80);
	assert_string_equal(row(0)->name, "renamed");
	assert_int_equal(row(0)->state, '?');
	assert_string_equal(row(0)->doing, "");
	assert_int_equal((int)(row_of(own.helper)->cpu * 1000 + 0.5), 30);
}

static void
active_are_those_that_used_cpu_and_are_there(void **state)
{
	size_t all, active;

	(void)state;
	watch_threads_count(&own.w, &all, &active);
	assert_int_equal(all, count_rows());
	assert_int_equal(active, 0);
	own_watch_count(&own, 10, own.helper, "helper", "running", used(1));
	own_watch_count(&own, 10, own.helper, "helper", "runnable", used(1));
	own_watch_count(&own, 10, NO_THREAD, "gone", "", used(1));
	watch_threads_count(&own.w, &all, &active);
	assert_int_equal(active, 1);
}

static void
only_those_asked_for(void **state)
{
	regex_t re;

	(void)state;
	own.w.opts.tid = own.helper;
	assert_int_equal(count_rows(), 1);
	assert_int_equal(row(0)->tid, own.helper);
	own.w.opts.tid = 0;
	assert_int_equal(regcomp(&re, "^help", REG_NOSUB), 0);
	own.w.opts.thread_re = &re;
	assert_int_equal(count_rows(), 1);
	assert_int_equal(row(0)->tid, own.helper);
	regfree(&re);
}

static void
who_has_ended_has_no_threads_and_no_age(void **state)
{
	size_t all, active;

	(void)state;
	watch_threads_ages(&own.w);
	assert_true(own.process.age_s >= 0);
	own.process.has_exited = true;
	own.process.age_s = 12345;
	own_watch_count(&own, 10, own.process.pid, "main", "", used(10));
	watch_threads_ages(&own.w);
	watch_threads_count(&own.w, &all, &active);
	assert_int_equal((int)own.process.age_s, 12345);
	assert_int_equal(all, 0);
	/* What it used counts. */
	assert_int_equal(count_rows(), 1);
	assert_int_equal(row(0)->state, '?');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(threads_that_live),
	    TEST(only_what_is_seen_is_looked_up),
	    TEST(who_used_most_comes_first),
	    TEST(a_thread_is_one_row),
	    TEST(active_are_those_that_used_cpu_and_are_there),
	    TEST(only_those_asked_for),
	    TEST(who_has_ended_has_no_threads_and_no_age),
	};

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
