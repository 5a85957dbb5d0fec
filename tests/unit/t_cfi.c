/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "frame_writer.h"
#include "object/cfi.h"
#include "object/module.h"

#include <dwarf.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HDR_VADDR 0x1000
#define EH_VADDR  0x2000

/* A module is three ranges of bytes here; a size of 0 is a missing section. */
struct module {
	struct frames hdr, eh, debug, separate;
};

bool
module_section(struct module *m, const char *name, struct section *ret)
{
	const struct frames *f =
	    strcmp(name, ".eh_frame") == 0 ? &m->eh : &m->debug;

	*ret = (struct section){f->bytes, f->size, f->vaddr};
	return f->size > 0;
}

bool
module_separate_section(
    struct module *m, const char *name, struct section *ret)
{
	assert_string_equal(name, ".debug_frame");
	*ret = (struct section){m->separate.bytes, m->separate.size, 0};
	return m->separate.size > 0;
}

bool
module_eh_frame_hdr(struct module *m, struct section *ret)
{
	*ret = (struct section){m->hdr.bytes, m->hdr.size, m->hdr.vaddr};
	return m->hdr.size > 0;
}

int
module_machine(const struct module *m)
{
	(void)m;
	return EM_X86_64;
}

static struct module
empty_module(void)
{
	return (struct module){.hdr = {.vaddr = HDR_VADDR},
	    .eh = {.vaddr = EH_VADDR, .is_eh = true}};
}

/* A header with a table of one entry. */
static void
put_hdr(struct frames *f, uint64_t eh_frame, uint64_t start, uint64_t fde)
{
	PUT_BYTES(f, 1, 0x1b, DW_EH_PE_udata4, 0x3b);
	put_pcrel(f, eh_frame);
	put(f, 1, 4);
	put(f, start - HDR_VADDR, 4);
	put(f, fde - HDR_VADDR, 4);
}

static void
assert_row(struct cfi *cfi, uint64_t vaddr, uint64_t start, uint64_t end)
{
	struct cfi_row row;

	assert_int_equal(cfi_row_at(cfi, vaddr, &row), CFI_FOUND);
	assert_true(row.start == start);
	assert_true(row.end == end);
}

static void
assert_none(struct cfi *cfi, uint64_t vaddr)
{
	struct cfi_row row;

	assert_int_equal(cfi_row_at(cfi, vaddr, &row), CFI_NONE);
}

static void
module_without_cfi(void **state)
{
	struct module m = empty_module();
	struct cfi *cfi = cfi_new(&m);
	uint64_t start, end;

	(void)state;
	assert_none(cfi, 0x9000);
	assert_false(cfi_fde_range(cfi, 0x9000, &start, &end));
	cfi_free(cfi);
	cfi_free(NULL);
}

static void
through_the_header(void **state)
{
	struct module m = empty_module();
	size_t cie = put_cie(&m.eh);
	size_t listed = put_fde(&m.eh, cie, 0x9000, 0x40);
	struct cfi *cfi;
	uint64_t start = 0, end = 0;

	(void)state;
	put_fde(&m.eh, cie, 0xa000, 0x40); /* not in the table */
	put_hdr(&m.hdr, EH_VADDR, 0x9000, EH_VADDR + listed);
	cfi = cfi_new(&m);
	assert_row(cfi, 0x9000, 0x9000, 0x9001);
	assert_row(cfi, 0x9001, 0x9001, 0x9040);
	assert_none(cfi, 0x9040);
	assert_none(cfi, 0xa000);
	assert_true(cfi_fde_range(cfi, 0x903f, &start, &end));
	assert_true(start == 0x9000 && end == 0x9040);
	cfi_free(cfi);
}

/* Without one, or with one that is no good, all FDEs are found by walking. */
static void
without_a_header(void **state)
{
	struct module m = empty_module();
	size_t cie = put_cie(&m.eh);
	struct cfi *cfi;

	(void)state;
	put_fde(&m.eh, cie, 0xa000, 0x40);
	put_fde(&m.eh, cie, 0x9000, 0x40);
	cfi = cfi_new(&m);
	assert_row(cfi, 0xa03f, 0xa001, 0xa040);
	assert_row(cfi, 0x9000, 0x9000, 0x9001);
	cfi_free(cfi);

	put_hdr(&m.hdr, 0x7777, 0x9000, 0x7777); /* of another section */
	cfi = cfi_new(&m);
	assert_row(cfi, 0xa03f, 0xa001, 0xa040);
	cfi_free(cfi);

	m.hdr.bytes[0] = 9; /* of no known version */
	cfi = cfi_new(&m);
	assert_row(cfi, 0xa03f, 0xa001, 0xa040);
	cfi_free(cfi);
}

