/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/pc_cache.h"

#include "object/cfi_compact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct cfi_compact rule = {.kind = COMPACT_FRAME};

static struct pc_cache *
new_cache(void)
{
	struct pc_cache *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	pc_cache_begin(c, 1);
	return c;
}

static void
keep(struct pc_cache *c, uint64_t pc)
{
	pc_cache_put(pc_cache_entry(c, pc), pc, &rule);
}

static const struct cfi_compact *
find(struct pc_cache *c, uint64_t pc)
{
	struct pc_cache_entry *e = pc_cache_entry(c, pc);

	if (pc_cache_holds(e, pc))
		return &e->rule;
	pc_cache_count_miss(c, e);
	return NULL;
}

static void
assert_misses(const struct pc_cache *c, uint64_t empty, uint64_t other,
    uint64_t stale)
{
	assert_int_equal(c->counts.empty, empty);
	assert_int_equal(c->counts.other, other);
	assert_int_equal(c->counts.stale, stale);
}

static void
finds_what_was_put(void **state)
{
	struct pc_cache *c = new_cache();

	(void)state;
	assert_null(find(c, 0x401000));
	assert_null(find(c, 0)); /* looks like an empty entry */
	keep(c, 0x401000);
	keep(c, 0);
	assert_memory_equal(find(c, 0x401000), &rule, sizeof(rule));
	assert_memory_equal(find(c, 0), &rule, sizeof(rule));
	assert_misses(c, 2, 0, 0);
	free(c);
}

/* Two addresses of one slot: the one that came last is there. */
static void
another_address(void **state)
{
	struct pc_cache *c = new_cache();
	uint64_t pc = 0x401000, same = pc + 1;

	(void)state;
	while (pc_cache_entry(c, same) != pc_cache_entry(c, pc))
		same++;
	keep(c, pc);
	assert_null(find(c, same));
	keep(c, same);
	assert_null(find(c, pc));
	assert_memory_equal(find(c, same), &rule, sizeof(rule));
	assert_misses(c, 0, 2, 0);
	free(c);
}

static void
another_generation(void **state)
{
	struct pc_cache *c = new_cache();

	(void)state;
	keep(c, 0x401000);
	pc_cache_begin(c, 1);
	assert_non_null(find(c, 0x401000));
	pc_cache_begin(c, 2);
	assert_null(find(c, 0x401000));
	assert_null(find(c, UINT64_MAX));
	keep(c, 0x401000);
	assert_non_null(find(c, 0x401000));
	assert_int_equal(c->counts.stale, 1);
	free(c);
}

/* Neighbours, as the addresses of one library are, do not share slots. */
static void
spreads(void **state)
{
	struct pc_cache *c = new_cache();
	unsigned there = 0;

	(void)state;
	for (uint64_t i = 0; i < PC_CACHE_SLOTS; i++)
		keep(c, 0x7f0000001000 + 16 * i);
	for (uint64_t i = 0; i < PC_CACHE_SLOTS; i++)
		there += find(c, 0x7f0000001000 + 16 * i) != NULL;
	assert_true(there > PC_CACHE_SLOTS / 2);
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_was_put),
	    cmocka_unit_test(another_address),
	    cmocka_unit_test(another_generation),
	    cmocka_unit_test(spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
