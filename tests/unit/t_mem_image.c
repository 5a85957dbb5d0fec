/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/mem_image.h"

#include "loaded_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BIAS 0x7f0000000000

/* Read-only, code, and data that stands elsewhere in memory than in the file */
static void
put_segments(struct elf_image *img)
{
	elf_image_put(img, 0x1000, "code", 4);
	elf_image_put(img, 0x3000, "more", 4);
	elf_image_put(img, 0x4e00, "data", 4);
	elf_image_put(img, 0x5fff, "", 1);
	elf_image_segment(img, PT_LOAD, PF_R, 0, 0, 0x800);
	elf_image_segment(img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x3000);
	elf_image_segment(img, PT_LOAD, PF_R | PF_W, 0x4e00, 0x9e00, 0x100);
	elf_image_section(img, ".text", SHT_PROGBITS, 0, 0x1000, 0x1000, 4);
	elf_image_finish(img);
}

static int
open_at(struct loaded_image *l, uint64_t start, struct mem_image **ret,
    struct err *err)
{
	struct mem mem = loaded_image_mem(l);

	return mem_image_open(&mem, start, "/x/lib.so", ret, err);
}

static void
test_layout_is_that_of_the_file(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l = {.img = &img, .bias = BIAS};
	struct mem_image *mi = NULL;
	struct err err;

	(void)state;
	put_segments(&img);
	assert_int_equal(open_at(&l, BIAS, &mi, &err), 0);
	assert_int_equal(mem_image_bias(mi), BIAS);
	assert_int_equal(mem_image_size(mi), 0x4f00);
	assert_true(mem_image_need(mi, 0x1000, 4));
	assert_memory_equal(mem_image_bytes(mi) + 0x1000, "code", 4);
	assert_true(mem_image_need(mi, 0x4e00, 0x100));
	assert_memory_equal(mem_image_bytes(mi) + 0x4e00, "data", 4);
	/* what nobody needed was not read; what is not loaded is zero */
	assert_int_equal(mem_image_bytes(mi)[0x3000], 0);
	assert_int_equal(mem_image_bytes(mi)[0x900], 0);
	assert_true(mem_image_need(mi, 0x2ffe, 4));
	assert_memory_equal(mem_image_bytes(mi) + 0x3000, "mo", 2);
	mem_image_free(mi);
}

static void
test_program_headers_but_no_section_headers(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l = {.img = &img, .bias = BIAS};
	struct mem_image *mi = NULL;
	Elf64_Ehdr eh;
	struct err err;

	(void)state;
	put_segments(&img);
	assert_int_equal(open_at(&l, BIAS, &mi, &err), 0);
	memcpy(&eh, mem_image_bytes(mi), sizeof(eh));
	assert_int_equal(eh.e_shoff, 0);
	assert_int_equal(eh.e_shnum, 0);
	assert_int_equal(eh.e_shstrndx, 0);
	assert_int_equal(eh.e_phnum, 3);
	assert_memory_equal(mem_image_bytes(mi) + eh.e_phoff, img.segments,
	    3 * sizeof(img.segments[0]));
	mem_image_free(mi);
}

static void
test_each_page_is_read_once(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l = {.img = &img, .bias = BIAS};
	struct mem_image *mi = NULL;
	struct err err;

	(void)state;
	put_segments(&img);
	assert_int_equal(open_at(&l, BIAS, &mi, &err), 0);
	l.n_reads = l.n_bytes = 0;
	assert_true(mem_image_need(mi, 0x1ff0, 0x20));
	assert_int_equal(l.n_reads, 1);
	assert_int_equal(l.n_bytes, 0x2000);
	assert_true(mem_image_need(mi, 0x1000, 0x2000));
	assert_int_equal(l.n_reads, 1);
	assert_true(mem_image_need(mi, 0, 0x800));
	assert_true(mem_image_need(mi, 0x1800, 0));
	assert_int_equal(l.n_reads, 1);
	mem_image_free(mi);
}

