/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwp_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

/* Two units in four slots, with .debug_info (1), .debug_abbrev (3) and 8. */
struct table {
	uint32_t version, columns, units, slots;
	uint64_t ids[4];
	uint32_t rows[4];
	uint32_t kinds[3];
	uint32_t offsets[2][3];
	uint32_t sizes[2][3];
} __attribute__((packed));

#define A 0x1111111100000001u
#define B 0x2222222200000001u /* the same first slot: the second is 1 + 3 */

static struct table
make_table(uint32_t version)
{
	return (struct table){
	    .version = version,
	    .columns = 3,
	    .units = 2,
	    .slots = 4,
	    .ids = {B, A, 0, 0},
	    .rows = {2, 1, 0, 0},
	    .kinds = {1, 3, 8},
	    .offsets = {{0, 0, 0}, {100, 10, 7}},
	    .sizes = {{100, 10, 7}, {50, 5, 3}},
	};
}

static bool
find(const struct table *t, uint64_t id, struct dwp_slice slices[])
{
	return dwp_index_find(t, sizeof(*t), id, slices);
}

static void
test_each_unit_s_parts(void **state)
{
	struct dwp_slice s[DWP_PARTS];
	struct table t = make_table(5);

	(void)state;
	assert_true(find(&t, A, s));
	assert_int_equal(s[DWP_INFO].off, 0);
	assert_int_equal(s[DWP_INFO].len, 100);
	assert_int_equal(s[DWP_LINE].len, 0);
	assert_int_equal(s[DWP_RNGLISTS].len, 7);
	assert_true(find(&t, B, s));
	assert_int_equal(s[DWP_INFO].off, 100);
	assert_int_equal(s[DWP_ABBREV].off, 10);
	assert_int_equal(s[DWP_ABBREV].len, 5);
	assert_false(find(&t, A + 2, s));
	assert_false(find(&t, A + 1, s));
}

/* GNU's: there 8 is macros. */
static void
test_version_2(void **state)
{
	struct dwp_slice s[DWP_PARTS];
	struct table t = make_table(2);

	(void)state;
	assert_true(find(&t, B, s));
	assert_int_equal(s[DWP_INFO].len, 50);
	assert_int_equal(s[DWP_RNGLISTS].len, 0);
}

static void
test_damage(void **state)
{
	struct dwp_slice s[DWP_PARTS];
	struct table t = make_table(5);

	(void)state;
	for (size_t n = 0; n < sizeof(t); n++)
		assert_false(dwp_index_find(&t, n, A, s));
	t.rows[1] = 3;
	assert_false(find(&t, A, s));
	t = make_table(5);
	t.slots = 3;
	assert_false(find(&t, A, s));
	t.slots = 0;
	assert_false(find(&t, A, s));
	t = make_table(5);
	t.columns = UINT32_MAX;
	assert_false(find(&t, A, s));
	t = make_table(4);
	assert_false(find(&t, A, s));
	t = make_table(5);
	memcpy(t.rows, (uint32_t[]){1, 1, 1, 1}, sizeof(t.rows));
	assert_false(find(&t, 5, s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_unit_s_parts),
	    cmocka_unit_test(test_version_2),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
