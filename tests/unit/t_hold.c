/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/hold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
nobody_was_held(void **state)
{
	static const struct holds h;

	(void)state;
	assert_int_equal(holds_sum(&h), 0);
	assert_int_equal(holds_quantile(&h, 0.5), 0);
	assert_int_equal(holds_max(&h), 0);
	assert_false(holds_want_watch(&h));
}

static void
the_way_back_is_part_of_all(void **state)
{
	static struct holds h;

	(void)state;
	holds_add(&h, 40, false);
	assert_int_equal(holds_sum(&h), 40);
	holds_add_comeback(&h, 10);
	holds_add(&h, 60, false);
	holds_add(&h, 80, false);
	holds_add_comeback(&h, 20);
	/* 15 in the mean */
	assert_int_equal(holds_sum(&h), 40 + 60 + 80 + 3 * 15);
	assert_int_equal(holds_quantile(&h, 0.5), 60 + 15);
	assert_int_equal(holds_max(&h), 80 + 15);
}

static void
to_wake_us_takes_as_long(void **state)
{
	static struct holds h;

	(void)state;
	holds_add(&h, 40, true); /* nothing is known yet */
	holds_add_comeback(&h, 10);
	holds_add(&h, 60, true);
	assert_int_equal(holds_sum(&h), 40 + 10 + 60 + 2 * 10);
}

static void
one_in_some_is_watched_from_the_first_on(void **state)
{
	static struct holds h;

	(void)state;
	for (unsigned i = 0; i < 3 * HOLD_WATCH_EVERY; i++) {
		holds_add(&h, 50, false);
		assert_int_equal(
		    holds_want_watch(&h), i % HOLD_WATCH_EVERY == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_was_held),
	    cmocka_unit_test(the_way_back_is_part_of_all),
	    cmocka_unit_test(to_wake_us_takes_as_long),
	    cmocka_unit_test(one_in_some_is_watched_from_the_first_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
