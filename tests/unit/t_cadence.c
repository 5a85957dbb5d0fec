/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/cadence.h"

#include "base/clock.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START 1000000000000ull
#define TICKS 100000

/* The time of the next tick, when the one before took no time. */
static uint64_t
next_tick(struct cadence *c)
{
	assert_int_equal(cadence_advance(c, c->next_ns), 0);
	return c->next_ns;
}

static void
mean_gap_is_the_period(void **state)
{
	static const unsigned rates[] = {1, 49, 100, 997, 10000};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		double period = 1e9 / rates[i], mean;
		struct cadence c;
		uint64_t first;

		cadence_init(&c, rates[i], START);
		first = c.next_ns;
		for (int n = 0; n < TICKS; n++)
			(void)next_tick(&c);
		mean = (double)(c.next_ns - first) / TICKS;
		assert_true(fabs(mean / period - 1) < 0.01);
	}
}

static void
gaps_lie_round_the_period(void **state)
{
	uint64_t last, shortest = UINT64_MAX, longest = 0;
	struct cadence c;

	(void)state;
	cadence_init(&c, 100, START);
	assert_in_range(c.next_ns - START, 5000000, 14999999);
	last = c.next_ns;
	for (int n = 0; n < TICKS; n++) {
		uint64_t gap = next_tick(&c) - last;

		assert_in_range(gap, 5000000, 14999999);
		shortest = gap < shortest ? gap : shortest;
		longest = gap > longest ? gap : longest;
		last = c.next_ns;
	}
	/* ... and the whole of the range is used. */
	assert_true(shortest < 5010000);
	assert_true(longest > 14990000);
}

#define BINS 100

/*
 * Pearson's statistic of the ticks' phases in a period of the target's, which
 * for a uniform phase has the mean BINS - 1 and a deviation of 14.
 */
static double
phase_chi_square(uint64_t target_period_ns)
{
	unsigned seen[BINS] = {0};
	double chi = 0, expected = (double)TICKS / BINS;
	struct cadence c;

	cadence_init(&c, 100, START);
	for (int n = 0; n < TICKS; n++)
		seen[next_tick(&c) % target_period_ns * BINS /
		    target_period_ns]++;
	for (int i = 0; i < BINS; i++)
		chi += (seen[i] - expected) * (seen[i] - expected) / expected;
	return chi;
}

/* A target that does the same thing every 10 ms is seen in all of it. */
static void
phase_is_uniform(void **state)
{
	static const uint64_t periods[] = {
	    10000000, 5000000, 20000000, 2500000, 10000001, 9999991};

	(void)state;
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
		assert_true(phase_chi_square(periods[i]) < 99 + 5 * 14);
}

static void
another_rate_from_the_next_gap_on(void **state)
{
	struct cadence c;
	uint64_t due;

	(void)state;
	cadence_init(&c, 100, START);
	due = c.next_ns;
	cadence_set_rate(&c, 10);
	assert_int_equal(c.next_ns, due);
	assert_in_range(next_tick(&c) - due, 50000000, 149999999);
}

static void
what_is_late_is_lost_and_counted(void **state)
{
	uint64_t late_ns = 1000 * 10000000ull, missed;
	struct cadence c;

	(void)state;
	cadence_init(&c, 100, START);
	missed = cadence_advance(&c, c.next_ns + late_ns);
	assert_in_range(missed, 950, 1050);
	/* The next one lies ahead, and not by more than a gap. */
	cadence_init(&c, 100, START);
	for (int n = 0; n < 1000; n++) {
		uint64_t now = c.next_ns + (uint64_t)n * 100000;

		(void)cadence_advance(&c, now);
		assert_true(c.next_ns > now);
		assert_true(c.next_ns <= now + 15000000);
	}
}

/* None is lost where each is done before the earliest next one. */
static void
in_time_is_in_time(void **state)
{
	struct cadence c;

	(void)state;
	cadence_init(&c, 100, START);
	for (int n = 0; n < 10000; n++)
		assert_int_equal(cadence_advance(&c, c.next_ns + 4999999), 0);
}

/* Two recordings do not tick alike. */
static void
no_two_are_the_same(void **state)
{
	struct cadence a, b;

	(void)state;
	cadence_init(&a, 100, START);
	cadence_init(&b, 100, START + 1);
	assert_true(a.next_ns + 1 != b.next_ns);
	assert_true(next_tick(&a) + 1 != next_tick(&b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mean_gap_is_the_period),
	    cmocka_unit_test(gaps_lie_round_the_period),
	    cmocka_unit_test(phase_is_uniform),
	    cmocka_unit_test(another_rate_from_the_next_gap_on),
	    cmocka_unit_test(what_is_late_is_lost_and_counted),
	    cmocka_unit_test(in_time_is_in_time),
	    cmocka_unit_test(no_two_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
