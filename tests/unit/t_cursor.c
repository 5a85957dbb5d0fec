/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CURSOR(...)                               \
	cursor_of((const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

static void
fixed_sizes_are_little_endian(void **state)
{
	struct cursor c = CURSOR(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	    0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f);

	(void)state;
	assert_int_equal(cursor_left(&c), 15);
	assert_int_equal(cursor_u8(&c), 0x01);
	assert_int_equal(cursor_u16(&c), 0x0302);
	assert_int_equal(cursor_u32(&c), 0x07060504);
	assert_true(cursor_u64(&c) == 0x0f0e0d0c0b0a0908);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.bad);
}

static void
first_read_past_the_end_sticks(void **state)
{
	struct cursor c = CURSOR(0xff, 0xff, 0xff);

	(void)state;
	assert_int_equal(cursor_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(cursor_u8(&c), 0); /* though a byte is there */
	assert_int_equal(cursor_uleb(&c), 0);
	assert_null(cursor_str(&c));
	assert_false(cursor_skip(&c, 0));
}

static void
skip_takes_any_size(void **state)
{
	struct cursor c = CURSOR(1, 2, 3);

	(void)state;
	assert_true(cursor_skip(&c, 3));
	assert_true(cursor_skip(&c, 0));
	assert_false(cursor_skip(&c, UINT64_MAX));
	assert_true(c.bad);
}

/* DWARF 5, 7.6, figures 42 and 43. */
static void
leb128_of_the_standard(void **state)
{
	struct cursor u = CURSOR(2, 127, 0x80, 1, 0x81, 1, 0x82, 1, 0xb9, 0x64);
	struct cursor s = CURSOR(2, 0x7e, 0xff, 0, 0x81, 0x7f, 0x80, 1, 0x80,
	    0x7f, 0x81, 1, 0xff, 0x7e);

	(void)state;
	assert_int_equal(cursor_uleb(&u), 2);
	assert_int_equal(cursor_uleb(&u), 127);
	assert_int_equal(cursor_uleb(&u), 128);
	assert_int_equal(cursor_uleb(&u), 129);
	assert_int_equal(cursor_uleb(&u), 130);
	assert_int_equal(cursor_uleb(&u), 12857);
	assert_int_equal(cursor_left(&u), 0);
	assert_true(cursor_sleb(&s) == 2);
	assert_true(cursor_sleb(&s) == -2);
	assert_true(cursor_sleb(&s) == 127);
	assert_true(cursor_sleb(&s) == -127);
	assert_true(cursor_sleb(&s) == 128);
	assert_true(cursor_sleb(&s) == -128);
	assert_true(cursor_sleb(&s) == 129);
	assert_true(cursor_sleb(&s) == -129);
	assert_int_equal(cursor_left(&s), 0);
}

static void
leb128_at_its_bounds(void **state)
{
	struct cursor max =
	    CURSOR(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
	struct cursor min =
	    CURSOR(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f);
	struct cursor padded = CURSOR(0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	    0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 9);
	struct cursor over =
	    CURSOR(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02);
	struct cursor endless = CURSOR(0x80, 0x80, 0x80);

	(void)state;
	assert_true(cursor_uleb(&max) == UINT64_MAX);
	assert_true(cursor_sleb(&min) == INT64_MIN);
	assert_int_equal(cursor_uleb(&padded), 5);
	assert_int_equal(cursor_u8(&padded), 9);
	assert_int_equal(cursor_uleb(&over), 0); /* bit 64 is dropped */
	assert_false(over.bad);
	assert_int_equal(cursor_uleb(&endless), 0);
	assert_true(endless.bad);
}

static void
strings_end_inside(void **state)
{
	struct cursor c = cursor_of("zR\0\0open", 8);

	(void)state;
	assert_string_equal(cursor_str(&c), "zR");
	assert_string_equal(cursor_str(&c), "");
	assert_null(cursor_str(&c));
	assert_true(c.bad);
}

static void
sub_cannot_look_outside(void **state)
{
	struct cursor c = CURSOR(1, 2, 3, 4);
	struct cursor sub = cursor_sub(&c, 2);

	(void)state;
	assert_int_equal(cursor_u16(&sub), 0x0201);
	assert_int_equal(cursor_u8(&sub), 0);
	assert_true(sub.bad);
	assert_false(c.bad);
	assert_int_equal(cursor_u8(&c), 3);
	sub = cursor_sub(&c, 2);
	assert_true(sub.bad);
	assert_true(c.bad);
}

static void
nothing_is_fine(void **state)
{
	struct cursor c = cursor_of(NULL, 0);

	(void)state;
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.bad);
	assert_null(cursor_str(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fixed_sizes_are_little_endian),
	    cmocka_unit_test(first_read_past_the_end_sticks),
	    cmocka_unit_test(skip_takes_any_size),
	    cmocka_unit_test(leb128_of_the_standard),
	    cmocka_unit_test(leb128_at_its_bounds),
	    cmocka_unit_test(strings_end_inside),
	    cmocka_unit_test(sub_cannot_look_outside),
	    cmocka_unit_test(nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
