/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/byte_ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct byte_ranges r;

static int
setup(void **state)
{
	(void)state;
	byte_ranges_init(&r);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	byte_ranges_deinit(&r);
	return 0;
}

static void
add(uint64_t addr, const char *text)
{
	byte_ranges_add(&r, addr, text, strlen(text));
}

static void
assert_range(size_t i, uint64_t addr, const char *text)
{
	assert_true(i < r.n);
	assert_int_equal(r.v[i].addr, addr);
	assert_int_equal(r.v[i].len, strlen(text));
	assert_memory_equal(r.v[i].bytes, text, r.v[i].len);
}

static void
what_touches_is_joined(void **state)
{
	(void)state;
	add(108, "ij");
	add(100, "abcd");
	add(104, "efgh");
	add(111, "x");
	byte_ranges_merge(&r);
	assert_int_equal(r.n, 2);
	assert_range(0, 100, "abcdefghij");
	assert_range(1, 111, "x");
}

static void
what_was_added_first_stays(void **state)
{
	(void)state;
	add(102, "OLD");
	add(100, "newer..");
	add(104, "newest");
	byte_ranges_merge(&r);
	assert_int_equal(r.n, 1);
	assert_range(0, 100, "neOLD..est");
}

static void
merged_twice_is_the_same(void **state)
{
	(void)state;
	add(100, "ab");
	add(100, "xyz");
	byte_ranges_merge(&r);
	byte_ranges_merge(&r);
	assert_int_equal(r.n, 1);
	assert_range(0, 100, "abz");
}

static void
what_is_none(void **state)
{
	(void)state;
	byte_ranges_merge(&r);
	add(100, "");
	add(UINT64_MAX - 1, "abc");
	assert_int_equal(r.n, 0);
}

static bool
read_digits(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const char *digits = ctx;

	if (addr > 10 || len > 10 - addr)
		return false;
	memcpy(buf, digits + addr, len);
	return true;
}

static void
a_recorder_keeps_what_it_passes_on(void **state)
{
	char digits[] = "0123456789", buf[4];
	const struct mem from = {.read = read_digits, .ctx = digits};
	struct byte_recorder rec = {.from = &from, .to = &r};
	struct mem mem = byte_recorder_mem(&rec);

	(void)state;
	assert_true(mem_read(&mem, 3, buf, 4));
	assert_memory_equal(buf, "3456", 4);
	assert_false(mem_read(&mem, 9, buf, 4));
	assert_true(mem_read(&mem, 6, buf, 4));
	byte_ranges_merge(&r);
	assert_int_equal(r.n, 1);
	assert_range(0, 3, "3456789");
}

static void
rewound_to_a_mark_is_as_it_was(void **state)
{
	size_t mark;

	(void)state;
	byte_ranges_rewind(&r, byte_ranges_mark(&r));
	assert_int_equal(r.n, 0);
	add(100, "ab");
	mark = byte_ranges_mark(&r);
	add(100, "wrong");
	add(200, "wrong");
	byte_ranges_rewind(&r, mark);
	add(101, "yes");
	assert_int_equal(r.n, 2);
	byte_ranges_rewind(&r, byte_ranges_mark(&r));
	assert_int_equal(r.n, 2);
	assert_range(0, 100, "ab");
	assert_range(1, 101, "yes");
	byte_ranges_merge(&r);
	assert_range(0, 100, "abes");
	byte_ranges_rewind(&r, 0);
	assert_int_equal(r.n, 0);
}

/* Marking again and again costs no memory. */
static void
rewinding_gives_the_bytes_back(void **state)
{
	static const char bytes[1000];
	size_t mark;
	int before;

	(void)state;
	add(100, "ab");
	mark = byte_ranges_mark(&r);
	before = obstack_memory_used(&r.bytes);
	for (int i = 0; i < 100; i++) {
		byte_ranges_add(&r, 200, bytes, sizeof(bytes));
		byte_ranges_add(&r, 5000, bytes, sizeof(bytes));
		byte_ranges_rewind(&r, mark);
	}
	assert_true(obstack_memory_used(&r.bytes) <= before);
	assert_int_equal(r.n, 1);
	assert_range(0, 100, "ab");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_touches_is_joined, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_was_added_first_stays, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		merged_twice_is_the_same, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		rewound_to_a_mark_is_as_it_was, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		rewinding_gives_the_bytes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_none, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_recorder_keeps_what_it_passes_on, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