static void
debug_frame_fills_in(void **state)
{
	struct module m = empty_module();
	size_t eh_cie = put_cie(&m.eh), debug_cie = put_cie(&m.debug);
	struct cfi *cfi;

	(void)state;
	put_fde(&m.eh, eh_cie, 0x9000, 0x40);
	put_fde(&m.debug, debug_cie, 0x9000, 0x20);
	put_fde(&m.debug, debug_cie, 0xa000, 0x20);
	cfi = cfi_new(&m);
	assert_row(cfi, 0x9030, 0x9001, 0x9040); /* .eh_frame goes first */
	assert_row(cfi, 0xa010, 0xa001, 0xa020);
	cfi_free(cfi);
}

/* As for musl: .eh_frame for little, .debug_frame in the debug file. */
static void
a_separate_debug_frame_where_there_is_little_else(void **state)
{
	struct module m = empty_module();
	size_t eh_cie = put_cie(&m.eh), cie = put_cie(&m.separate);
	struct cfi *cfi;

	(void)state;
	put_fde(&m.separate, cie, 0xa000, 0x20);
	put_fde(&m.eh, eh_cie, 0x9000, 0x20);
	cfi = cfi_new(&m);
	assert_row(cfi, 0x9010, 0x9001, 0x9020);
	assert_row(cfi, 0xa010, 0xa001, 0xa020);
	cfi_free(cfi);
}

static void
broken_is_not_missing(void **state)
{
	struct module m = empty_module();
	size_t cie = put_cie(&m.eh);
	size_t fde = put_fde(&m.eh, cie, 0x9000, 0x40);
	struct cfi *cfi;
	struct cfi_row row;

	(void)state;
	put_hdr(&m.hdr, EH_VADDR, 0x9000, EH_VADDR + fde + 1);
	cfi = cfi_new(&m);
	assert_int_equal(cfi_row_at(cfi, 0x9000, &row), CFI_BAD);
	assert_none(cfi, 0x8fff);
	cfi_free(cfi);

	m.hdr.size = 0;
	m.eh.bytes[m.eh.size - 5] = 0x3f; /* no such opcode */
	cfi = cfi_new(&m);
	assert_int_equal(cfi_row_at(cfi, 0x9000, &row), CFI_BAD);
	cfi_free(cfi);
}

struct seen {
	uint64_t start[8], end[8];
	size_t n, max;
};

static bool
note_fde(void *ctx, uint64_t start, uint64_t end)
{
	struct seen *seen = ctx;

	seen->start[seen->n] = start;
	seen->end[seen->n++] = end;
	return seen->n < seen->max;
}

/* Both sections, each FDE once, none that covers nothing. */
static void
each_fde_in_order(void **state)
{
	struct module m = empty_module();
	size_t eh_cie = put_cie(&m.eh), debug_cie = put_cie(&m.debug);
	struct seen all = {.max = 8}, two = {.max = 2};
	struct cfi *cfi;

	(void)state;
	put_fde(&m.eh, eh_cie, 0xb000, 0x40);
	put_fde(&m.eh, eh_cie, 0x9000, 0x40);
	put_fde(&m.eh, eh_cie, 0x9000, 0x40);
	put_fde(&m.debug, debug_cie, 0xc000, 0x20);
	put_fde(&m.debug, debug_cie, 0x9000, 0x20);
	put_fde(&m.debug, debug_cie, 0xa000, 0x20);
	put_fde(&m.debug, debug_cie, 0, 0x20);
	cfi = cfi_new(&m);
	cfi_each_fde(cfi, note_fde, &all);
	assert_int_equal(all.n, 4);
	assert_true(all.start[0] == 0x9000 && all.end[0] == 0x9040);
	assert_true(all.start[1] == 0xa000 && all.end[1] == 0xa020);
	assert_true(all.start[2] == 0xb000 && all.end[2] == 0xb040);
	assert_true(all.start[3] == 0xc000 && all.end[3] == 0xc020);
	cfi_each_fde(cfi, note_fde, &two);
	assert_int_equal(two.n, 2);
	cfi_free(cfi);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(module_without_cfi),
	    cmocka_unit_test(through_the_header),
	    cmocka_unit_test(without_a_header),
	    cmocka_unit_test(debug_frame_fills_in),
	    cmocka_unit_test(
		a_separate_debug_frame_where_there_is_little_else),
	    cmocka_unit_test(broken_is_not_missing),
	    cmocka_unit_test(each_fde_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
