/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_compact.h"

#include "../compact_row.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RIP 16
#define RBP 6

static void
set(struct cfi_row *row, unsigned reg, enum cfi_rule_kind kind, int64_t off)
{
	row->regs[reg] = (struct cfi_rule){.kind = (uint8_t)kind, .off = off};
	row->ruled |= 1ull << reg;
}

/* A function that has pushed rbp: CFA = rsp + 16. */
static struct cfi_row
pushed_rbp(void)
{
	struct cfi_row row = {.ra_reg = RIP,
	    .cfa = {.kind = CFI_REGISTER, .reg = 7, .off = 16}};

	set(&row, RIP, CFI_OFFSET, -8);
	set(&row, RBP, CFI_OFFSET, -16);
	return row;
}

static void
assert_same_rule(const struct cfi_rule *a, const struct cfi_rule *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->reg, b->reg);
	assert_true(a->off == b->off);
}

/* Back from its compact rule a row has to be what it was. */
static void
assert_there_and_back(const struct cfi_row *row, int machine)
{
	struct cfi_compact c = compact_of_row(row, machine);
	struct cfi_row back = {.start = row->start, .end = row->end};

	assert_int_not_equal(c.kind, COMPACT_SLOW);
	assert_int_equal(
	    compact_expand(&c, machine, CFI_NONE, &back), CFI_FOUND);
	assert_same_rule(&row->cfa, &back.cfa);
	assert_int_equal(row->ra_reg, back.ra_reg);
	assert_true(row->ruled == back.ruled);
	for (unsigned i = 0; i < REGS_MAX; i++)
		assert_same_rule(&row->regs[i], &back.regs[i]);
}

static void
assert_kind(
    const struct cfi_row *row, int machine, enum compact_kind expected)
{
	assert_int_equal(compact_of_row(row, machine).kind, expected);
}

static void
usual_frames(void **state)
{
	struct cfi_row row = pushed_rbp();
	struct cfi_compact c = compact_of_row(&row, EM_X86_64);

	(void)state;
	assert_int_equal(c.kind, COMPACT_FRAME);
	assert_int_equal(c.top, 1);
	assert_int_equal(c.n, 2);
	assert_there_and_back(&row, EM_X86_64);
	for (unsigned i = 0; i < 4; i++)
		set(&row, 12 + i, CFI_OFFSET, -24 - 8 * (int64_t)i);
	set(&row, 3, CFI_OFFSET, -128); /* the lowest that a window reaches */
	row.cfa.off = 181312;
	assert_there_and_back(&row, EM_X86_64);
}

/* aarch64 saves at the frame's lower end, far below its CFA. */
static void
far_slots(void **state)
{
	struct cfi_row row = {.ra_reg = 30,
	    .cfa = {.kind = CFI_REGISTER, .reg = 31, .off = 4096}};

	(void)state;
	set(&row, 29, CFI_OFFSET, -4096);
	set(&row, 30, CFI_OFFSET, -4088);
	for (unsigned i = 19; i <= 28; i++)
		set(&row, i, CFI_OFFSET, -4080 + 8 * ((int64_t)i - 19));
	assert_int_equal(
	    compact_of_row(&row, EM_AARCH64).kind, COMPACT_FRAME);
	assert_there_and_back(&row, EM_AARCH64);
}

static void
leaves(void **state)
{
	struct cfi_row row = {.ra_reg = 30,
	    .cfa = {.kind = CFI_REGISTER, .reg = 31}};

	(void)state;
	assert_kind(&row, EM_AARCH64, COMPACT_LEAF);
	assert_there_and_back(&row, EM_AARCH64);
	set(&row, 19, CFI_OFFSET, -16);
	assert_kind(&row, EM_AARCH64, COMPACT_LEAF);
	assert_there_and_back(&row, EM_AARCH64);
}

static void
outermost(void **state)
{
	struct cfi_row row = pushed_rbp();

	(void)state;
	set(&row, RIP, CFI_UNDEFINED, 0);
	assert_kind(&row, EM_X86_64, COMPACT_END);
	row.cfa.kind = CFI_UNDEFINED;
	assert_kind(&row, EM_X86_64, COMPACT_END);
	row.ruled = 1; /* rax, so undefined that it is not even known of rip */
	assert_kind(&row, EM_X86_64, COMPACT_SLOW);
}

/* Each of these is one step from a row that fits. */
static void
what_does_not_fit(void **state)
{
	static const struct {
		unsigned reg;
		enum cfi_rule_kind kind;
		int64_t off;
	} rules[] = {
	    {RBP, CFI_OFFSET, -136},   /* 17 slots */
	    {RBP, CFI_OFFSET, -8},     /* in rip's own */
	    {RBP, CFI_OFFSET, -20},    /* not a whole word */
	    {RBP, CFI_OFFSET, 0},      /* not below the CFA */
	    {RBP, CFI_OFFSET, 8},
	    {RBP, CFI_OFFSET, -8ll * 65536},
	    {RBP, CFI_OFFSET, INT64_MIN},
	    {RBP, CFI_UNDEFINED, 0},
	    {RBP, CFI_VAL_OFFSET, -16},
	    {RBP, CFI_REGISTER, 0},
	    {RBP, CFI_EXPR, 0},
	    {RBP, CFI_VAL_EXPR, 0},
	    {RIP, CFI_REGISTER, 0},
	    {7, CFI_OFFSET, -24},	/* rsp */
	    {11, CFI_OFFSET, -24},	/* no code for r11 */
	    {17, CFI_OFFSET, -24},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct cfi_row row = pushed_rbp();

		set(&row, rules[i].reg, rules[i].kind, rules[i].off);
		assert_kind(&row, EM_X86_64, COMPACT_SLOW);
	}
}

static void
what_is_no_plain_row(void **state)
{
	struct cfi_row row = pushed_rbp();

	(void)state;
	assert_kind(&row, EM_RISCV, COMPACT_SLOW);
	assert_kind(&row, EM_AARCH64, COMPACT_SLOW); /* its column is 30 */
	row.is_signal = true;
	assert_kind(&row, EM_X86_64, COMPACT_SLOW);
	row = pushed_rbp();
	row.cfa.kind = CFI_EXPR;
	assert_kind(&row, EM_X86_64, COMPACT_SLOW);
	row = pushed_rbp();
	row.cfa.off = 12;
	assert_kind(&row, EM_X86_64, COMPACT_SLOW);
	row.cfa.off = 8ll * (INT16_MAX + 1);
	assert_kind(&row, EM_X86_64, COMPACT_SLOW);
	row.cfa.off = 8ll * INT16_MAX;
	assert_there_and_back(&row, EM_X86_64);
	row.cfa.off = 8ll * INT16_MIN;
	assert_there_and_back(&row, EM_X86_64);
	row.cfa.off -= 8;
	assert_kind(&row, EM_X86_64, COMPACT_SLOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(usual_frames),
	    cmocka_unit_test(far_slots),
	    cmocka_unit_test(leaves),
	    cmocka_unit_test(outermost),
	    cmocka_unit_test(what_does_not_fit),
	    cmocka_unit_test(what_is_no_plain_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
