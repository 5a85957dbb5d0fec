/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/pace.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define US 1000ull

static struct pace pace;
static uint64_t stops, held_ns;

static void
begin(unsigned rate, double max_held)
{
	pace_init(&pace, rate, max_held);
	stops = held_ns = 0;
}

/* So many stops, one after the other, that take so long each. */
static void
stop(unsigned n, uint64_t ns)
{
	while (n-- > 0) {
		held_ns += ns;
		pace_note(&pace, ++stops, held_ns);
	}
}

static void
as_asked_while_it_can_be_borne(void **state)
{
	(void)state;
	begin(100, 0.01);
	assert_int_equal(pace_rate(&pace), 100);
	for (int i = 0; i < 1000; i++) {
		stop(1, 99 * US);
		assert_int_equal(pace_rate(&pace), 100);
	}
}

static void
slower_when_stops_take_long(void **state)
{
	(void)state;
	begin(100, 0.01);
	stop(2000, 400 * US);
	assert_in_range(pace_rate(&pace), 24, 26);
	/* And back. */
	stop(2000, 50 * US);
	assert_int_equal(pace_rate(&pace), 100);
}

/* Down and never up while stops take the same: nothing swings. */
static void
it_gets_there_from_one_side(void **state)
{
	unsigned before = 1000, rate;

	(void)state;
	begin(1000, 0.02);
	for (int i = 0; i < 3000; i++) {
		stop(1, 200 * US);
		rate = pace_rate(&pace);
		assert_true(rate <= before);
		before = rate;
	}
	assert_in_range(before, 100, 102);
}

/* The first one, too: it is long by chance. */
static void
a_long_one_is_made_up_for(void **state)
{
	unsigned lowest;
	double share;

	(void)state;
	begin(100, 0.01);
	stop(1, 5000 * US);
	assert_in_range(pace_rate(&pace), 90, 100);
	stop(1, 50000 * US);
	assert_in_range(pace_rate(&pace), 10, 20);
	held_ns = stops = 0;
	begin(100, 0.01);
	stop(2000, 60 * US);
	assert_int_equal(pace_rate(&pace), 100);
	stop(1, 20000 * US);
	lowest = pace_rate(&pace);
	assert_in_range(lowest, 60, 90);
	stop(300, 60 * US);
	assert_int_equal(pace_rate(&pace), 100);
	share = (double)held_ns / 1e9 / ((double)stops / 100);
	assert_true(share < 0.01);
}

/* Times as they are: mostly short, some long. The rate holds still. */
static void
with_noise(void **state)
{
	unsigned lowest = 1000, highest = 0;
	uint64_t random = 1;

	(void)state;
	begin(1000, 0.01);
	for (int i = 0; i < 20000; i++) {
		random = hash_u64(random + 1);
		stop(1, random % 100 < 3 ? 1000 * US
					 : 40 * US + random % 20000);
		if (i < 2000)
			continue;
		if (pace_rate(&pace) < lowest)
			lowest = pace_rate(&pace);
		if (pace_rate(&pace) > highest)
			highest = pace_rate(&pace);
	}
	/* The mean is 79 us. */
	assert_in_range(lowest, 75, 127);
	assert_in_range(highest, 127, 210);
}

/* Who asks for more than usual allows as much more; who says so, does not. */
static void
the_usual_bound(void **state)
{
	(void)state;
	begin(1000, 0);
	stop(1000, 99 * US);
	assert_int_equal(pace_rate(&pace), 1000);
	stop(2000, 200 * US);
	assert_in_range(pace_rate(&pace), 490, 510);
	begin(1000, 0.01);
	stop(2000, 100 * US);
	assert_in_range(pace_rate(&pace), 99, 102);
	begin(100, 0);
	stop(1000, 5000 * US);
	assert_int_equal(pace_rate(&pace), 25);
	begin(10, 0);
	stop(1000, 900 * US);
	assert_int_equal(pace_rate(&pace), 10);
}

static void
the_ends_of_the_scale(void **state)
{
	(void)state;
	/* All of the time: no bound. */
	begin(100, 1);
	stop(100, 1000000 * US);
	assert_int_equal(pace_rate(&pace), 100);
	/* Next to nothing: what is left is one a second. */
	begin(100, 0.000001);
	stop(100, 100 * US);
	assert_int_equal(pace_rate(&pace), PACE_MIN_RATE);
	/* Nothing ran: nothing is known. */
	begin(100, 0.01);
	for (int i = 0; i < 1000; i++)
		pace_note(&pace, 0, 0);
	assert_int_equal(pace_rate(&pace), 100);
}

/* As top does: what is known of stops stays. */
static void
another_rate_is_asked_for(void **state)
{
	(void)state;
	begin(100, 0.01);
	stop(2000, 200 * US);
	assert_in_range(pace_rate(&pace), 49, 51);
	pace.rate = 20;
	assert_int_equal(pace_rate(&pace), 20);
	pace.rate = 500;
	assert_in_range(pace_rate(&pace), 49, 51);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_asked_while_it_can_be_borne),
	    cmocka_unit_test(slower_when_stops_take_long),
	    cmocka_unit_test(it_gets_there_from_one_side),
	    cmocka_unit_test(a_long_one_is_made_up_for),
	    cmocka_unit_test(with_noise),
	    cmocka_unit_test(the_usual_bound),
	    cmocka_unit_test(the_ends_of_the_scale),
	    cmocka_unit_test(another_rate_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
