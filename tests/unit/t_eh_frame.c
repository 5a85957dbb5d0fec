/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "frame_writer.h"
#include "object/eh_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define VADDR 0x2000
#define FUNC  0x9000

static size_t
count_fdes(const struct frames *f)
{
	struct frame_section s = section_of(f);
	struct fde_walk walk = {.section = &s};
	struct fde fde;
	uint64_t off;
	size_t n = 0;

	while (fde_walk_next(&walk, &off, &fde))
		n++;
	return n;
}

static void
assert_range(const struct fde *fde, uint64_t start, uint64_t end)
{
	assert_true(fde->start == start);
	assert_true(fde->end == end);
}

static void
usual_records(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = put_cie(&f);
	size_t off = put_fde(&f, cie, FUNC, 0x40);
	struct frame_section s = section_of(&f);
	struct fde fde;

	(void)state;
	assert_true(fde_at(&s, off, &fde));
	assert_range(&fde, FUNC, FUNC + 0x40);
	assert_int_equal(fde.code.len, 5);
	assert_int_equal(fde.code.insns[0], 0x41);
	assert_int_equal(fde.cie.code_align, 1);
	assert_int_equal(fde.cie.data_align, -8);
	assert_int_equal(fde.cie.ra_reg, 16);
	assert_int_equal(fde.cie.initial.len, 5);
	assert_false(fde.cie.is_signal);
	assert_false(fde_at(&s, cie, &fde));
	assert_false(fde_at(&s, off + 1, &fde));
	assert_false(fde_at(&s, UINT64_MAX, &fde));
}

static void
debug_frame_versions(void **state)
{
	static const uint8_t versions[] = {1, 3, 4, 5};

	(void)state;
	for (size_t i = 0; i < sizeof(versions); i++) {
		struct frames f = {.vaddr = 0};
		struct frame_section s;
		struct fde fde;
		size_t cie = begin_cie(&f, versions[i], "");
		size_t off;

		if (versions[i] >= 4)
			PUT_BYTES(&f, 8, 0); /* address, segment size */
		put_alignments(&f);
		put_initial(&f);
		end_record(&f);
		off = put_fde(&f, cie, FUNC, 0x40);
		s = section_of(&f);
		assert_true(fde_at(&s, off, &fde));
		assert_range(&fde, FUNC, FUNC + 0x40);
		assert_int_equal(fde.cie.ra_reg, 16);
		assert_int_equal(fde.cie.initial.len, 5);
	}
}

/* From version 3 on the column is a ULEB128: 0x90 0x01 is 144. */
static void
return_address_column_of_two_bytes(void **state)
{
	struct frames f = {.vaddr = 0};
	size_t cie = begin_cie(&f, 3, ""), off;
	struct frame_section s;
	struct fde fde;

	(void)state;
	PUT_BYTES(&f, 4, 0x7c, 0x90, 0x01);
	put_initial(&f);
	end_record(&f);
	off = put_fde(&f, cie, FUNC, 4);
	s = section_of(&f);
	assert_true(fde_at(&s, off, &fde));
	assert_int_equal(fde.cie.ra_reg, 144);
	assert_int_equal(fde.cie.code_align, 4);
	assert_int_equal(fde.cie.data_align, -4);
	assert_int_equal(fde.cie.initial.len, 5);
}

static void
short_addresses_of_version_4(void **state)
{
	struct frames f = {.vaddr = 0};
	size_t cie = begin_cie(&f, 4, ""), off;
	struct frame_section s;
	struct fde fde;

	(void)state;
	PUT_BYTES(&f, 4, 0);
	put_alignments(&f);
	end_record(&f);
	off = begin_fde(&f, cie);
	put(&f, FUNC, 4);
	put(&f, 0x40, 4);
	end_record(&f);
	s = section_of(&f);
	assert_true(fde_at(&s, off, &fde));
	assert_range(&fde, FUNC, FUNC + 0x40);
	assert_int_equal(fde.code.len, 0);
	f.bytes[cie + 10] = 3; /* the address size */
	assert_false(fde_at(&s, off, &fde));
	f.bytes[cie + 10] = 4;
	f.bytes[cie + 11] = 2; /* segment selectors */
	assert_false(fde_at(&s, off, &fde));
}

static void
records_of_64_bits(void **state)
{
	(void)state;
	for (int is_eh = 0; is_eh <= 1; is_eh++) {
		struct frames f = {
		    .vaddr = VADDR, .is_eh = is_eh != 0, .is_64 = true};
		size_t cie = put_cie(&f);
		size_t off = put_fde(&f, cie, FUNC, 0x40);
		struct frame_section s = section_of(&f);
		struct fde fde;

		assert_true(fde_at(&s, off, &fde));
		assert_range(&fde, FUNC, FUNC + 0x40);
		assert_int_equal(count_fdes(&f), 1);
	}
}

