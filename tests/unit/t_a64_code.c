/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions as GNU as encodes them, the source beside each instruction, and a
 * stack: at each of them it has to be known where the return address is.
 */
#include "config.h"

#include "unwind/a64_code.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CODE  0x401000ull
#define STACK 0x7ffc1000ull
#define WORDS 64
#define MANY  1000

/* The addresses of instruction i, and of word i of the stack. */
#define INSN(i) (CODE + 4 * (uint64_t)(i))
#define AT(i)	(STACK + 8 * (uint64_t)(i))

/* What x30 holds that still has the return address. */
#define IN_LR 0x409990ull

enum insn {
	B_2 = 0x14000002,	       /* b .+8 */
	BL = 0x94000002,	       /* bl .+8 */
	BLR_X0 = 0xd63f0000,	       /* blr x0 */
	BRK = 0xd4200020,	       /* brk #1 */
	BR_X3 = 0xd61f0060,	       /* br x3 */
	CBZ = 0xb4000040,	       /* cbz x0, .+8 */
	NOP = 0xd503201f,	       /* nop */
	PACIASP = 0xd503233f,	       /* paciasp */
	RET = 0xd65f03c0,	       /* ret */
	RETAA = 0xd65f0bff,	       /* retaa */
	RET_X3 = 0xd65f0060,	       /* ret x3 */
	UDF = 0x00000000,	       /* udf #0 */
	PUSH_FP_LR = 0xa9bf7bfd,       /* stp x29, x30, [sp, #-16]! */
	POP_FP_LR_32 = 0xa8c27bfd,     /* ldp x29, x30, [sp], #32 */
	LOAD_FP_LR_16 = 0xa9417bfd,    /* ldp x29, x30, [sp, #16] */
	POP_X19_X20 = 0xa8c153f3,      /* ldp x19, x20, [sp], #16 */
	POP_LR = 0xf84107fe,	       /* ldr x30, [sp], #16 */
	LOAD_LR_8 = 0xf94007fe,	       /* ldr x30, [sp, #8] */
	PUSH_LR = 0xf81f0ffe,	       /* str x30, [sp, #-16]! */
	ADD_SP_32 = 0x910083ff,	       /* add sp, sp, #32 */
	SUB_SP_4096 = 0xd14007ff,      /* sub sp, sp, #1, lsl #12 */
	MOV_FP_SP = 0x910003fd,	       /* mov x29, sp */
	MOV_SP_FP = 0x910003bf,	       /* mov sp, x29 */
	SUB_SP_FP_16 = 0xd10043bf,     /* sub sp, x29, #16 */
	SUB_SP_X1 = 0xcb2163ff,	       /* sub sp, sp, x1 */
	AND_SP = 0x927ced3f,	       /* and sp, x9, #-16 */
	POP_D8_D9_32 = 0x6cc227e8,     /* ldp d8, d9, [sp], #32 */
	POP_Q8_Q9_64 = 0xacc227e8,     /* ldp q8, q9, [sp], #64 */
	POP_W1_W2_8 = 0x28c10be1,      /* ldp w1, w2, [sp], #8 */
	POP_W1_16 = 0xb84107e1,	       /* ldr w1, [sp], #16 */
	POP_D8_16 = 0xfc4107e8,	       /* ldr d8, [sp], #16 */
};

struct scene {
	uint32_t code[32];
	uint64_t stack[WORDS];
	struct regs regs;
};

static bool
read_scene(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct scene *s = ctx;
	const uint8_t *from = (const uint8_t *)s->code;
	uint64_t at = addr - CODE;
	size_t size = sizeof(s->code);

	if (addr >= STACK) {
		from = (const uint8_t *)s->stack;
		at = addr - STACK;
		size = sizeof(s->stack);
	}
	if (at > size || len > size - at)
		return false;
	memcpy(buf, from + at, len);
	return true;
}

/* At the first instruction, sp at word 0 and the frame record at word 8. */
static struct scene
scene_of(const uint32_t *code, size_t n)
{
	struct scene s = {0};

	memcpy(s.code, code, n * sizeof(*code));
	for (unsigned i = 0; i < WORDS; i++)
		s.stack[i] = 0x5000 + i;
	for (unsigned i = 0; i < REGS_MAX; i++)
		regs_set(&s.regs, i, 0xdead0000 + i);
	regs_set(&s.regs, AARCH64_FP, AT(8));
	regs_set(&s.regs, AARCH64_LR, IN_LR);
	regs_set(&s.regs, AARCH64_SP, AT(0));
	regs_set(&s.regs, AARCH64_PC, CODE);
	return s;
}

