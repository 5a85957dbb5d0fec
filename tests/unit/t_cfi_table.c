/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compact rules against the rows that they stand for: of files that compilers
 * wrote, and of CFI made by hand to be hard on the table.
 */
#include "config.h"

#include "object/cfi_table.h"

#include "../compact_row.h"
#include "base/attr.h"
#include "frame_writer.h"
#include "object/cfa_program.h"
#include "object/cfi_rules.h"
#include "object/fde_table.h"
#include "own_module.h"

#include <dwarf.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- the comparison ---- */

struct compared {
	int machine;
	size_t addresses, slow;
};

static bool
is_same_rule(const struct cfi_rule *a, const struct cfi_rule *b)
{
	return a->kind == b->kind && a->reg == b->reg && a->off == b->off &&
	       a->expr_len == b->expr_len;
}

static bool
is_same_row(const struct cfi_row *a, const struct cfi_row *b)
{
	for (unsigned i = 0; i < REGS_MAX; i++)
		if (!is_same_rule(&a->regs[i], &b->regs[i]))
			return false;
	return is_same_rule(&a->cfa, &b->cfa) && a->ruled == b->ruled &&
	       a->ra_reg == b->ra_reg && a->is_signal == b->is_signal;
}

static void
compare(struct compared *c, uint64_t vaddr, const struct cfi_compact *rule,
    enum cfi_result found, const struct cfi_row *row)
{
	struct cfi_row ours = *row;

	c->addresses++;
	c->slow += rule->kind == COMPACT_SLOW;
	if (compact_expand(rule, c->machine, found, &ours) != found ||
	    (found == CFI_FOUND && !is_same_row(&ours, row)))
		fail_msg("at %#llx: kind %d, result %d",
		    (unsigned long long)vaddr, rule->kind, (int)found);
}

/* ---- real files ---- */

struct real {
	struct cfi *cfi;
	struct compared c;
};

static void
compare_real(struct real *r, uint64_t vaddr)
{
	struct cfi_row row;
	enum cfi_result found = cfi_row_at(r->cfi, vaddr, &row);

	compare(&r->c, vaddr, cfi_compact_at(r->cfi, vaddr), found, &row);
}

static bool
compare_fde(void *ctx, uint64_t start, uint64_t end)
{
	struct real *r = ctx;
	struct cfi_row row;

	for (uint64_t at = start; at < end; at = row.end) {
		compare_real(r, at - 1);
		compare_real(r, at);
		compare_real(r, at + 1);
		if (cfi_row_at(r->cfi, at, &row) != CFI_FOUND)
			break;
	}
	compare_real(r, end - 1);
	compare_real(r, end);
	compare_real(r, end + 1);
	return true;
}

static int
compare_loaded(struct dl_phdr_info *info, size_t size, void *ctx)
{
	size_t *addresses = ctx;
	const char *path =
	    info->dlpi_name[0] != '\0' ? info->dlpi_name : "/proc/self/exe";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct real r = {0};
	struct cfi_figures f;
	struct module *m;
	struct err err;

	(void)size;
	if (fd < 0 || module_open(fd, path, &m, &err) < 0)
		return 0; /* the vDSO */
	r.cfi = module_cfi(m);
	r.c.machine = module_machine(m);
	cfi_each_fde(r.cfi, compare_fde, &r);
	f = cfi_figures(r.cfi);
	printf("# %s: %zu FDEs, %zu rows, %zu rules, %zu bytes; %zu addresses, "
	       "%zu slow\n",
	    path, f.fdes, f.rows, f.rules, f.row_bytes, r.c.addresses,
	    r.c.slow);
	if (compact_regs(r.c.machine) != NULL)
		assert_true(r.c.slow * 50 <= r.c.addresses);
	*addresses += r.c.addresses;
	module_unref(m);
	return 0;
}

/* This program, the C library, libcrypto and all else that is loaded here. */
static void
loaded_libraries(void **state)
{
	size_t addresses = 0;

	(void)state;
	(void)dl_iterate_phdr(compare_loaded, &addresses);
	assert_true(addresses > 10000);
}

