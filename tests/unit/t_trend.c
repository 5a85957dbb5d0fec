/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/trend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_large_changes_of_many(void **state)
{
	(void)state;
	assert_int_equal(trend_of(300, 1000, 200, 1000), TREND_UP);
	assert_int_equal(trend_of(200, 1000, 300, 1000), TREND_DOWN);
	assert_int_equal(trend_of(200, 1000, 200, 1000), TREND_NONE);
}

/* The same shares as above, of samples too few to say so. */
static void
test_few_samples_say_nothing(void **state)
{
	(void)state;
	assert_int_equal(trend_of(6, 20, 4, 20), TREND_NONE);
	assert_int_equal(trend_of(1, 1, 0, 1), TREND_NONE);
}

/* Shares count, not samples: the window before may have been a short one. */
static void
test_unequal_windows(void **state)
{
	(void)state;
	assert_int_equal(trend_of(3000, 10000, 300, 1000), TREND_NONE);
	assert_int_equal(trend_of(300, 1000, 2000, 10000), TREND_UP);
}

/* Beyond doubt, and too small to be seen. */
static void
test_invisible_changes(void **state)
{
	(void)state;
	assert_int_equal(
	    trend_of(505000, 1000000, 500000, 1000000), TREND_NONE);
	assert_int_equal(
	    trend_of(520000, 1000000, 500000, 1000000), TREND_UP);
}

static void
test_from_nothing_and_to_nothing(void **state)
{
	(void)state;
	assert_int_equal(trend_of(100, 1000, 0, 1000), TREND_UP);
	assert_int_equal(trend_of(0, 1000, 100, 1000), TREND_DOWN);
	assert_int_equal(trend_of(100, 100, 0, 100), TREND_UP);
	assert_int_equal(trend_of(100, 100, 100, 100), TREND_NONE);
}

static void
test_no_samples(void **state)
{
	(void)state;
	assert_int_equal(trend_of(0, 0, 100, 1000), TREND_NONE);
	assert_int_equal(trend_of(100, 1000, 0, 0), TREND_NONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_large_changes_of_many),
	    cmocka_unit_test(test_few_samples_say_nothing),
	    cmocka_unit_test(test_unequal_windows),
	    cmocka_unit_test(test_invisible_changes),
	    cmocka_unit_test(test_from_nothing_and_to_nothing),
	    cmocka_unit_test(test_no_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