static void
test_a_page_that_cannot_be_read(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l = {
	    .img = &img, .bias = BIAS, .hole = BIAS + 0x2000};
	struct mem_image *mi = NULL;
	struct err err;

	(void)state;
	put_segments(&img);
	assert_int_equal(open_at(&l, BIAS, &mi, &err), 0);
	assert_false(mem_image_need(mi, 0x1000, 0x3000));
	assert_true(mem_image_need(mi, 0x1000, 0x1000));
	assert_false(mem_image_need(mi, 0x2800, 1));
	assert_true(mem_image_need(mi, 0x3000, 0x1000));
	/* nor what is outside */
	assert_false(mem_image_need(mi, 0x4f00, 1));
	assert_false(mem_image_need(mi, UINT64_MAX, 2));
	assert_false(mem_image_need(mi, 0x1000, UINT64_MAX));
	mem_image_free(mi);
}

static void
test_a_program_at_a_fixed_address(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l = {.img = &img};
	struct mem_image *mi = NULL;
	struct err err;

	(void)state;
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x1000);
	elf_image_finish(&img);
	assert_int_equal(open_at(&l, 0x400000, &mi, &err), 0);
	assert_int_equal(mem_image_bias(mi), 0);
	mem_image_free(mi);
}

static void
refuses(struct elf_image *img, uint64_t start)
{
	struct loaded_image l = {.img = img, .bias = BIAS};
	struct mem_image *mi = NULL;
	struct err err;

	assert_int_equal(open_at(&l, start, &mi, &err), -ERR_RUNTIME);
	assert_string_equal(err.what,
	    "/x/lib.so: no 64-bit ELF file in the memory of the target");
}

static void
test_refuses_what_is_no_elf(void **state)
{
	struct elf_image img = {0};
	Elf64_Ehdr *eh = (Elf64_Ehdr *)img.bytes;

	(void)state;
	put_segments(&img);
	refuses(&img, BIAS + 0x1000);
	refuses(&img, BIAS - 0x1000);
	eh->e_ident[EI_CLASS] = ELFCLASS32;
	refuses(&img, BIAS);
	eh->e_ident[EI_CLASS] = ELFCLASS64;
	eh->e_phnum = 0;
	refuses(&img, BIAS);
	eh->e_phnum = 0xffff;
	refuses(&img, BIAS);
	eh->e_phnum = 3;
	eh->e_phoff = 1ull << 40;
	refuses(&img, BIAS);
}

/* Claims that no memory could hold cost nothing and spoil nothing. */
static void
test_segments_that_cannot_be(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l = {.img = &img, .bias = BIAS};
	struct mem_image *mi = NULL;
	struct err err;

	(void)state;
	elf_image_put(&img, 0x1000, "code", 4);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0, 0, 0x2000);
	elf_image_segment(&img, PT_LOAD, PF_R, 1ull << 60, 0x8000, 0x1000);
	elf_image_segment(&img, PT_LOAD, PF_R, 0x8000, 0x8000, 1ull << 60)
	    ->p_memsz = 0;
	elf_image_segment(&img, PT_LOAD, PF_R, 0x8000, UINT64_MAX, 0x1000)
	    ->p_memsz = 0;
	elf_image_finish(&img);
	assert_int_equal(open_at(&l, BIAS, &mi, &err), 0);
	assert_int_equal(mem_image_size(mi), 0x2000);
	assert_true(mem_image_need(mi, 0x1000, 4));
	assert_memory_equal(mem_image_bytes(mi) + 0x1000, "code", 4);
	mem_image_free(mi);
	mem_image_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout_is_that_of_the_file),
	    cmocka_unit_test(test_program_headers_but_no_section_headers),
	    cmocka_unit_test(test_each_page_is_read_once),
	    cmocka_unit_test(test_a_page_that_cannot_be_read),
	    cmocka_unit_test(test_a_program_at_a_fixed_address),
	    cmocka_unit_test(test_refuses_what_is_no_elf),
	    cmocka_unit_test(test_segments_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
