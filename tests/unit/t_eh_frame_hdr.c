/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "frame_writer.h"
#include "object/eh_frame_hdr.h"
#include "object/module.h"

#include <dwarf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define VADDR	 0x1000
#define EH_FRAME 0x2000

static bool
parse(const struct frames *f, struct eh_frame_hdr *ret)
{
	struct section s = {
	    .data = f->bytes, .size = f->size, .vaddr = f->vaddr};

	return eh_frame_hdr_parse(&s, ret);
}

/* Version, encodings, where .eh_frame is. */
static struct frames
header(uint8_t count_enc, uint8_t table_enc)
{
	struct frames f = {.vaddr = VADDR};

	PUT_BYTES(
	    &f, 1, DW_EH_PE_pcrel | DW_EH_PE_sdata4, count_enc, table_enc);
	put_pcrel(&f, EH_FRAME);
	return f;
}

static void
usual_table(void **state)
{
	struct frames f =
	    header(DW_EH_PE_udata4, DW_EH_PE_datarel | DW_EH_PE_sdata4);
	struct eh_frame_hdr hdr;

	(void)state;
	put(&f, 2, 4);
	put(&f, 0x500 - VADDR, 4); /* below the section */
	put(&f, EH_FRAME - VADDR, 4);
	put(&f, 0x9000 - VADDR, 4);
	put(&f, EH_FRAME + 0x18 - VADDR, 4);
	assert_true(parse(&f, &hdr));
	assert_true(hdr.eh_frame == EH_FRAME);
	assert_int_equal(hdr.n, 2);
	assert_true(eh_frame_hdr_start(&hdr, 0) == 0x500);
	assert_true(eh_frame_hdr_fde(&hdr, 0) == EH_FRAME);
	assert_true(eh_frame_hdr_start(&hdr, 1) == 0x9000);
	assert_true(eh_frame_hdr_fde(&hdr, 1) == EH_FRAME + 0x18);
}

static void
wide_table(void **state)
{
	struct frames f = header(DW_EH_PE_uleb128, DW_EH_PE_udata8);
	struct eh_frame_hdr hdr;

	(void)state;
	put(&f, 1, 1);
	put(&f, 0x7fff00009000, 8);
	put(&f, EH_FRAME, 8);
	assert_true(parse(&f, &hdr));
	assert_int_equal(hdr.n, 1);
	assert_true(eh_frame_hdr_start(&hdr, 0) == 0x7fff00009000);
	assert_true(eh_frame_hdr_fde(&hdr, 0) == EH_FRAME);
}

static void
tables_not_to_search_in(void **state)
{
	struct frames none = header(DW_EH_PE_omit, DW_EH_PE_omit);
	struct frames leb = header(DW_EH_PE_udata4, DW_EH_PE_uleb128);
	struct frames big = header(DW_EH_PE_udata4, DW_EH_PE_udata4);
	struct frames unsorted = header(DW_EH_PE_udata4, DW_EH_PE_udata4);
	struct eh_frame_hdr hdr;

	(void)state;
	assert_true(parse(&none, &hdr));
	assert_int_equal(hdr.n, 0);
	put(&leb, 1, 4);
	PUT_BYTES(&leb, 1, 2);
	assert_true(parse(&leb, &hdr));
	assert_int_equal(hdr.n, 0);
	put(&big, 0x20000001, 4); /* times 8 is 8 in 32 bits */
	put(&big, 0, 8);
	assert_true(parse(&big, &hdr));
	assert_int_equal(hdr.n, 0);
	put(&unsorted, 2, 4);
	put(&unsorted, 0x9000, 8);
	put(&unsorted, 0x8000, 8);
	assert_true(parse(&unsorted, &hdr));
	assert_int_equal(hdr.n, 0);
}

static void
no_header_at_all(void **state)
{
	struct frames f = header(DW_EH_PE_udata4, DW_EH_PE_udata4);
	struct eh_frame_hdr hdr;

	(void)state;
	for (size_t n = 1; n < 8; n++) {
		f.size = n;
		assert_false(parse(&f, &hdr));
	}
	f.size = 8;
	assert_true(parse(&f, &hdr));
	assert_int_equal(hdr.n, 0);
	f.bytes[0] = 2;
	assert_false(parse(&f, &hdr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(usual_table),
	    cmocka_unit_test(wide_table),
	    cmocka_unit_test(tables_not_to_search_in),
	    cmocka_unit_test(no_header_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