/* ---- by hand ---- */

struct hand {
	struct frames frames;
	struct fde_table fdes;
	struct cfi_rules rules;
	struct cfi_table table;
	struct compared c;
};

static struct hand
hand_made(int machine)
{
	return (struct hand){.frames = {.vaddr = 0x2000, .is_eh = true},
	    .c = {.machine = machine}};
}

static void
begin(struct hand *h)
{
	struct frame_section s = section_of(&h->frames);

	fde_table_init(&h->fdes, &s, NULL);
	cfi_table_init(&h->table, &h->fdes, &h->rules, h->c.machine);
}

static void
end(struct hand *h)
{
	cfi_table_deinit(&h->table);
	cfi_rules_deinit(&h->rules);
	fde_table_deinit(&h->fdes);
}

static void
compare_hand(struct hand *h, uint64_t vaddr)
{
	struct fde fde;
	struct cfi_row row;
	enum cfi_result found = fde_table_find(&h->fdes, vaddr, &fde);

	if (found == CFI_FOUND)
		found = cfa_row_at(&fde, h->c.machine, vaddr, &row);
	compare(&h->c, vaddr, cfi_table_find(&h->table, vaddr), found, &row);
}

static void
compare_range(struct hand *h, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at++)
		compare_hand(h, at);
}

/* With a program of its own, at start; alignment as put_cie() has it. */
static void
put_program(struct frames *f, size_t cie, uint64_t start, uint64_t len,
    const void *program, size_t size)
{
	(void)begin_fde(f, cie);
	put_pcrel(f, start);
	put(f, len, 4);
	put(f, 0, 1);
	put_bytes(f, program, size);
	end_record(f);
}