/* P with an indirect pointer, L, R, S, B and G, in an order of our own. */
static void
every_augmentation_letter(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = begin_cie(&f, 1, "zSPLRBG"), off;
	struct frame_section s;
	struct fde fde;

	(void)state;
	put_alignments(&f);
	PUT_BYTES(&f, 7, 0x9b, 1, 2, 3, 4, 0x1b, 0x1b);
	put_initial(&f);
	end_record(&f);
	off = begin_fde(&f, cie);
	put_pcrel(&f, FUNC);
	put(&f, 8, 4);
	PUT_BYTES(&f, 4, 0xaa, 0xaa, 0xaa, 0xaa); /* the LSDA */
	PUT_BYTES(&f, 0x41);
	end_record(&f);
	s = section_of(&f);
	assert_true(fde_at(&s, off, &fde));
	assert_range(&fde, FUNC, FUNC + 8);
	assert_true(fde.cie.is_signal);
	assert_int_equal(fde.code.len, 1);
	assert_int_equal(fde.cie.initial.len, 5);
}

/* An unknown letter has data of unknown size, but 'z' says how much in all. */
static void
letters_of_the_future(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t known = begin_cie(&f, 1, "zRX"), off;
	struct frame_section s;
	struct fde fde;

	(void)state;
	put_alignments(&f);
	PUT_BYTES(&f, 3, 0x1b, 0xff, 0xff);
	put_initial(&f);
	end_record(&f);
	off = put_fde(&f, known, FUNC, 8);
	s = section_of(&f);
	assert_true(fde_at(&s, off, &fde));
	assert_range(&fde, FUNC, FUNC + 8);
	memcpy(f.bytes + known + 9, "zXR", 3);
	assert_false(fde_at(&s, off, &fde)); /* R's place is unknown */
	memcpy(f.bytes + known + 9, "XRz", 3);
	assert_false(fde_at(&s, off, &fde)); /* X's size is unknown */
}

static void
augmentation_of_gcc_2(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = begin_cie(&f, 1, "eh"), off;
	struct frame_section s;
	struct fde fde;

	(void)state;
	put(&f, 0xdeadbeef, 8);
	put_alignments(&f);
	put_initial(&f);
	end_record(&f);
	off = begin_fde(&f, cie);
	put(&f, FUNC, 8);
	put(&f, 0x40, 8);
	end_record(&f);
	s = section_of(&f);
	assert_true(fde_at(&s, off, &fde));
	assert_range(&fde, FUNC, FUNC + 0x40);
	assert_int_equal(fde.cie.initial.len, 5);
}

static void
a_length_of_zero_ends_nothing(void **state)
{
	(void)state;
	for (int is_eh = 0; is_eh <= 1; is_eh++) {
		struct frames f = {.vaddr = VADDR, .is_eh = is_eh != 0};
		size_t cie = put_cie(&f);

		put_fde(&f, cie, FUNC, 8);
		put(&f, 0, 4);
		put_fde(&f, cie, FUNC + 8, 8);
		put(&f, 0, 4);
		assert_int_equal(count_fdes(&f), 2);
	}
}

/* What is broken is left out; only a broken length ends the walk. */
static void
the_walk_goes_past_broken_records(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t bad = begin_cie(&f, 99, ""), good;

	(void)state;
	end_record(&f);
	put_fde(&f, bad, FUNC, 8);
	good = put_cie(&f);
	put_fde(&f, good, FUNC + 8, 8);
	put_fde(&f, good + 4, FUNC + 16, 8); /* points into the CIE */
	put_fde(&f, good, FUNC + 24, 8);
	assert_int_equal(count_fdes(&f), 2);
	put(&f, 0x1000, 4);
	put_fde(&f, good, FUNC + 32, 8);
	assert_int_equal(count_fdes(&f), 2);
}

static void
an_end_below_the_start(void **state)
{
	struct frames f = {.vaddr = 0};
	size_t cie = put_cie(&f);
	size_t off = put_fde(&f, cie, UINT64_MAX - 8, 16);
	struct frame_section s = section_of(&f);
	struct fde fde;

	(void)state;
	assert_false(fde_at(&s, off, &fde));
}

/* Every cut of a good section is read without looking past its end. */
static void
cut_off_anywhere(void **state)
{
	struct frames f = {.vaddr = VADDR, .is_eh = true};
	size_t cie = put_cie(&f);
	size_t off = put_fde(&f, cie, FUNC, 8);

	(void)state;
	for (size_t n = 1; n <= f.size; n++) {
		uint8_t *exact = test_malloc(n);
		struct frame_section s = {
		    .data = exact, .size = n, .vaddr = VADDR, .is_eh = true};
		struct fde fde;

		memcpy(exact, f.bytes, n);
		assert_int_equal(fde_at(&s, off, &fde), n == f.size);
		test_free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(usual_records),
	    cmocka_unit_test(debug_frame_versions),
	    cmocka_unit_test(return_address_column_of_two_bytes),
	    cmocka_unit_test(short_addresses_of_version_4),
	    cmocka_unit_test(records_of_64_bits),
	    cmocka_unit_test(every_augmentation_letter),
	    cmocka_unit_test(letters_of_the_future),
	    cmocka_unit_test(augmentation_of_gcc_2),
	    cmocka_unit_test(a_length_of_zero_ends_nothing),
	    cmocka_unit_test(the_walk_goes_past_broken_records),
	    cmocka_unit_test(an_end_below_the_start),
	    cmocka_unit_test(cut_off_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