#define SCENE(...)                                                   \
	scene_of((const uint32_t[]){__VA_ARGS__},                    \
	    sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static size_t
find(struct scene *s, struct guess *g)
{
	const struct mem mem = {read_scene, s};

	return a64_code_find_return(&mem, &mem, &s->regs, MANY, g);
}

/* The return address in a word of the stack, and the caller's sp at another. */
static void
expect_slot(struct scene s, unsigned slot, unsigned sp)
{
	struct guess g;

	assert_int_equal(find(&s, &g), 1);
	assert_false(g.is_ra_known);
	assert_int_equal(g.ra_addr, AT(slot));
	assert_int_equal(g.caller.r[AARCH64_SP], AT(sp));
	assert_true(regs_known(&g.caller, AARCH64_SP));
}

static void
expect_lr(struct scene s, unsigned sp)
{
	struct guess g;

	assert_int_equal(find(&s, &g), 1);
	assert_true(g.is_ra_known);
	assert_int_equal(g.ra, IN_LR);
	assert_int_equal(g.caller.r[AARCH64_SP], AT(sp));
}

static void
expect_none(struct scene s)
{
	struct guess g;

	assert_int_equal(find(&s, &g), 0);
}

static void
in_its_register(void **state)
{
	(void)state;
	expect_lr(SCENE(RET), 0);
	expect_lr(SCENE(RETAA), 0);
	expect_lr(SCENE(NOP, CBZ, NOP, RET), 0);
	expect_lr(SCENE(ADD_SP_32, RET), 4);
	expect_lr(SCENE(SUB_SP_4096, MOV_SP_FP, RET), 8);
	expect_lr(SCENE(SUB_SP_FP_16, RET), 6);
	expect_lr(SCENE(POP_X19_X20, RET), 2);
	/* It is yet to be pushed, changed, and popped again. */
	expect_lr(SCENE(PUSH_LR, BL, POP_LR, RET), 0);
}

static void
in_a_slot(void **state)
{
	(void)state;
	expect_slot(SCENE(POP_FP_LR_32, RET), 1, 4);
	expect_slot(SCENE(LOAD_FP_LR_16, ADD_SP_32, RET), 3, 4);
	expect_slot(SCENE(POP_LR, RET), 0, 2);
	expect_slot(SCENE(LOAD_LR_8, ADD_SP_32, RET), 1, 4);
	/* over calls, which change it, and past conditions */
	expect_slot(SCENE(BL, BLR_X0, CBZ, POP_FP_LR_32, RET), 1, 4);
	/* The stack pointer comes from the frame pointer. */
	expect_slot(SCENE(SUB_SP_X1, BL, MOV_SP_FP, POP_FP_LR_32, RET), 9, 12);
}

static void
what_else_moves_the_stack_pointer(void **state)
{
	(void)state;
	expect_lr(SCENE(POP_D8_D9_32, RET), 4);
	expect_lr(SCENE(POP_Q8_Q9_64, RET), 8);
	expect_lr(SCENE(POP_W1_W2_8, RET), 1);
	expect_lr(SCENE(POP_W1_16, RET), 2);
	expect_lr(SCENE(POP_D8_16, RET), 2);
}

static void
registers_of_the_caller(void **state)
{
	struct scene s = SCENE(POP_X19_X20, MOV_FP_SP, POP_FP_LR_32, RET);
	struct guess g;

	(void)state;
	assert_int_equal(find(&s, &g), 1);
	assert_int_equal(g.caller.r[19], 0x5000);
	assert_int_equal(g.caller.r[20], 0x5001);
	assert_int_equal(g.caller.r[AARCH64_FP], 0x5002);
	assert_int_equal(g.caller.r[21], 0xdead0000 + 21);
}

static void
a_jump_is_gone_along(void **state)
{
	(void)state;
	expect_lr(SCENE(B_2, UDF, ADD_SP_32, RET), 4);
	/* for ever: it ends with the instructions that may be looked at */
	expect_none(SCENE(0x14000000));
}

static void
no_answer(void **state)
{
	struct scene s = SCENE(RET);

	(void)state;
	/* What a call has left in x30 is not the way back. */
	expect_none(SCENE(BL, RET));
	expect_none(SCENE(BLR_X0, ADD_SP_32, RET));
	/* The stack pointer is lost. */
	expect_none(SCENE(SUB_SP_X1, RET));
	expect_none(SCENE(AND_SP, RET));
	/* It does not return, or not so. */
	expect_none(SCENE(UDF, RET));
	expect_none(SCENE(BRK, RET));
	expect_none(SCENE(BR_X3, RET));
	expect_none(SCENE(RET_X3, RET));
	/* Behind a call that never returns stands another function. */
	expect_none(SCENE(BL, PACIASP, POP_FP_LR_32, RET));
	expect_none(SCENE(BL, PUSH_FP_LR, POP_FP_LR_32, RET));
	/* no end of the code that can be read */
	s = SCENE(NOP);
	for (size_t i = 0; i < ARRAY_SIZE(s.code); i++)
		s.code[i] = NOP;
	expect_none(s);
	/* between two instructions */
	s = SCENE(RET, RET);
	regs_set(&s.regs, AARCH64_PC, CODE + 2);
	expect_none(s);
}

/* x30 is then where it has just been returned to, signed or not. */
static void
a_caller_has_lost_it(void **state)
{
	struct scene s = SCENE(RET);

	(void)state;
	regs_set(&s.regs, AARCH64_LR, CODE);
	expect_none(s);
	regs_set(&s.regs, AARCH64_LR, CODE | 0x12ull << 48);
	expect_none(s);
	s = SCENE(POP_FP_LR_32, RET);
	regs_set(&s.regs, AARCH64_LR, CODE);
	expect_slot(s, 1, 4);
}

static void
no_more_than_it_may(void **state)
{
	struct scene s = SCENE(NOP, NOP, NOP, RET);
	const struct mem mem = {read_scene, &s};
	struct guess g;

	(void)state;
	assert_int_equal(a64_code_find_return(&mem, &mem, &s.regs, 3, &g), 0);
	assert_int_equal(a64_code_find_return(&mem, &mem, &s.regs, 4, &g), 1);
}

static void
leads_to(void **state)
{
	struct scene s = SCENE(NOP, BL, CBZ, NOP, RET, NOP, B_2, NOP);
	const struct mem mem = {read_scene, &s};

	(void)state;
	assert_true(a64_code_leads_to(&mem, INSN(0), INSN(0)));
	assert_true(a64_code_leads_to(&mem, INSN(0), INSN(4)));
	assert_false(a64_code_leads_to(&mem, INSN(0), INSN(5)));
	assert_true(a64_code_leads_to(&mem, INSN(5), INSN(6)));
	assert_false(a64_code_leads_to(&mem, INSN(5), INSN(7)));
	assert_false(a64_code_leads_to(&mem, INSN(0), INSN(1) + 2));
	assert_false(a64_code_leads_to(&mem, INSN(5), INSN(1)));
	assert_false(a64_code_leads_to(&mem, INSN(30), INSN(40)));
}

static void
what_instructions_are(void **state)
{
	int64_t off;

	(void)state;
	assert_true(a64_call_offset(BL, &off));
	assert_int_equal(off, 8);
	assert_true(a64_call_offset(0x97ffffff, &off)); /* bl .-4 */
	assert_int_equal(off, -4);
	assert_false(a64_call_offset(B_2, &off));
	assert_false(a64_call_offset(BLR_X0, &off));
	assert_true(a64_is_start(0xd503237f)); /* pacibsp */
	assert_true(a64_is_start(0xd503245f)); /* bti c */
	assert_true(a64_is_start(0xa9a07bfd)); /* stp x29, x30, [sp, #-512]! */
	assert_false(a64_is_start(0xd503249f)); /* bti j */
	assert_false(a64_is_start(0xa9017bfd)); /* stp x29, x30, [sp, #16] */
	assert_true(a64_is_return(0xd65f0fff)); /* retab */
	assert_false(a64_is_return(RET_X3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_its_register),
	    cmocka_unit_test(in_a_slot),
	    cmocka_unit_test(what_else_moves_the_stack_pointer),
	    cmocka_unit_test(registers_of_the_caller),
	    cmocka_unit_test(a_jump_is_gone_along),
	    cmocka_unit_test(no_answer),
	    cmocka_unit_test(a_caller_has_lost_it),
	    cmocka_unit_test(no_more_than_it_may),
	    cmocka_unit_test(leads_to),
	    cmocka_unit_test(what_instructions_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
