/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_expr.h"

#include <dwarf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RSP	 0x7ffc0000
#define CFA	 0x7ffc0100
#define BIAS	 0x400000
#define MINUS(n) ((uint8_t)(0x80 - (n))) /* a small SLEB128 below zero */

/* Two words at RSP, and nothing else. */
static bool
read_stack(void *ctx, uint64_t addr, void *buf, size_t len)
{
	static const uint64_t words[] = {0x1122334455667788, 0xfeed};

	(void)ctx;
	if (addr < RSP || addr - RSP > sizeof(words) ||
	    len > sizeof(words) - (addr - RSP))
		return false;
	memcpy(buf, (const char *)words + (addr - RSP), len);
	return true;
}

static enum expr_result
eval(const uint8_t *expr, size_t len, bool has_initial, uint64_t *ret)
{
	struct mem mem = {.read = read_stack};
	struct regs regs = {0};

	regs_set(&regs, X86_64_RSP, RSP);
	regs_set(&regs, X86_64_RIP, 0x40102c);
	return dwarf_expr_eval(
	    expr, len, BIAS, &regs, &mem, has_initial, CFA, ret);
}

#define EVAL(initial, ret, ...)              \
	eval((const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}), initial, ret)

#define assert_value(value, ...)                                          \
	do {                                                              \
		uint64_t v_ = 0;                                          \
		assert_int_equal(EVAL(false, &v_, __VA_ARGS__), EXPR_OK); \
		assert_true(v_ == (uint64_t)(value));                     \
	} while (0)

#define assert_fails(result, ...)                                          \
	do {                                                               \
		uint64_t v_ = 42;                                          \
		assert_int_equal(EVAL(false, &v_, __VA_ARGS__), (result)); \
		assert_true(v_ == 42);                                     \
	} while (0)

static void
constants(void **state)
{
	(void)state;
	assert_value(0, DW_OP_lit0);
	assert_value(31, DW_OP_lit31);
	assert_value(0xff, DW_OP_const1u, 0xff);
	assert_value(-1, DW_OP_const1s, 0xff);
	assert_value(0xfffe, DW_OP_const2u, 0xfe, 0xff);
	assert_value(-2, DW_OP_const2s, 0xfe, 0xff);
	assert_value(0xfffffffd, DW_OP_const4u, 0xfd, 0xff, 0xff, 0xff);
	assert_value(-3, DW_OP_const4s, 0xfd, 0xff, 0xff, 0xff);
	assert_value(0x0807060504030201, DW_OP_const8u, 1, 2, 3, 4, 5, 6, 7, 8);
	assert_value(624485, DW_OP_constu, 0xe5, 0x8e, 0x26);
	assert_value(-123456, DW_OP_consts, 0xc0, 0xbb, 0x78);
	assert_value(BIAS + 0x1000, DW_OP_addr, 0, 0x10, 0, 0, 0, 0, 0, 0);
}

static void
registers_and_memory(void **state)
{
	(void)state;
	assert_value(RSP + 8, DW_OP_breg7, 8);
	assert_value(RSP - 8, DW_OP_breg7, MINUS(8));
	assert_value(RSP + 1, DW_OP_bregx, 7, 1);
	assert_value(0x1122334455667788, DW_OP_breg7, 0, DW_OP_deref);
	assert_value(0x5566, DW_OP_breg7, 2, DW_OP_deref_size, 2);
	assert_value(0xfeed, DW_OP_breg7, 8, DW_OP_deref_size, 8);
	assert_fails(EXPR_NO_REG, DW_OP_breg3, 0);
	assert_fails(EXPR_NO_REG, DW_OP_bregx, 0xff, 0x7f, 0);
	assert_fails(EXPR_UNREADABLE, DW_OP_breg7, 9, DW_OP_deref);
	assert_fails(EXPR_BAD, DW_OP_breg7, 0, DW_OP_deref_size, 0);
	assert_fails(EXPR_BAD, DW_OP_breg7, 0, DW_OP_deref_size, 9);
}

