/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* So many that some share all bits of the hash that the index keeps. */
#define MANY 300000u

static int
set_up(void **state)
{
	static struct interner in;

	interner_init(&in);
	*state = &in;
	return 0;
}

static int
tear_down(void **state)
{
	interner_deinit(*state);
	return 0;
}

static void
id_0_is_the_empty_string(void **state)
{
	struct interner *in = *state;

	assert_int_equal(in->n, 1);
	assert_int_equal(intern(in, ""), 0);
	assert_int_equal(intern(in, NULL), 0);
	assert_string_equal(interned(in, 0), "");
}

static void
equal_strings_are_one(void **state)
{
	struct interner *in = *state;
	char copy[] = "main";

	assert_int_equal(intern(in, "main"), 1);
	assert_int_equal(intern(in, "mai"), 2);
	assert_int_equal(intern(in, copy), 1);
	copy[0] = 'r'; /* the table has its own bytes */
	assert_string_equal(interned(in, 1), "main");
	assert_int_equal(in->n, 3);
}

static void
many_strings_keep_their_place(void **state)
{
	struct interner *in = *state;
	const char *first;
	char s[32];

	assert_int_equal(intern(in, "first"), 1);
	first = interned(in, 1);
	for (uint32_t i = 0; i < MANY; i++) {
		(void)snprintf(s, sizeof(s), "f%u", i);
		assert_int_equal(intern(in, s), i + 2);
	}
	assert_ptr_equal(interned(in, 1), first);
	for (uint32_t i = 0; i < MANY; i++) {
		(void)snprintf(s, sizeof(s), "f%u", i);
		assert_int_equal(intern(in, s), i + 2);
		assert_string_equal(interned(in, i + 2), s);
	}
}

static void
a_long_string_is_whole(void **state)
{
	static char s[100001];
	struct interner *in = *state;

	memset(s, 'x', sizeof(s) - 1);
	assert_string_equal(interned(in, intern(in, s)), s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		id_0_is_the_empty_string, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		equal_strings_are_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		many_strings_keep_their_place, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_long_string_is_whole, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
