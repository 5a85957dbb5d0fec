/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/births.h"

#include "../child.h"

#include <string.h>

static void
the_last_field(void **state)
{
	pid_t id = 0;

	(void)state;
	assert_true(births_parse("1.14 1.19 0.88 2/96 19508\n", &id));
	assert_int_equal(id, 19508);
	assert_true(births_parse("0.00 0.00 0.00 1/1 1", &id));
	assert_int_equal(id, 1);
}

static void
what_is_no_such_line(void **state)
{
	static const char *const lines[] = {"", "\n", "19508", "1.0 ", "1 -5\n",
	    "1 99999999999999999999\n", "1 4294967296\n", "1 12x\n",
	    "1.14 1.19 0.88 2/96\n"};
	pid_t id = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(births_parse(lines[i], &id));
	assert_int_equal(id, 77);
}

/* Others on this machine may be born too: so it is a range. */
static void
a_child_is_told_twice(void **state)
{
	struct birth_range range;
	struct births b;
	pid_t child;

	(void)state;
	births_init(&b);
	assert_true(b.fd >= 0);
	child = child_start(count_for_ever);
	for (int i = 0; i < 2; i++) {
		assert_true(births_since(&b, &range));
		assert_in_range(child, range.first, range.last);
	}
	assert_true(births_since(&b, &range));
	assert_true(range.first > child);
	child_end(child);
	births_deinit(&b);
}

static void
too_many_or_from_the_beginning(void **state)
{
	struct birth_range range;
	struct births b;

	(void)state;
	births_init(&b);
	b.last -= BIRTHS_MAX + 1;
	b.before = b.last;
	assert_false(births_since(&b, &range));
	/* The next look is twice, too. */
	assert_false(births_since(&b, &range));
	assert_true(births_since(&b, &range));
	b.last = b.before = (pid_t)1 << 30;
	assert_false(births_since(&b, &range));
	assert_false(births_since(&b, &range));
	assert_true(births_since(&b, &range));
	births_deinit(&b);
	assert_false(births_since(&b, &range));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_field),
	    cmocka_unit_test(what_is_no_such_line),
	    cmocka_unit_test(a_child_is_told_twice),
	    cmocka_unit_test(too_many_or_from_the_beginning),
	};

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