static void
stack_operators(void **state)
{
	(void)state;
	assert_value(6, DW_OP_lit3, DW_OP_dup, DW_OP_plus);
	assert_value(1, DW_OP_lit1, DW_OP_lit2, DW_OP_drop);
	assert_value(1, DW_OP_lit1, DW_OP_lit2, DW_OP_over);
	assert_value(1, DW_OP_lit1, DW_OP_lit2, DW_OP_lit3, DW_OP_pick, 2);
	assert_value(1, DW_OP_lit1, DW_OP_lit2, DW_OP_swap);
	/* 1 2 3 becomes 3 1 2: 3 stays when the two above it go */
	assert_value(2, DW_OP_lit1, DW_OP_lit2, DW_OP_lit3, DW_OP_rot);
	assert_value(
	    1, DW_OP_lit1, DW_OP_lit2, DW_OP_lit3, DW_OP_rot, DW_OP_drop);
	assert_value(3, DW_OP_lit1, DW_OP_lit2, DW_OP_lit3, DW_OP_rot,
	    DW_OP_drop, DW_OP_drop);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_pick, 1);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_over);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_plus);
	assert_fails(EXPR_BAD, DW_OP_nop);
	assert_fails(EXPR_BAD, DW_OP_dup);
}

static void
arithmetic_wraps(void **state)
{
	(void)state;
	assert_value(-1, DW_OP_lit1, DW_OP_lit2, DW_OP_minus);
	assert_value(6, DW_OP_lit2, DW_OP_lit3, DW_OP_mul);
	assert_value(5, DW_OP_const1s, 0xfb, DW_OP_abs);
	assert_value(5, DW_OP_lit5, DW_OP_abs);
	assert_value(-5, DW_OP_lit5, DW_OP_neg);
	assert_value(~5ull, DW_OP_lit5, DW_OP_not);
	assert_value(4, DW_OP_lit6, DW_OP_lit12, DW_OP_and);
	assert_value(14, DW_OP_lit6, DW_OP_lit12, DW_OP_or);
	assert_value(10, DW_OP_lit6, DW_OP_lit12, DW_OP_xor);
	assert_value(131, DW_OP_lit3, DW_OP_plus_uconst, 0x80, 1);
}

static void
division_is_signed_and_modulo_is_not(void **state)
{
	(void)state;
	assert_value(-3, DW_OP_const1s, 0xf9, DW_OP_lit2, DW_OP_div);
	assert_value(1, DW_OP_const1s, 0xff, DW_OP_lit2, DW_OP_mod);
	assert_value(INT64_MIN, DW_OP_const8u, 0, 0, 0, 0, 0, 0, 0, 0x80,
	    DW_OP_const1s, 0xff, DW_OP_div);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_lit0, DW_OP_div);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_lit0, DW_OP_mod);
}

static void
shifts_of_any_width(void **state)
{
	(void)state;
	assert_value(8, DW_OP_lit1, DW_OP_lit3, DW_OP_shl);
	assert_value(1ull << 63, DW_OP_lit1, DW_OP_const1u, 63, DW_OP_shl);
	assert_value(0, DW_OP_lit1, DW_OP_const1u, 64, DW_OP_shl);
	assert_value(1, DW_OP_const1s, 0xff, DW_OP_const1u, 63, DW_OP_shr);
	assert_value(0, DW_OP_const1s, 0xff, DW_OP_const1u, 64, DW_OP_shr);
	assert_value(-1, DW_OP_const1s, 0xfe, DW_OP_lit1, DW_OP_shra);
	assert_value(-1, DW_OP_const1s, 0xfe, DW_OP_const1u, 64, DW_OP_shra);
	assert_value(0, DW_OP_lit2, DW_OP_const1s, 0xff, DW_OP_shra);
}

