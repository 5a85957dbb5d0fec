/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/histogram.h"

#include "base/attr.h"
#include "base/hash.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VALUES 20000

static const double shares[] = {0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};

static struct histogram *
new_histogram(void)
{
	struct histogram *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return h;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Every quantile against that of the sorted values. */
static void
check_quantiles(uint64_t *values, size_t n)
{
	struct histogram *h = new_histogram();
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		histogram_add(h, values[i]);
		sum += values[i];
	}
	qsort(values, n, sizeof(*values), compare);
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		size_t at = (size_t)ceil(shares[i] * (double)n) - 1;
		double right = (double)values[at];
		double got = (double)histogram_quantile(h, shares[i]);

		if (fabs(got - right) > right / 100)
			fail_msg("share %g: %g for %g", shares[i], got, right);
	}
	assert_int_equal(h->n, n);
	assert_int_equal(h->sum, sum);
	assert_int_equal(h->max, values[n - 1]);
	free(h);
}

static void
uniform_values(void **state)
{
	static uint64_t values[VALUES];

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		values[i] = hash_u64(i + 1) % 1000000;
	check_quantiles(values, VALUES);
}

/* From nanoseconds to hours: every power of two gets its share. */
static void
values_of_every_size(void **state)
{
	static uint64_t values[VALUES];

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		values[i] = hash_u64(i + 1) >> (19 + i % 45);
	check_quantiles(values, VALUES);
}

/* Like stop times: most short, a few a thousand times as long. */
static void
values_with_a_long_tail(void **state)
{
	static uint64_t values[VALUES];

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		values[i] = 20000 + hash_u64(i) % 30000 +
			    (i % 100 == 0 ? 40000000 : 0);
	check_quantiles(values, VALUES);
}

static void
one_value(void **state)
{
	uint64_t value = 123456789;

	(void)state;
	check_quantiles(&value, 1);
}

/* Below the number of buckets in an octave there is one for each. */
static void
small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 2 * (uint64_t)HISTOGRAM_SUB; v++) {
		struct histogram *h = new_histogram();

		histogram_add(h, v);
		assert_int_equal(histogram_quantile(h, 0.5), v);
		free(h);
	}
}

static void
empty(void **state)
{
	struct histogram *h = new_histogram();

	(void)state;
	assert_int_equal(histogram_quantile(h, 0), 0);
	assert_int_equal(histogram_quantile(h, 0.5), 0);
	assert_int_equal(histogram_quantile(h, 1), 0);
	free(h);
}

/* What is longer than a day counts, though not how much longer. */
static void
values_past_the_end(void **state)
{
	struct histogram *h = new_histogram();

	(void)state;
	histogram_add(h, UINT64_MAX);
	histogram_add(h, 1ull << 50);
	histogram_add(h, 1);
	assert_int_equal(h->n, 3);
	assert_true(h->max == UINT64_MAX);
	assert_int_equal(histogram_quantile(h, 0.1), 1);
	assert_true(histogram_quantile(h, 1) >= 1ull << 45);
	free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(uniform_values),
	    cmocka_unit_test(values_of_every_size),
	    cmocka_unit_test(values_with_a_long_tail),
	    cmocka_unit_test(one_value),
	    cmocka_unit_test(small_values_are_exact),
	    cmocka_unit_test(empty),
	    cmocka_unit_test(values_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
