/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/units.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static void
numbers_take_few_cells(void **state)
{
	char b[UNITS_SIZE];

	(void)state;
	assert_string_equal(units_time(b, 0), "0");
	assert_string_equal(units_time(b, 1), "<1ms");
	assert_string_equal(units_time(b, 340 * MS), "340ms");
	assert_string_equal(units_time(b, 1990 * MS), "1.99s");
	/* Rounded once: not by way of 2555 ms. */
	assert_string_equal(units_time(b, 2554722577), "2.55s");
	assert_string_equal(units_time(b, 125000 * MS), "2m05s");
	assert_string_equal(units_span(b, 5), "5s");
	assert_string_equal(units_span(b, 2.5), "2.5s");
	assert_string_equal(units_span(b, 60), "1m");
	assert_string_equal(units_span(b, 90), "1m30s");
	assert_string_equal(units_clock(b, 3723.9), "01:02:03");
	assert_string_equal(units_age(b, 59), "59s");
	assert_string_equal(units_age(b, 273600), "3d04h");
	assert_string_equal(units_count(b, 999), "999");
	assert_string_equal(units_count(b, 7063), "7 063");
	assert_string_equal(units_count(b, 1000001), "1 000 001");
	assert_string_equal(units_count(b, 12400000), "12.4M");
	assert_string_equal(units_share(b, 1, 0), "-");
	assert_string_equal(units_share(b, 1, 3), "33.3");
	assert_string_equal(units_share(b, 9999, 10000), "100");
	assert_string_equal(units_percent(b, 0.992), "99.2%");
	assert_string_equal(units_percent(b, 0.0004), "0.04%");
}

static void
what_is_no_number_does_no_harm(void **state)
{
	char b[UNITS_SIZE];

	(void)state;
	assert_string_equal(units_clock(b, -1), "00:00:00");
	assert_string_equal(units_age(b, (double)NAN), "0s");
	assert_string_equal(units_percent(b, (double)NAN), "0%");
	assert_true(strlen(units_clock(b, (double)INFINITY)) < UNITS_SIZE);
	assert_true(strlen(units_span(b, 1e300)) < UNITS_SIZE);
	assert_true(strlen(units_count(b, UINT64_MAX)) < UNITS_SIZE);
	assert_true(strlen(units_time(b, UINT64_MAX)) < UNITS_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_take_few_cells),
	    cmocka_unit_test(what_is_no_number_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