static void
comparisons_are_signed(void **state)
{
	(void)state;
	assert_value(1, DW_OP_const1s, 0xff, DW_OP_lit1, DW_OP_lt);
	assert_value(0, DW_OP_const1s, 0xff, DW_OP_lit1, DW_OP_ge);
	assert_value(1, DW_OP_lit1, DW_OP_lit1, DW_OP_le);
	assert_value(0, DW_OP_lit1, DW_OP_lit1, DW_OP_gt);
	assert_value(1, DW_OP_lit1, DW_OP_lit1, DW_OP_eq);
	assert_value(0, DW_OP_lit1, DW_OP_lit1, DW_OP_ne);
}

static void
branches_stay_inside(void **state)
{
	(void)state;
	assert_value(1, DW_OP_lit1, DW_OP_skip, 1, 0, DW_OP_dup);
	assert_value(1, DW_OP_lit1, DW_OP_lit0, DW_OP_bra, 1, 0, DW_OP_nop);
	/* counts down from 9 */
	assert_value(0, DW_OP_lit9, DW_OP_lit1, DW_OP_minus, DW_OP_dup,
	    DW_OP_bra, 0xfa, 0xff);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_skip, 1, 0);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_skip, 0xfb, 0xff);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_lit1, DW_OP_bra, 1, 0);
}

static void
hostile_expressions_end(void **state)
{
	static uint8_t deep[100], padded[8192];
	uint64_t v;

	(void)state;
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_skip, 0xfd, 0xff);
	memset(deep, DW_OP_lit1, sizeof(deep));
	assert_int_equal(eval(deep, 64, false, &v), EXPR_OK);
	assert_int_equal(eval(deep, 65, false, &v), EXPR_BAD);
	memset(padded, DW_OP_nop, sizeof(padded));
	assert_int_equal(eval(padded, sizeof(padded), true, &v), EXPR_BAD);
	assert_fails(EXPR_BAD, DW_OP_const4u, 1, 2, 3);
	assert_fails(EXPR_BAD, DW_OP_constu, 0x80);
}

static void
operators_without_meaning_in_cfi(void **state)
{
	(void)state;
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_reg7);
	assert_fails(EXPR_BAD, DW_OP_regx, 7);
	assert_fails(EXPR_BAD, DW_OP_fbreg, 0);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_stack_value);
	assert_fails(EXPR_BAD, DW_OP_lit1, DW_OP_piece, 8);
	assert_fails(EXPR_BAD, DW_OP_push_object_address);
	assert_fails(EXPR_BAD, 0x00);
	assert_fails(EXPR_BAD, 0xff);
}

static void
initial_value_is_the_cfa(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(EVAL(true, &v, DW_OP_plus_uconst, 8), EXPR_OK);
	assert_true(v == CFA + 8);
	assert_int_equal(
	    EVAL(true, &v, DW_OP_drop, DW_OP_call_frame_cfa), EXPR_OK);
	assert_true(v == CFA);
	assert_int_equal(eval((const uint8_t *)"", 0, true, &v), EXPR_OK);
	assert_true(v == CFA);
	assert_fails(EXPR_BAD, DW_OP_call_frame_cfa);
}

/* .plt's: rsp + 8, and 8 more once the index is pushed, 11 bytes in. */
static void
cfa_of_a_plt_entry(void **state)
{
	(void)state;
	assert_value(RSP + 16, DW_OP_breg7, 8, DW_OP_breg16, 0, DW_OP_lit15,
	    DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3, DW_OP_shl,
	    DW_OP_plus);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(constants),
	    cmocka_unit_test(registers_and_memory),
	    cmocka_unit_test(stack_operators),
	    cmocka_unit_test(arithmetic_wraps),
	    cmocka_unit_test(division_is_signed_and_modulo_is_not),
	    cmocka_unit_test(shifts_of_any_width),
	    cmocka_unit_test(comparisons_are_signed),
	    cmocka_unit_test(branches_stay_inside),
	    cmocka_unit_test(hostile_expressions_end),
	    cmocka_unit_test(operators_without_meaning_in_cfi),
	    cmocka_unit_test(initial_value_is_the_cfa),
	    cmocka_unit_test(cfa_of_a_plt_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
