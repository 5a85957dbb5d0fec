/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/by_thread.h"

#include "profile/news.h"
#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Nodes:	0 thread 1	1 main	2 work
 *		3 thread 2	4 main
 */
static struct profile p;
static struct by_thread *t;
static struct window *w;
static uint64_t now;

static uint32_t
add_thread(pid_t tid)
{
	return trie_child(&p.trie, TRIE_NO_NODE,
	    profile_labels(&p, 1, tid, "t"));
}

static int
set_up(void **state)
{
	(void)state;
	now = 1;
	profile_init(&p, 0, 0);
	(void)trie_child(&p.trie, trie_child(&p.trie, add_thread(1), 10), 11);
	(void)trie_child(&p.trie, add_thread(2), 10);
	t = by_thread_new(&p);
	w = window_new(0, now);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	by_thread_free(t);
	window_free(w);
	profile_deinit(&p);
	return 0;
}

static void
use(uint32_t node, uint64_t cpu)
{
	struct news_sample sample = {node, cpu_weight(1, cpu)};
	struct news news = {
	    .time_ns = ++now, .samples = &sample, .n_samples = 1};

	window_add(w, &news);
}

static void
adds_up_what_is_below_each_root(void **state)
{
	const uint64_t *used;

	(void)state;
	use(1, 2);
	use(2, 3);
	use(4, 7);
	used = by_thread_cpu(t, w);
	assert_int_equal(used[0], 5);
	assert_int_equal(used[1], 7);
}

/* With new stacks, threads, and a window that begins again. */
static void
follows_the_window(void **state)
{
	const uint64_t *used;

	(void)state;
	use(2, 3);
	(void)by_thread_cpu(t, w);
	use(2, 4);
	use(trie_child(&p.trie, add_thread(3), 12), 9);
	used = by_thread_cpu(t, w);
	assert_int_equal(used[0], 7);
	assert_int_equal(used[1], 0);
	assert_int_equal(used[2], 9);
	window_reset(w);
	use(4, 1);
	used = by_thread_cpu(t, w);
	assert_int_equal(used[0], 0);
	assert_int_equal(used[1], 1);
	assert_int_equal(used[2], 0);
}

/* A picture that is held, and then the window again, which has gone on. */
static void
changes_between_windows(void **state)
{
	struct window *held;

	(void)state;
	use(2, 3);
	held = window_copy(w);
	use(2, 4);
	assert_int_equal(by_thread_cpu(t, w)[0], 7);
	assert_int_equal(by_thread_cpu(t, held)[0], 3);
	assert_int_equal(by_thread_cpu(t, w)[0], 7);
	window_free(held);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(adds_up_what_is_below_each_root),
	    TEST(follows_the_window),
	    TEST(changes_between_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
