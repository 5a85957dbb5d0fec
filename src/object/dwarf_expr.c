/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_expr.h"

#include "base/cursor.h"

#include <dwarf.h>

/*
 * The expression of .plt has nine operators and needs a stack of three. With
 * these bounds a hostile one ends too: at most 1,000 operators, of which none
 * can be longer than the whole.
 */
#define EXPR_SIZE_MAX  4096
#define EXPR_STEPS_MAX 1000
#define EXPR_STACK_MAX 64

#define WORD_BITS 64

struct expr {
	struct cursor code;
	const uint8_t *start;
	uint64_t bias;
	const struct regs *regs;
	const struct mem *mem;
	bool has_initial;
	uint64_t initial;
	uint64_t stack[EXPR_STACK_MAX];
	unsigned depth;
	enum expr_result result; /* the first failure stays */
};

static void
fail(struct expr *e, enum expr_result result)
{
	if (e->result == EXPR_OK)
		e->result = result;
}

static void
push(struct expr *e, uint64_t v)
{
	if (e->depth == EXPR_STACK_MAX)
		fail(e, EXPR_BAD);
	else
		e->stack[e->depth++] = v;
}

static uint64_t
pop(struct expr *e)
{
	if (e->depth == 0) {
		fail(e, EXPR_BAD);
		return 0;
	}
	return e->stack[--e->depth];
}

/* Entry n from the top, which is 0. */
static uint64_t
peek(struct expr *e, unsigned n)
{
	if (n >= e->depth) {
		fail(e, EXPR_BAD);
		return 0;
	}
	return e->stack[e->depth - 1 - n];
}

static void
push_reg(struct expr *e, uint64_t reg, int64_t off)
{
	if (reg >= REGS_MAX || !regs_known(e->regs, (unsigned)reg))
		fail(e, EXPR_NO_REG);
	else
		push(e, e->regs->r[reg] + (uint64_t)off);
}

static void
push_initial(struct expr *e)
{
	if (e->has_initial)
		push(e, e->initial);
	else
		fail(e, EXPR_BAD);
}

/* size bytes, zero-extended. */
static void
deref(struct expr *e, unsigned size)
{
	uint64_t addr = pop(e), v = 0;

	if (size == 0 || size > sizeof(v))
		fail(e, EXPR_BAD);
	else if (e->result == EXPR_OK && !mem_read(e->mem, addr, &v, size))
		fail(e, EXPR_UNREADABLE);
	push(e, v);
}

static void
swap(struct expr *e)
{
	uint64_t top = pop(e), second = pop(e);

	push(e, top);
	push(e, second);
}

/* The top goes below the two that were under it. */
static void
rotate(struct expr *e)
{
	uint64_t top = pop(e), second = pop(e), third = pop(e);

	push(e, top);
	push(e, third);
	push(e, second);
}

static uint64_t
divide(struct expr *e, int64_t a, int64_t b)
{
	if (b == 0)
		fail(e, EXPR_BAD);
	if (b == 0 || b == -1)
		return -(uint64_t)a; /* INT64_MIN / -1 wraps */
	return (uint64_t)(a / b);
}

static uint64_t
modulo(struct expr *e, uint64_t a, uint64_t b)
{
	if (b == 0)
		fail(e, EXPR_BAD);
	return b != 0 ? a % b : 0;
}

/* A shift by the width or more leaves nothing but, for shra, the sign. */
static uint64_t
shift(uint8_t op, uint64_t a, uint64_t by)
{
	if (op == DW_OP_shra)
		return (uint64_t)((int64_t)a >>
				  (by < WORD_BITS ? by : WORD_BITS - 1));
	if (by >= WORD_BITS)
		return 0;
	return op == DW_OP_shl ? a << by : a >> by;
}

/* Comparisons are of signed words (DWARF 5, 2.5.1.5). */
static bool
compare(uint8_t op, int64_t a, int64_t b)
{
	switch (op) {
	case DW_OP_eq:
		return a == b;
	case DW_OP_ge:
		return a >= b;
	case DW_OP_gt:
		return a > b;
	case DW_OP_le:
		return a <= b;
	case DW_OP_lt:
		return a < b;
	default:
		return a != b;
	}
}

static uint64_t
combine(struct expr *e, uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case DW_OP_and:
		return a & b;
	case DW_OP_or:
		return a | b;
	case DW_OP_xor:
		return a ^ b;
	case DW_OP_plus:
		return a + b;
	case DW_OP_minus:
		return a - b;
	case DW_OP_mul:
		return a * b;
	case DW_OP_div:
		return divide(e, (int64_t)a, (int64_t)b);
	case DW_OP_mod:
		return modulo(e, a, b);
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
		return shift(op, a, b);
	default:
		return compare(op, (int64_t)a, (int64_t)b);
	}
}

static void
binary(struct expr *e, uint8_t op)
{
	uint64_t b = pop(e), a = pop(e);

	push(e, combine(e, op, a, b));
}

static void
unary(struct expr *e, uint8_t op)
{
	uint64_t a = pop(e);

	if (op == DW_OP_not)
		push(e, ~a);
	else if (op == DW_OP_neg || (int64_t)a < 0)
		push(e, -a);
	else
		push(e, a);
}

