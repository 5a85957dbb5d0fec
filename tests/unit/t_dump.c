/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/dump.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_empty(void **state)
{
	struct dump *d = dump_new();

	(void)state;
	assert_int_equal(d->n_threads, 0);
	assert_null(d->comm);
	assert_false(d->is_frozen);
	dump_free(d);
	dump_free(NULL);
}

static void
test_strings_are_copies_and_one_pointer_each(void **state)
{
	struct dump *d = dump_new();
	char name[] = "nginx";
	const char *copy = dump_string(d, name);

	(void)state;
	name[0] = 'N';
	assert_string_equal(copy, "nginx");
	assert_ptr_equal(dump_string(d, "nginx"), copy);
	assert_null(dump_string(d, NULL));
	/* Known to be empty is not unknown. */
	assert_string_equal(dump_string(d, ""), "");
	dump_free(d);
}

static void
test_new_thread_is_all_unknown(void **state)
{
	struct dump *d = dump_new();
	struct dump_thread *th = dump_add_thread(d, 77);

	(void)state;
	assert_int_equal(th->tid, 77);
	assert_int_equal(th->state, '?');
	assert_null(th->name);
	assert_null(th->syscall);
	assert_null(th->problem);
	assert_int_equal(th->n_frames, 0);
	dump_free(d);
}

/* Across many growths, with what they own. */
static void
test_threads_keep_what_they_have(void **state)
{
	struct dump *d = dump_new();
	char name[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct dump_thread *th = dump_add_thread(d, i);

		(void)snprintf(name, sizeof(name), "t%d", i);
		th->name = dump_string(d, name);
		th->frames = xcalloc(1, sizeof(*th->frames));
		th->n_frames = 1;
		th->frames[0].pc = (uint64_t)i;
		th->syscall = xcalloc(1, sizeof(*th->syscall));
		th->syscall->number = i;
	}
	assert_int_equal(d->n_threads, 1000);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "t%d", i);
		assert_int_equal(d->threads[i].tid, i);
		assert_string_equal(d->threads[i].name, name);
		assert_int_equal(d->threads[i].frames[0].pc, i);
		assert_int_equal(d->threads[i].syscall->number, i);
	}
	dump_free(d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_strings_are_copies_and_one_pointer_each),
	    cmocka_unit_test(test_new_thread_is_all_unknown),
	    cmocka_unit_test(test_threads_keep_what_they_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
