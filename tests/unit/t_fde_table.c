/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "frame_writer.h"
#include "object/fde_table.h"

#include <dwarf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VADDR 0x2000

/* An .eh_frame_hdr table over entries that the test fills in. */
static struct eh_frame_hdr
hdr_over(const uint64_t *table, size_t n)
{
	return (struct eh_frame_hdr){
	    .eh_frame = VADDR,
	    .table = (const uint8_t *)table,
	    .n = n,
	    .enc = DW_EH_PE_udata8,
	    .space = {.data = (const uint8_t *)table, .address_size = 8},
	};
}

static void
assert_found(const struct fde_table *t, uint64_t vaddr, uint64_t start)
{
	struct fde fde;

	assert_int_equal(fde_table_find(t, vaddr, &fde), CFI_FOUND);
	assert_true(fde.start == start);
}

static void
assert_none(const struct fde_table *t, uint64_t vaddr)
{
	struct fde fde;

	assert_int_equal(fde_table_find(t, vaddr, &fde), CFI_NONE);
}

static void
made_by_walking(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = put_cie(&f);
	struct frame_section s;
	struct fde_table t;

	(void)state;
	put_fde(&f, cie, 0x9100, 0x10); /* out of order */
	put_fde(&f, cie, 0x9000, 0x80);
	put_fde(&f, cie, 0x9110, 0x10);
	s = section_of(&f);
	fde_table_init(&t, &s, NULL);
	assert_int_equal(t.n, 3);
	assert_none(&t, 0x8fff);
	assert_found(&t, 0x9000, 0x9000);
	assert_found(&t, 0x907f, 0x9000);
	assert_none(&t, 0x9080); /* a hole */
	assert_found(&t, 0x9100, 0x9100);
	assert_found(&t, 0x910f, 0x9100);
	assert_found(&t, 0x9110, 0x9110);
	assert_none(&t, 0x9120);
	assert_none(&t, UINT64_MAX);
	fde_table_deinit(&t);
}

static void
dropped_functions_cover_nothing(void **state)
{
	struct frames f = {.vaddr = 0};
	size_t cie = put_cie(&f);
	struct frame_section s;
	struct fde_table t;

	(void)state;
	put_fde(&f, cie, 0, 0x100000); /* at pc 0, over everything */
	put_fde(&f, cie, 0x9000, 0x40);
	put_fde(&f, cie, 0x9010, 0); /* empty, inside the one before */
	s = section_of(&f);
	fde_table_init(&t, &s, NULL);
	assert_int_equal(t.n, 1);
	assert_found(&t, 0x9010, 0x9000);
	assert_none(&t, 0x10);
	fde_table_deinit(&t);
}

static void
searched_in_the_header(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = put_cie(&f);
	uint64_t table[] = {
	    0x9000,
	    VADDR + put_fde(&f, cie, 0x9000, 0x80),
	    0x9100,
	    VADDR + put_fde(&f, cie, 0x9100, 0x10),
	};
	struct eh_frame_hdr hdr = hdr_over(table, 2);
	struct frame_section s = section_of(&f);
	struct fde_table t;

	(void)state;
	fde_table_init(&t, &s, &hdr);
	assert_null(t.made);
	assert_none(&t, 0x8fff);
	assert_found(&t, 0x907f, 0x9000);
	assert_none(&t, 0x9080); /* the header has no ends, the FDE has */
	assert_found(&t, 0x910f, 0x9100);
	assert_none(&t, 0x9110);
	fde_table_deinit(&t);
}

/* Duplicates and an empty FDE at the same address, in any order. */
static void
several_at_one_address(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = put_cie(&f);
	uint64_t full = VADDR + put_fde(&f, cie, 0x9000, 0x40);
	uint64_t empty = VADDR + put_fde(&f, cie, 0x9000, 0);
	uint64_t table[] = {
	    0x8000, full, 0x9000, full, 0x9000, full, 0x9000, empty};
	struct eh_frame_hdr hdr = hdr_over(table, 4);
	struct frame_section s = section_of(&f);
	struct fde_table t;

	(void)state;
	fde_table_init(&t, &s, &hdr);
	assert_found(&t, 0x9020, 0x9000);
	assert_none(&t, 0x8000); /* the entry lies about its start */
	fde_table_deinit(&t);
}

static void
entries_that_lead_nowhere(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = put_cie(&f);
	uint64_t table[] = {
	    0x9000, VADDR + cie, 0x9100, 0x1000, 0x9200, UINT64_MAX};
	struct eh_frame_hdr hdr = hdr_over(table, 3);
	struct frame_section s = section_of(&f);
	struct fde_table t;
	struct fde fde;

	(void)state;
	fde_table_init(&t, &s, &hdr);
	assert_int_equal(fde_table_find(&t, 0x9000, &fde), CFI_BAD);
	assert_int_equal(fde_table_find(&t, 0x9100, &fde), CFI_BAD);
	assert_int_equal(fde_table_find(&t, 0x9200, &fde), CFI_BAD);
	assert_false(fde_table_get(&t, 0, &fde));
	fde_table_deinit(&t);
}

static void
table_without_fdes(void **state)
{
	struct fde_table t = {0};

	(void)state;
	assert_none(&t, 0x9000);
	fde_table_deinit(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(made_by_walking),
	    cmocka_unit_test(dropped_functions_cover_nothing),
	    cmocka_unit_test(searched_in_the_header),
	    cmocka_unit_test(several_at_one_address),
	    cmocka_unit_test(entries_that_lead_nowhere),
	    cmocka_unit_test(table_without_fdes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