/* To anywhere in the expression, its end included. */
static void
jump(struct expr *e, int16_t by)
{
	const uint8_t *pos = e->code.pos;

	if (e->code.bad || by < e->start - pos || by > e->code.end - pos)
		fail(e, EXPR_BAD);
	else
		e->code.pos += by;
}

static void
branch(struct expr *e)
{
	int16_t by = (int16_t)cursor_u16(&e->code);

	if (pop(e) != 0)
		jump(e, by);
}

/* False where op is no constant. */
static bool
push_const(struct expr *e, uint8_t op)
{
	struct cursor *c = &e->code;

	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		push(e, op - DW_OP_lit0);
	else if (op == DW_OP_addr)
		push(e, e->bias + cursor_u64(c));
	else if (op == DW_OP_const1u)
		push(e, cursor_u8(c));
	else if (op == DW_OP_const1s)
		push(e, (uint64_t)(int8_t)cursor_u8(c));
	else if (op == DW_OP_const2u)
		push(e, cursor_u16(c));
	else if (op == DW_OP_const2s)
		push(e, (uint64_t)(int16_t)cursor_u16(c));
	else if (op == DW_OP_const4u)
		push(e, cursor_u32(c));
	else if (op == DW_OP_const4s)
		push(e, (uint64_t)(int32_t)cursor_u32(c));
	else if (op == DW_OP_const8u || op == DW_OP_const8s)
		push(e, cursor_u64(c));
	else if (op == DW_OP_constu)
		push(e, cursor_uleb(c));
	else if (op == DW_OP_consts)
		push(e, (uint64_t)cursor_sleb(c));
	else
		return false;
	return true;
}

/* False where op does not add a register and a constant. */
static bool
push_based(struct expr *e, uint8_t op)
{
	uint64_t reg;

	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		reg = op - DW_OP_breg0;
	else if (op == DW_OP_bregx)
		reg = cursor_uleb(&e->code);
	else
		return false;
	push_reg(e, reg, cursor_sleb(&e->code));
	return true;
}

/*
 * What is left out has no meaning in CFI (DWARF 5, 6.4.2): operators that need
 * a compilation unit, an object or a frame base, and those that name a location
 * rather than compute an address (DW_OP_reg0, DW_OP_piece, ...).
 */
static void
step(struct expr *e, uint8_t op)
{
	switch (op) {
	case DW_OP_nop:
		break;
	case DW_OP_dup:
		push(e, peek(e, 0));
		break;
	case DW_OP_drop:
		(void)pop(e);
		break;
	case DW_OP_over:
		push(e, peek(e, 1));
		break;
	case DW_OP_pick:
		push(e, peek(e, cursor_u8(&e->code)));
		break;
	case DW_OP_swap:
		swap(e);
		break;
	case DW_OP_rot:
		rotate(e);
		break;
	case DW_OP_deref:
		deref(e, sizeof(uint64_t));
		break;
	case DW_OP_deref_size:
		deref(e, cursor_u8(&e->code));
		break;
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
		unary(e, op);
		break;
	case DW_OP_plus_uconst:
		push(e, pop(e) + cursor_uleb(&e->code));
		break;
	case DW_OP_and:
	case DW_OP_div:
	case DW_OP_minus:
	case DW_OP_mod:
	case DW_OP_mul:
	case DW_OP_or:
	case DW_OP_plus:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
	case DW_OP_xor:
	case DW_OP_eq:
	case DW_OP_ge:
	case DW_OP_gt:
	case DW_OP_le:
	case DW_OP_lt:
	case DW_OP_ne:
		binary(e, op);
		break;
	case DW_OP_skip:
		jump(e, (int16_t)cursor_u16(&e->code));
		break;
	case DW_OP_bra:
		branch(e);
		break;
	case DW_OP_call_frame_cfa:
		push_initial(e);
		break;
	default:
		if (!push_const(e, op) && !push_based(e, op))
			fail(e, EXPR_BAD);
	}
	if (e->code.bad)
		fail(e, EXPR_BAD);
}

enum expr_result
dwarf_expr_eval(const uint8_t *expr, size_t len, uint64_t bias,
    const struct regs *regs, const struct mem *mem, bool has_initial,
    uint64_t initial, uint64_t *ret)
{
	struct expr e = {
	    .code = cursor_of(expr, len),
	    .start = expr,
	    .bias = bias,
	    .regs = regs,
	    .mem = mem,
	    .has_initial = has_initial,
	    .initial = initial,
	};
	unsigned steps = 0;

	if (len > EXPR_SIZE_MAX)
		return EXPR_BAD;
	if (has_initial)
		push_initial(&e);
	while (e.result == EXPR_OK && cursor_left(&e.code) > 0) {
		if (steps++ == EXPR_STEPS_MAX)
			return EXPR_BAD;
		step(&e, cursor_u8(&e.code));
	}
	if (e.depth == 0)
		fail(&e, EXPR_BAD);
	if (e.result == EXPR_OK)
		*ret = e.stack[e.depth - 1];
	return e.result;
}
