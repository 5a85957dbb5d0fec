/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 100000u

/* Whether id stands under the hash, and no id twice. */
static bool
has(const struct hash *h, uint64_t hash, uint32_t wanted)
{
	struct hash_probe at = hash_find(h, hash);
	uint32_t id;
	int n = 0;

	while ((id = hash_next(h, &at)) != HASH_NONE)
		n += id == wanted;
	assert_true(n <= 1);
	return n == 1;
}

static void
zero_is_empty(void **state)
{
	struct hash h = {0};

	(void)state;
	assert_false(has(&h, 0, 0));
	assert_false(has(&h, hash_u64(42), 0));
	hash_deinit(&h);
}

static void
finds_all_that_was_added(void **state)
{
	struct hash h = {0};

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		hash_add(&h, hash_u64(i), i);
	for (uint32_t i = 0; i < MANY; i++)
		assert_true(has(&h, hash_u64(i), i));
	for (uint32_t i = MANY; i < 2 * MANY; i++)
		assert_false(has(&h, hash_u64(i), i));
	assert_int_equal(h.used, MANY);
	hash_deinit(&h);
	assert_null(h.slots);
}

static void
equal_hashes_are_all_offered(void **state)
{
	struct hash h = {0};
	uint64_t same = hash_u64(7);

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		hash_add(&h, same, i);
	for (uint32_t i = 0; i < 200; i++)
		assert_true(has(&h, same, i));
	assert_false(has(&h, same, 200));
	hash_deinit(&h);
}

/* All hashes fall on the last slots, so that the search must go round. */
static void
search_wraps_around(void **state)
{
	struct hash h = {0};

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		hash_add(&h, UINT64_MAX - (i % 2 << 32), (uint32_t)i);
	for (uint64_t i = 0; i < 40; i++)
		assert_true(has(&h, UINT64_MAX - (i % 2 << 32), (uint32_t)i));
	hash_deinit(&h);
}

static void
table_is_never_full(void **state)
{
	struct hash h = {0};

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		hash_add(&h, hash_u64(i), i);
		assert_true(h.used <= (h.mask + 1) / 4 * 3 + 1);
		assert_int_equal((h.mask + 1) & h.mask, 0);
	}
	hash_deinit(&h);
}

static void
bytes_make_different_hashes(void **state)
{
	(void)state;
	assert_true(hash_bytes("a", 1) == hash_bytes("ab", 1));
	assert_true(hash_bytes("a", 1) != hash_bytes("b", 1));
	assert_true(hash_bytes("ab", 2) != hash_bytes("ba", 2));
	assert_true(hash_bytes("", 0) != hash_bytes("\0", 1));
	assert_true(hash_bytes(NULL, 0) == hash_bytes("", 0));
}

/* Ids of a table are neighbours: they must not crowd one part of it. */
static void
neighbours_spread(void **state)
{
	unsigned buckets[256] = {0};

	(void)state;
	for (uint64_t i = 0; i < 256 * 64; i++)
		buckets[hash_u64(i) >> 32 & 255]++;
	for (size_t i = 0; i < 256; i++) {
		assert_true(buckets[i] > 16);
		assert_true(buckets[i] < 160);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(zero_is_empty),
	    cmocka_unit_test(finds_all_that_was_added),
	    cmocka_unit_test(equal_hashes_are_all_offered),
	    cmocka_unit_test(search_wraps_around),
	    cmocka_unit_test(table_is_never_full),
	    cmocka_unit_test(bytes_make_different_hashes),
	    cmocka_unit_test(neighbours_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
