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
	assert_int_equal(h.ns.n, 0);
	assert_int_equal(h.ns.sum, 0);
	assert_false(holds_want_watch(&h));
}

static void
the_way_back_is_part_of_it(void **state)
{
	static struct holds h;

	(void)state;
	holds_add(&h, 40, false); /* of which nothing is known yet */
	assert_int_equal(h.ns.sum, 40);
	holds_add_comeback(&h, 10);
	holds_add(&h, 60, false);
	assert_int_equal(h.ns.sum, 40 + 60 + 10);
	holds_add_comeback(&h, 20);
	holds_add(&h, 80, false);
	assert_int_equal(h.ns.sum, 40 + 60 + 10 + 80 + 15);
	assert_int_equal(h.ns.n, 3);
	assert_int_equal(h.ns.max, 80 + 15);
}

static void
to_wake_us_takes_as_long(void **state)
{
	static struct holds h;

	(void)state;
	holds_add(&h, 40, true);
	holds_add_comeback(&h, 10);
	holds_add(&h, 60, true);
	assert_int_equal(h.ns.sum, 40 + 60 + 2 * 10);
}

/* What was counted stays, whatever is learned later: there are readers. */
static void
the_sum_never_falls(void **state)
{
	static struct holds h;
	uint64_t before;

	(void)state;
	holds_add(&h, 1000, false);
	holds_add_comeback(&h, 100000);
	for (int i = 0; i < 1000; i++)
		holds_add(&h, 1000, false);
	before = h.ns.sum;
	for (int i = 0; i < 1000; i++)
		holds_add_comeback(&h, 1);
	assert_int_equal(h.ns.sum, before);
	holds_add(&h, 0, false);
	assert_true(h.ns.sum >= before);
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
	    cmocka_unit_test(the_way_back_is_part_of_it),
	    cmocka_unit_test(to_wake_us_takes_as_long),
	    cmocka_unit_test(the_sum_never_falls),
	    cmocka_unit_test(one_in_some_is_watched_from_the_first_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
