/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/eh_pointer.h"

#include <dwarf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VADDR 0x2000

/* Reads at offset 3 of the space, for the alignment's sake. */
static const uint8_t bytes[16] = {
    0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};

static const struct eh_space space = {
    .data = bytes, .vaddr = VADDR, .has_datarel = true, .address_size = 8};

static uint64_t
read_at_3(uint8_t enc, size_t width)
{
	struct cursor c = cursor_of(bytes + 3, sizeof(bytes) - 3);
	uint64_t v = 0;

	assert_true(eh_pointer_read(&c, enc, &space, &v));
	assert_int_equal(c.pos - (bytes + 3), width);
	return v;
}

static void
assert_refused(uint8_t enc, const struct eh_space *in)
{
	struct cursor c = cursor_of(bytes + 3, sizeof(bytes) - 3);
	uint64_t v = 42;

	assert_false(eh_pointer_read(&c, enc, in, &v));
	assert_true(v == 42);
}

static void
formats(void **state)
{
	(void)state;
	assert_true(read_at_3(DW_EH_PE_udata2, 2) == 0xfffe);
	assert_true(read_at_3(DW_EH_PE_sdata2, 2) == UINT64_MAX - 1);
	assert_true(read_at_3(DW_EH_PE_udata4, 4) == 0xfffffffe);
	assert_true(read_at_3(DW_EH_PE_sdata4, 4) == UINT64_MAX - 1);
	assert_true(read_at_3(DW_EH_PE_udata8, 8) == UINT64_MAX - 1);
	assert_true(read_at_3(DW_EH_PE_sdata8, 8) == UINT64_MAX - 1);
	assert_true(read_at_3(DW_EH_PE_absptr, 8) == UINT64_MAX - 1);
	assert_true(read_at_3(DW_EH_PE_uleb128, 9) == (1ull << 57) - 2);
}

static void
relative_to_what(void **state)
{
	(void)state;
	assert_true(
	    read_at_3(DW_EH_PE_pcrel | DW_EH_PE_sdata4, 4) == VADDR + 3 - 2);
	assert_true(
	    read_at_3(DW_EH_PE_datarel | DW_EH_PE_sdata4, 4) == VADDR - 2);
	/* over the 5 bytes to offset 8, then 8 more */
	assert_true(read_at_3(DW_EH_PE_aligned, 13) == 0x01ffffff);
}

static void
what_a_file_cannot_answer(void **state)
{
	struct eh_space no_base = space;

	(void)state;
	no_base.has_datarel = false;
	assert_refused(DW_EH_PE_datarel | DW_EH_PE_sdata4, &no_base);
	assert_refused(DW_EH_PE_textrel | DW_EH_PE_sdata4, &space);
	assert_refused(DW_EH_PE_funcrel | DW_EH_PE_sdata4, &space);
	assert_refused(DW_EH_PE_indirect | DW_EH_PE_pcrel, &space);
	assert_refused(DW_EH_PE_omit, &space);
	assert_refused(0x05, &space);
}

static void
null_stays_null(void **state)
{
	struct cursor c = cursor_of(bytes, 2);
	uint64_t v = 42;

	(void)state;
	assert_true(
	    eh_pointer_read(&c, DW_EH_PE_pcrel | DW_EH_PE_sdata2, &space, &v));
	assert_true(v == 0);
}

static void
short_addresses_wrap_at_32_bits(void **state)
{
	struct eh_space narrow = space;
	struct cursor c = cursor_of(bytes + 3, sizeof(bytes) - 3);
	uint64_t v = 0;

	(void)state;
	narrow.address_size = 4;
	assert_true(eh_pointer_read(&c, DW_EH_PE_pcrel, &narrow, &v));
	assert_true(v == VADDR + 3 - 2);
	assert_int_equal(cursor_left(&c), sizeof(bytes) - 7);
	assert_int_equal(eh_pointer_width(DW_EH_PE_absptr, 4), 4);
	assert_int_equal(eh_pointer_width(DW_EH_PE_uleb128, 8), 0);
}

static void
skipping_takes_what_reading_refuses(void **state)
{
	struct cursor c = cursor_of(bytes, sizeof(bytes));

	(void)state;
	assert_true(eh_pointer_skip(&c, DW_EH_PE_omit, &space));
	assert_int_equal(cursor_left(&c), 16);
	assert_true(eh_pointer_skip(&c, 0x9b, &space));
	assert_int_equal(cursor_left(&c), 12);
	assert_true(eh_pointer_skip(&c, DW_EH_PE_aligned, &space));
	assert_int_equal(cursor_left(&c), 0);
	assert_false(eh_pointer_skip(&c, DW_EH_PE_udata2, &space));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formats),
	    cmocka_unit_test(relative_to_what),
	    cmocka_unit_test(what_a_file_cannot_answer),
	    cmocka_unit_test(null_stays_null),
	    cmocka_unit_test(short_addresses_wrap_at_32_bits),
	    cmocka_unit_test(skipping_takes_what_reading_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
