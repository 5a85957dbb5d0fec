/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const struct snapshot snap = {
    .stack_addr = 0x7ffc1000, .stack = bytes, .stack_len = sizeof(bytes)};

static void
reads_what_it_holds(void **state)
{
	uint8_t buf[10] = {0};

	(void)state;
	assert_true(snapshot_read(&snap, 0x7ffc1000, buf, 10));
	assert_memory_equal(buf, bytes, 10);
	assert_true(snapshot_read(&snap, 0x7ffc1004, buf, 2));
	assert_int_equal(buf[0], 4);
	assert_int_equal(buf[1], 5);
	assert_true(snapshot_read(&snap, 0x7ffc1009, buf, 1));
	assert_int_equal(buf[0], 9);
}

static void
exactly_or_not_at_all(void **state)
{
	uint8_t buf[16];

	(void)state;
	assert_false(snapshot_read(&snap, 0x7ffc1000, buf, 11));
	assert_false(snapshot_read(&snap, 0x7ffc1009, buf, 2));
	assert_false(snapshot_read(&snap, 0x7ffc0fff, buf, 2));
	assert_false(snapshot_read(&snap, 0x7ffc100a, buf, 1));
	assert_false(snapshot_read(&snap, 0, buf, 1));
	assert_false(snapshot_read(&snap, UINT64_MAX, buf, 1));
	assert_false(snapshot_read(&snap, 0x7ffc1000, buf, SIZE_MAX));
	assert_false(snapshot_read(&snap, 0x7ffc1005, buf, SIZE_MAX - 4));
}

/* The sums that the check must not compute, for they wrap. */
static void
ends_of_the_address_space(void **state)
{
	struct snapshot top = {.stack_addr = UINT64_MAX - 9,
	    .stack = bytes,
	    .stack_len = sizeof(bytes)};
	uint8_t buf[16];

	(void)state;
	assert_true(snapshot_read(&top, UINT64_MAX, buf, 1));
	assert_int_equal(buf[0], 9);
	assert_false(snapshot_read(&top, UINT64_MAX, buf, 2));
	assert_false(snapshot_read(&top, 0, buf, 1));
	assert_false(snapshot_read(&top, 5, buf, 1));
}

static void
an_empty_one_holds_nothing(void **state)
{
	struct snapshot none = {.stack_addr = 0x1000, .stack = bytes};
	uint8_t buf[1];

	(void)state;
	assert_false(snapshot_read(&none, 0x1000, buf, 1));
	assert_true(snapshot_read(&none, 0x1000, buf, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_it_holds),
	    cmocka_unit_test(exactly_or_not_at_all),
	    cmocka_unit_test(ends_of_the_address_space),
	    cmocka_unit_test(an_empty_one_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
