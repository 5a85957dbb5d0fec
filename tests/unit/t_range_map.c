/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/range_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static void
test_empty_map_holds_nothing(void **state)
{
	struct range_map rm = {0};

	(void)state;
	range_map_flatten(&rm);
	assert_int_equal(range_map_find(&rm, 0), RANGE_NONE);
	range_map_add(&rm, 10, 10, 1);
	range_map_add(&rm, 10, 9, 1);
	assert_int_equal(rm.n, 0);
	range_map_deinit(&rm);
}

/*
 *	10        20   25    30        40
 *	0---------1----2=====1---------0--
 */
static void
test_innermost_wins(void **state)
{
	struct range_map rm = {0};

	(void)state;
	range_map_add(&rm, 25, 30, 2);
	range_map_add(&rm, 10, 50, 0);
	range_map_add(&rm, 20, 40, 1);
	range_map_flatten(&rm);
	assert_int_equal(range_map_find(&rm, 9), RANGE_NONE);
	assert_int_equal(range_map_find(&rm, 10), 0);
	assert_int_equal(range_map_find(&rm, 19), 0);
	assert_int_equal(range_map_find(&rm, 20), 1);
	assert_int_equal(range_map_find(&rm, 25), 2);
	assert_int_equal(range_map_find(&rm, 29), 2);
	assert_int_equal(range_map_find(&rm, 30), 1);
	assert_int_equal(range_map_find(&rm, 40), 0);
	assert_int_equal(range_map_find(&rm, 50), RANGE_NONE);
	range_map_deinit(&rm);
}

static void
test_equal_starts_go_by_id(void **state)
{
	struct range_map rm = {0};

	(void)state;
	range_map_add(&rm, 10, 12, 7);
	range_map_add(&rm, 10, 20, 3);
	range_map_flatten(&rm);
	assert_int_equal(range_map_find(&rm, 11), 7);
	assert_int_equal(range_map_find(&rm, 12), 3);
	range_map_deinit(&rm);
}

/* What the header says, by looking at every range. */
static uint32_t
naive_find(const struct range *v, size_t n, uint64_t addr)
{
	const struct range *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct range *r = &v[i];

		if (addr < r->start || addr >= r->end)
			continue;
		if (best == NULL || r->start > best->start ||
		    (r->start == best->start && r->id > best->id))
			best = r;
	}
	return best != NULL ? best->id : RANGE_NONE;
}

/* Also ranges that overlap without being nested. */
static void
test_equals_the_naive_answer(void **state)
{
	enum { N = 40, SPAN = 100, ROUNDS = 500 };
	struct range v[N];

	(void)state;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		struct range_map rm = {0};
		size_t n = (size_t)rand() % N;

		for (size_t i = 0; i < n; i++) {
			uint64_t start = (uint64_t)(rand() % SPAN);

			v[i] = (struct range){.start = start,
			    .end = start + (uint64_t)(rand() % SPAN),
			    .id = (uint32_t)i};
			range_map_add(&rm, v[i].start, v[i].end, v[i].id);
		}
		range_map_flatten(&rm);
		for (uint64_t addr = 0; addr < 2 * SPAN; addr++)
			assert_int_equal(range_map_find(&rm, addr),
			    naive_find(v, n, addr));
		for (size_t i = 1; i < rm.n; i++)
			assert_true(rm.v[i - 1].end <= rm.v[i].start);
		range_map_deinit(&rm);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_map_holds_nothing),
	    cmocka_unit_test(test_innermost_wins),
	    cmocka_unit_test(test_equal_starts_go_by_id),
	    cmocka_unit_test(test_equals_the_naive_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
