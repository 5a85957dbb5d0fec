/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_alike.h"

#include "sample_dump.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Two threads in the same place, by strings at different addresses. */
static struct dump *
twins(void)
{
	struct dump *d = dump_new();

	for (pid_t tid = 1; tid <= 2; tid++) {
		struct dump_thread *th = dump_add_thread(d, tid);

		th->name = dump_string(d, "pool");
		th->state = 'S';
		sample_syscall(d, th, 202, "futex", tid == 1 ? "a" : "b");
		(void)sample_frame(d, th, "wait", "wait.c", 3);
		(void)sample_frame(d, th, "main", "main.c", 7);
	}
	return d;
}

/* Whether the two threads of d are one group. */
static bool
alike(const struct dump *d)
{
	struct dump_groups g;
	bool r;

	dump_groups_init(&g, d, true);
	r = g.n == 1;
	assert_true(g.n == 1 || g.n == 2);
	dump_groups_deinit(&g);
	return r;
}

static void
test_same_stack_is_alike_whatever_the_arguments(void **state)
{
	struct dump *d = twins();
	static char again[] = "wait";

	(void)state;
	d->threads[1].frames[0].function = again;
	d->threads[1].syscall->args[0]++;
	d->threads[1].stopped_ns = 99;
	assert_true(alike(d));
	dump_free(d);
}

static void
test_whatever_a_reader_would_want_to_know_parts_them(void **state)
{
	struct dump *d = twins();
	struct dump_thread *th = &d->threads[1], was = *th;
	struct dump_frame *f = &th->frames[1], frame = *f;
	struct dump_syscall call = *th->syscall;

	(void)state;
#define PARTS(change)                 \
	do {                          \
		assert_true(alike(d)); \
		change;               \
		assert_false(alike(d)); \
		*th = was;            \
		*f = frame;           \
		*th->syscall = call;  \
	} while (0)
	PARTS(th->name = "other");
	PARTS(th->name = "workers");
	PARTS(th->name = "worker1");
	PARTS(th->name = "");
	PARTS(th->name = NULL);
	PARTS(th->state = 'R');
	PARTS(th->end = END_LOOP);
	PARTS(th->problem = "it is gone");
	PARTS(th->syscall = NULL);
	PARTS(th->syscall->number = 0);
	PARTS(th->n_frames = 1);
	PARTS(f->pc++);
	PARTS(f->module = NULL);
	PARTS(f->build_id = "77");
	PARTS(f->module_offset++);
	PARTS(f->function = "other");
	PARTS(f->system_name = "other");
	PARTS(f->function_offset++);
	PARTS(f->has_function_offset = false);
	PARTS(f->file = "other");
	PARTS(f->line++);
	PARTS(f->column++);
	PARTS(f->inlined = true);
	PARTS(f->signal_frame = true);
	PARTS(f->guessed = true);
#undef PARTS
	dump_free(d);
}

static void
test_numbers_in_names_do_not_part_them(void **state)
{
	struct dump *d = twins();
	const char **a = &d->threads[0].name, **b = &d->threads[1].name;

	(void)state;
	*a = "pool-9-thread-1";
	*b = "pool-10-thread-1";
	assert_true(alike(d));
	*b = "pool--thread-1";
	assert_false(alike(d));
	*b = "pool-10-thread-";
	assert_false(alike(d));
	*b = "pool-10-thread-1a";
	assert_false(alike(d));
	*a = "7";
	*b = "007";
	assert_true(alike(d));
	*a = *b = NULL;
	assert_true(alike(d));
	dump_free(d);
}

static void
test_groups_are_in_the_order_of_their_first_threads(void **state)
{
	static const char *const names[] = {"a", "b", "a", "c", "b", "a"};
	struct dump *d = dump_new();
	struct dump_groups g;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		dump_add_thread(d, (pid_t)i)->name = names[i];
	dump_groups_init(&g, d, true);
	assert_int_equal(g.n, 3);
	assert_int_equal(g.groups[0].first, 0);
	assert_int_equal(g.groups[0].n, 3);
	assert_int_equal(g.next[0], 2);
	assert_int_equal(g.next[2], 5);
	assert_int_equal(g.groups[0].last, 5);
	assert_int_equal(g.groups[1].first, 1);
	assert_int_equal(g.groups[1].n, 2);
	assert_int_equal(g.next[1], 4);
	assert_int_equal(g.groups[2].first, 3);
	assert_int_equal(g.groups[2].last, 3);
	dump_groups_deinit(&g);
	dump_free(d);
}

static void
test_without_folding_each_is_its_own(void **state)
{
	struct dump *d = twins();
	struct dump_groups g;

	(void)state;
	dump_groups_init(&g, d, false);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.groups[1].first, 1);
	assert_int_equal(g.groups[1].n, 1);
	dump_groups_deinit(&g);
	dump_free(d);
}

static void
test_no_threads_are_no_groups(void **state)
{
	struct dump *d = dump_new();
	struct dump_groups g;

	(void)state;
	dump_groups_init(&g, d, true);
	assert_int_equal(g.n, 0);
	dump_groups_deinit(&g);
	dump_free(d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_stack_is_alike_whatever_the_arguments),
	    cmocka_unit_test(
		test_whatever_a_reader_would_want_to_know_parts_them),
	    cmocka_unit_test(test_numbers_in_names_do_not_part_them),
	    cmocka_unit_test(
		test_groups_are_in_the_order_of_their_first_threads),
	    cmocka_unit_test(test_without_folding_each_is_its_own),
	    cmocka_unit_test(test_no_threads_are_no_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