#define PUT_PROGRAM(f, cie, start, len, ...)                       \
	put_program(f, cie, start, len, (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

static void
no_fdes(void **state)
{
	struct cfi_table empty = {0};
	struct hand h = hand_made(EM_X86_64);

	(void)state;
	assert_int_equal(cfi_table_find(&empty, 0x9000)->kind, COMPACT_NONE);
	begin(&h);
	compare_range(&h, 0, 4);
	end(&h);
}

/* Before, in, between and behind functions, also one of one byte. */
static void
every_byte(void **state)
{
	struct hand h = hand_made(EM_X86_64);
	size_t cie = put_cie(&h.frames);

	(void)state;
	put_fde(&h.frames, cie, 0x9100, 0x40);
	put_fde(&h.frames, cie, 0x9000, 0x80);
	put_fde(&h.frames, cie, 0x9140, 1);
	put_fde(&h.frames, cie, 0x19140, 0x20);
	begin(&h);
	compare_range(&h, 0x8f00, 0x9400);
	compare_range(&h, 0x19000, 0x19200);
	compare_hand(&h, 0);
	compare_hand(&h, UINT64_MAX);
	assert_int_equal(h.c.slow, 0);
	assert_int_equal(h.table.n_compiled, 4);
	/* Two rows each, but where there is no room for the second. */
	assert_int_equal(h.table.n_rows, 7);
	end(&h);
}

/* Neighbours that say the same are one row: here all of them. */
static void
equal_rows(void **state)
{
	struct hand h = hand_made(EM_X86_64);
	size_t cie = put_cie(&h.frames);

	(void)state;
	PUT_PROGRAM(&h.frames, cie, 0x9000, 0x10, 0x41, 0x0e, 8, 0x41,
	    DW_CFA_GNU_args_size, 16, 0x42, 0x0e, 8);
	begin(&h);
	compare_range(&h, 0x8fff, 0x9011);
	assert_int_equal(h.table.n_rows, 1);
	end(&h);
}

/* A program that goes wrong is right up to there. */
static void
bad_from_some_place_on(void **state)
{
	struct hand h = hand_made(EM_X86_64);
	size_t cie = put_cie(&h.frames);

	(void)state;
	PUT_PROGRAM(&h.frames, cie, 0x9000, 0x10, 0x44, 0x0e, 16, 0x44, 0x3f);
	PUT_PROGRAM(&h.frames, cie, 0x9010, 0x10, 0x3f);
	/* restore_state without remember_state */
	PUT_PROGRAM(&h.frames, cie, 0x9020, 0x10, 0x44, DW_CFA_restore_state);
	/* an offset for a CFA that is an expression, then a sound one again */
	PUT_PROGRAM(&h.frames, cie, 0x9030, 0x10, DW_CFA_def_cfa_expression, 2,
	    DW_OP_breg7, 8, 0x44, 0x0e, 16, 0x44, 0x0c, 7, 16);
	begin(&h);
	compare_range(&h, 0x8fff, 0x9041);
	assert_int_equal(cfi_table_find(&h.table, 0x9003)->kind, COMPACT_FRAME);
	assert_int_equal(cfi_table_find(&h.table, 0x9008)->kind, COMPACT_BAD);
	assert_int_equal(cfi_table_find(&h.table, 0x9010)->kind, COMPACT_BAD);
	assert_int_equal(cfi_table_find(&h.table, 0x9030)->kind, COMPACT_SLOW);
	assert_int_equal(cfi_table_find(&h.table, 0x9034)->kind, COMPACT_BAD);
	assert_int_equal(cfi_table_find(&h.table, 0x9038)->kind, COMPACT_FRAME);
	end(&h);
}

/* 64 KiB are what a narrow row reaches; a row on either side of that. */
static void
wide_rows(void **state)
{
	for (uint64_t len = 0xfffe; len <= 0x10002; len++) {
		struct hand h = hand_made(EM_X86_64);
		size_t cie = put_cie(&h.frames);

		PUT_PROGRAM(&h.frames, cie, 0x9000, len, 0x41, 0x0e, 16,
		    DW_CFA_advance_loc2, 0xfc, 0xff, 0x0e, 24, /* 0xfffd */
		    0x41, 0x0e, 32, 0x41, 0x0e, 40, 0x41, 0x0e, 48);
		put_fde(&h.frames, cie, 0x9000 + len, 0x10);
		begin(&h);
		compare_range(&h, 0x8fff, 0x9004);
		compare_range(&h, 0x18ff8, 0x19020);
		assert_int_equal(h.c.slow, 0);
		end(&h);
	}
	(void)state;
}

/* Instructions of 4 bytes: narrow rows reach 256 KiB, but must be aligned. */
static void
aarch64_rows(void **state)
{
	struct hand h = hand_made(EM_AARCH64);
	size_t cie = begin_cie(&h.frames, 1, "zR");

	(void)state;
	PUT_BYTES(&h.frames, 1, 0x78, 30, 1, 0x1b, 0x0c, 31, 0);
	end_record(&h.frames);
	PUT_PROGRAM(&h.frames, cie, 0x10000, 0x30000, 0x44, 0x0e, 32, 0x9d, 4,
	    0x9e, 3, DW_CFA_advance_loc4, 0, 0xff, 2, 0, 0x0e, 0, 0xdd, 0xde);
	PUT_PROGRAM(&h.frames, cie, 0x40000, 0x40, 0x42, 0x0e, 32, 0x41, 0x0e,
	    48);
	begin(&h);
	compare_range(&h, 0xfff0, 0x10020);
	compare_range(&h, 0x3fef0, 0x40042);
	assert_int_equal(h.c.slow, 0);
	assert_int_equal(h.table.n_compiled, 2);
	end(&h);
}

/* Which of several FDEs at one address holds is asked of the slow path. */
static void
duplicates(void **state)
{
	struct hand h = hand_made(EM_X86_64);
	size_t cie = put_cie(&h.frames);

	(void)state;
	put_fde(&h.frames, cie, 0x9000, 0x10);
	PUT_PROGRAM(&h.frames, cie, 0x9000, 0x20, 0x0e, 24);
	put_fde(&h.frames, cie, 0x9020, 0x10);
	put_fde(&h.frames, cie, 0x9028, 0x4); /* inside another */
	begin(&h);
	compare_range(&h, 0x8fff, 0x9040);
	assert_int_equal(cfi_table_find(&h.table, 0x9000)->kind, COMPACT_SLOW);
	assert_int_equal(cfi_table_find(&h.table, 0x9020)->kind, COMPACT_FRAME);
	end(&h);
}

/* Two functions at the ends of all there is: blocks stay as few as they. */
static void
scattered(void **state)
{
	struct hand h = hand_made(EM_X86_64);
	size_t cie = begin_cie(&h.frames, 1, "");

	(void)state;
	put_alignments(&h.frames);
	put_initial(&h.frames);
	end_record(&h.frames);
	for (uint64_t i = 0; i < 8; i++) {
		(void)begin_fde(&h.frames, cie);
		put(&h.frames, i == 0 ? 1 : i << 61, 8);
		put(&h.frames, 0x10, 8);
		PUT_BYTES(&h.frames, 0x41, 0x0e, 16);
		end_record(&h.frames);
	}
	begin(&h);
	for (uint64_t i = 0; i < 8; i++)
		compare_range(&h, (i << 61) - 2, (i << 61) + 20);
	assert_true(h.table.n_blocks <= 8);
	assert_int_equal(h.c.slow, 0);
	end(&h);
}

/* One FDE that could fill memory with its rows is left to the slow path. */
static void
too_many_rows(void **state)
{
	static uint8_t bytes[1 << 18];
	struct hand h = hand_made(EM_X86_64);
	size_t cie = put_cie(&h.frames), n, head;
	struct frame_section s;
	struct fde_table fdes;
	uint32_t len;

	(void)state;
	head = begin_fde(&h.frames, cie);
	put_pcrel(&h.frames, 0x9000);
	put(&h.frames, 1 << 20, 4);
	put(&h.frames, 0, 1);
	memcpy(bytes, h.frames.bytes, h.frames.size);
	for (n = h.frames.size; n + 5 < sizeof(bytes); n += 5)
		memcpy(bytes + n,
		    (const uint8_t[]){0x41, 0x0e, (uint8_t)(n % 3 * 8), 0x0a,
			0x0b},
		    5);
	len = (uint32_t)(n - head - 4);
	memcpy(bytes + head, &len, sizeof(len));
	s = (struct frame_section){
	    .data = bytes, .size = n, .vaddr = 0x2000, .is_eh = true};
	fde_table_init(&fdes, &s, NULL);
	cfi_table_init(&h.table, &fdes, &h.rules, EM_X86_64);
	assert_int_equal(fdes.n, 1);
	assert_int_equal(cfi_table_find(&h.table, 0x9000)->kind, COMPACT_SLOW);
	assert_int_equal(h.table.n_slow, 1);
	assert_true(h.table.cap_words * sizeof(*h.table.words) < 1 << 20);
	cfi_table_deinit(&h.table);
	cfi_rules_deinit(&h.rules);
	fde_table_deinit(&fdes);
}

static void
compiled_at_once(void **state)
{
	struct hand h = hand_made(EM_X86_64);
	size_t cie = put_cie(&h.frames);

	(void)state;
	put_fde(&h.frames, cie, 0x9000, 0x10);
	put_fde(&h.frames, cie, 0x9010, 0x10);
	begin(&h);
	cfi_table_compile_all(&h.table);
	assert_int_equal(h.table.n_compiled, 2);
	assert_int_equal(h.table.n_rows, 4);
	compare_range(&h, 0x8fff, 0x9021);
	assert_int_equal(h.table.n_compiled, 2);
	end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loaded_libraries),
	    cmocka_unit_test(no_fdes),
	    cmocka_unit_test(every_byte),
	    cmocka_unit_test(equal_rows),
	    cmocka_unit_test(bad_from_some_place_on),
	    cmocka_unit_test(wide_rows),
	    cmocka_unit_test(aarch64_rows),
	    cmocka_unit_test(duplicates),
	    cmocka_unit_test(scattered),
	    cmocka_unit_test(too_many_rows),
	    cmocka_unit_test(compiled_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
