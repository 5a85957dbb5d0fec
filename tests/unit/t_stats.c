/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_complete_is_the_share_that_reached_the_root(void **state)
{
	struct stats s = {.ends = {[END_ROOT] = 3, [END_LOOP] = 1}};

	(void)state;
	assert_true(stats_complete_share(&s) == 0.75);
}

static void
test_nothing_is_not_incomplete(void **state)
{
	struct stats s = {0};

	(void)state;
	assert_true(stats_complete_share(&s) == 1.0);
}

static void
test_ticks_that_were_due(void **state)
{
	struct stats s = {.wall_s = 2, .ticks = 90, .missed_ticks = 10};

	(void)state;
	assert_true(stats_mean_rate(&s) == 50);
	s.wall_s = 0;
	assert_true(stats_mean_rate(&s) == 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_complete_is_the_share_that_reached_the_root),
	    cmocka_unit_test(test_nothing_is_not_incomplete),
	    cmocka_unit_test(test_ticks_that_were_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
