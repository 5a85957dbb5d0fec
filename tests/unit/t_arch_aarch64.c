/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots of the other machine, made by hand: registers, a stack of words, a
 * few instructions, and for CFI a library made in memory.
 *
 *	JIT	code that no module holds, without CFI
 *	LIB	a library, with CFI where a test writes it
 *	STACK	the words
 */
#include "config.h"

#include "../tiny_elf.h"
#include "base/attr.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"
#include "unwind/pc_cache.h"
#include "unwind/step.h"
#include "unwind/trail.h"
#include "unwind/unwind.h"

#include <dwarf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define JIT   0x10000ull
#define LIB   0x7f0000000000ull
#define STACK 0x7ffc0000ull
#define WORDS 256
#define MAX   32

#define AT(i)	   (STACK + 8 * (uint64_t)(i))
#define IN_JIT(at) (JIT + (at))
#define IN_LIB(at) (LIB + TINY_ELF_CODE + (at))

/* Signed: bits that are no part of an address of 48 bits. */
#define SIGNED(ra) ((ra) | 0x2a5cull << 48)

enum insn {
	BL = 0x94000000, /* bl . */
	NOP = 0xd503201f,
	RET = 0xd65f03c0,
	PACIASP = 0xd503233f,
	ADD_SP_32 = 0x910083ff,	   /* add sp, sp, #32 */
	MOV_X8_139 = 0xd2801168,   /* mov x8, #139 */
	SVC_0 = 0xd4000001,	   /* svc #0 */
	SVC_1 = 0xd4000021,	   /* svc #1 */
	BLR_X17 = 0xd63f0220,	   /* blr x17 */
	BLRAAZ_X3 = 0xd63f087f,	   /* blraaz x3 */
	BLRAB_X3_SP = 0xd73f0c7f,  /* blrab x3, sp */
	BR_X3 = 0xd61f0060,	   /* br x3 */
	B = 0x14000002,		   /* b .+8 */
	MOV_X0_X1 = 0xaa0103e0,	   /* mov x0, x1 */
};

struct scene {
	uint64_t stack[WORDS];
	uint32_t jit[0x400];
	struct tiny_elf lib;
	struct regs regs;
	uint64_t signed_bits;
	struct frame frames[MAX];
	struct unwind_result result;
};

static struct scene scene;

static bool
read_scene(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct scene *s = ctx;

	if (addr >= STACK && len <= sizeof(s->stack) &&
	    addr - STACK <= sizeof(s->stack) - len)
		memcpy(buf, (uint8_t *)s->stack + (addr - STACK), len);
	else if (addr >= JIT && len <= sizeof(s->jit) &&
		 addr - JIT <= sizeof(s->jit) - len)
		memcpy(buf, (uint8_t *)s->jit + (addr - JIT), len);
	else
		return false;
	return true;
}

static void
expect_same(struct scene *s, const struct code_space *space,
    const struct unwind_aids *aids)
{
	const struct mem mem = {read_scene, s};
	struct frame frames[MAX];
	struct unwind_result r =
	    unwind_with(space, &s->regs, &mem, aids, frames, MAX);

	assert_int_equal(r.n, s->result.n);
	assert_int_equal(r.end, s->result.end);
	for (size_t i = 0; i < r.n; i++)
		assert_int_equal(frames[i].pc, s->frames[i].pc);
}

/* By whole rows, with a cache, and with the last walk's frames. */
static void
walk_otherwise(struct scene *s, const struct code_space *space)
{
	struct mem_window window = {.addr = STACK,
	    .bytes = (const uint8_t *)s->stack,
	    .len = sizeof(s->stack)};
	struct arch by_rows = *space->arch;
	struct code_space other = *space;
	struct pc_cache cache = {0};
	static struct code_cache codes;
	struct trail trail = {0};
	const struct unwind_aids none = {0},
				 aids = {.window = &window, .trail = &trail};

	by_rows.elf_machine = EM_NONE;
	other.arch = &by_rows;
	expect_same(s, &other, &none);
	other = *space;
	other.cache = &cache;
	other.codes = &codes;
	codes = (struct code_cache){0};
	expect_same(s, &other, &none);
	expect_same(s, &other, &aids);
	expect_same(s, &other, &aids);
	trail_deinit(&trail);
}

static void
walk(struct scene *s)
{
	struct mapping maps[] = {
	    {.start = JIT,
		.end = JIT + sizeof(s->jit),
		.flags = MAPPING_READ | MAPPING_EXEC},
	    {.start = STACK,
		.end = STACK + sizeof(s->stack),
		.flags = MAPPING_READ | MAPPING_WRITE},
	    {.start = LIB,
		.end = LIB + TINY_ELF_SIZE,
		.flags = MAPPING_READ | MAPPING_EXEC},
	};
	const struct mappings list = {.v = maps, .n = ARRAY_SIZE(maps)};
	struct module *lib = tiny_elf_open(&s->lib);
	struct module *const modules[] = {NULL, NULL, lib};
	const uint64_t bias[] = {0, 0, LIB};
	const struct code_space space = {.arch = arch_by_machine(EM_AARCH64),
	    .mappings = &list,
	    .modules = modules,
	    .bias = bias,
	    .signed_bits = s->signed_bits};
	const struct mem mem = {read_scene, s};

	s->result = unwind(&space, &s->regs, &mem, s->frames, MAX);
	walk_otherwise(s, &space);
	module_unref(lib);
}

static void
expect(struct scene *s, enum end_reason end, const uint64_t *pcs, size_t n)
{
	walk(s);
	for (size_t i = 0; i < n && i < s->result.n; i++)
		if (s->frames[i].pc != pcs[i])
			fail_msg("frame %zu: %#llx, not %#llx", i,
			    (unsigned long long)s->frames[i].pc,
			    (unsigned long long)pcs[i]);
	assert_int_equal(s->result.n, n);
	assert_string_equal(
	    end_reason_name(s->result.end), end_reason_name(end));
}

#define EXPECT(s, end, ...)                             \
	expect(s, end, (const uint64_t[]){__VA_ARGS__}, \
	    sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/*
 * A CIE as gcc has it: offsets of code in instructions, of data in words down,
 * the return address in x30, and the CFA in sp at a function's start.
 */
static void
put_cie(struct scene *s)
{
	static const uint8_t zR[] = {
	    1, 'z', 'R', 0, 4, 0x78, AARCH64_LR, 1, 0x1b};
	static const uint8_t at_entry[] = {DW_CFA_def_cfa, AARCH64_SP, 0};
	const uint16_t machine = EM_AARCH64;

	tiny_elf_init(&s->lib);
	memcpy(s->lib.bytes + offsetof(Elf64_Ehdr, e_machine), &machine,
	    sizeof(machine));
	s->lib.cie = s->lib.end;
	tiny_elf_record(
	    &s->lib, 0, zR, sizeof(zR), at_entry, sizeof(at_entry));
}

static void
put_fde(struct scene *s, uint32_t at, const uint8_t *insns, size_t n)
{
	tiny_elf_fde(&s->lib, TINY_ELF_CODE + at, 0x100, insns, n);
}

#define FDE(s, at, ...)                                        \
	put_fde(s, at, (const uint8_t[]){__VA_ARGS__},         \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

/*
 * The functions of the library: one that has saved nothing; one that has its
 * frame record at the lower end of 32 bytes; the first of all.
 */
#define LEAF  0x000
#define FRAME 0x100
#define FIRST 0x200

/* All registers known, as of a thread that was stopped. */
static struct scene *
new_scene(uint64_t pc, uint64_t sp, uint64_t fp, uint64_t lr)
{
	struct scene *s = &scene;

	*s = (struct scene){0};
	for (size_t i = 0; i < ARRAY_SIZE(s->jit); i++)
		s->jit[i] = NOP;
	for (unsigned i = 0; i < REGS_MAX; i++)
		regs_set(&s->regs, i, 0xdead0000 + i);
	regs_set(&s->regs, AARCH64_PC, pc);
	regs_set(&s->regs, AARCH64_SP, sp);
	regs_set(&s->regs, AARCH64_FP, fp);
	regs_set(&s->regs, AARCH64_LR, lr);
	put_cie(s);
	FDE(s, LEAF, DW_CFA_nop);
	FDE(s, FRAME, DW_CFA_def_cfa_offset, 32, DW_CFA_offset | AARCH64_FP, 4,
	    DW_CFA_offset | AARCH64_LR, 3);
	FDE(s, FIRST, DW_CFA_undefined, AARCH64_LR);
	return s;
}

/* Puts a call before a return address in the JIT's code, and returns that. */
static uint64_t
call_before(struct scene *s, uint64_t ra)
{
	s->jit[(ra - JIT) / 4 - 1] = BL;
	return ra;
}

static uint64_t
lib_call_before(struct scene *s, uint64_t ra)
{
	const uint32_t bl = BL;

	memcpy(s->lib.bytes + (ra - LIB) - 4, &bl, sizeof(bl));
	return ra;
}

static void
by_cfi(void **state)
{
	struct scene *s = new_scene(
	    IN_LIB(LEAF + 8), AT(0), AT(0), IN_LIB(FRAME + 0x20));

	(void)state;
	s->stack[0] = AT(4); /* x29, x30 of FRAME */
	s->stack[1] = IN_LIB(FRAME + 0x40);
	s->stack[4] = 0;
	s->stack[5] = IN_LIB(FIRST + 0x10);
	EXPECT(s, END_ROOT, IN_LIB(LEAF + 8), IN_LIB(FRAME + 0x20),
	    IN_LIB(FRAME + 0x40), IN_LIB(FIRST + 0x10));
	assert_false(s->frames[0].is_return_addr);
	for (size_t i = 1; i < 4; i++) {
		assert_true(s->frames[i].is_return_addr);
		assert_false(s->frames[i].guessed);
	}
}

/* In its register and on the stack, where there is room for any short way. */
static void
signed_return_addresses(void **state)
{
	struct scene *s = new_scene(
	    IN_LIB(LEAF + 8), AT(32), AT(32), SIGNED(IN_LIB(FRAME + 0x20)));

	(void)state;
	s->stack[33] = SIGNED(IN_LIB(FIRST + 0x10));
	EXPECT(s, END_ROOT, IN_LIB(LEAF + 8), IN_LIB(FRAME + 0x20),
	    IN_LIB(FIRST + 0x10));
}

/* Of a kernel whose addresses have 39 bits: more bits are signed. */
static void
as_many_bits_as_the_kernel_says(void **state)
{
	const uint64_t signature = 0x5ull << 39 | 0x2aull << 48;
	struct scene *s =
	    new_scene(IN_JIT(0x40), AT(0), AT(4), 0xdead0000 | signature);

	(void)state;
	s->stack[4] = 0;
	s->stack[5] = call_before(s, IN_JIT(0x100)) | signature;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->signed_bits = 0xff7fff8000000000;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40), IN_JIT(0x100));
}

static void
of_the_kernels_half(void **state)
{
	const struct code_space space = {.arch = &arch_aarch64},
				x86 = {.arch = &arch_x86_64};

	(void)state;
	assert_int_equal(
	    bare_address(&space, 0x1280800008001234), 0xffff800008001234);
	assert_int_equal(
	    bare_address(&space, 0x1240800008001234), 0x0000800008001234);
	assert_int_equal(
	    bare_address(&x86, 0x1240800008001234), 0x1240800008001234);
}

/*
 * A caller that has not saved x30 cannot say where it returns to: the call has
 * put another address there. It may be the first of all.
 */
static void
a_return_address_that_is_lost(void **state)
{
	struct scene *s = new_scene(
	    IN_LIB(LEAF + 8), AT(0), AT(0), IN_LIB(LEAF + 0x20));

	(void)state;
	EXPECT(s, END_BAD_CFI, IN_LIB(LEAF + 8), IN_LIB(LEAF + 0x20));
	regs_set(&s->regs, AARCH64_FP, 0);
	EXPECT(s, END_ROOT, IN_LIB(LEAF + 8), IN_LIB(LEAF + 0x20));
}

/* Where words of struct rt_sigframe are, from its start on. */
#define REG(i) ((128 + 176 + 8) / 8 + (i))

static void
put_trampoline(struct scene *s, uint64_t pc)
{
	s->jit[(pc - JIT) / 4] = MOV_X8_139;
	s->jit[(pc - JIT) / 4 + 1] = SVC_0;
}

/* What is interrupted is a leaf: x30 is valid again, and pc is exact. */
static void
through_a_signal(void **state)
{
	struct scene *s = new_scene(
	    IN_LIB(FRAME + 0x80), AT(0), AT(0), 0xdead0000);

	(void)state;
	put_trampoline(s, IN_JIT(0x200));
	s->stack[0] = 0x1234;
	s->stack[1] = SIGNED(IN_JIT(0x200));
	/* the handler's frame has 4 words; there the kernel's begins */
	s->stack[4 + REG(AARCH64_FP)] = AT(200);
	s->stack[4 + REG(AARCH64_LR)] = IN_LIB(FRAME + 0x20);
	s->stack[4 + REG(AARCH64_SP)] = AT(200);
	s->stack[4 + REG(AARCH64_PC)] = IN_LIB(LEAF);
	s->stack[201] = IN_LIB(FIRST + 0x10);
	EXPECT(s, END_ROOT, IN_LIB(FRAME + 0x80), IN_JIT(0x200), IN_LIB(LEAF),
	    IN_LIB(FRAME + 0x20), IN_LIB(FIRST + 0x10));
	assert_true(s->frames[1].is_signal);
	assert_false(s->frames[1].guessed);
	assert_false(s->frames[2].is_return_addr);
	assert_false(s->frames[2].guessed);
}

static void
by_frame_records(void **state)
{
	struct scene *s =
	    new_scene(IN_JIT(0x40), AT(0), AT(4), 0xdead0000);

	(void)state;
	s->stack[4] = AT(8);
	s->stack[5] = SIGNED(call_before(s, IN_JIT(0x100)));
	s->stack[8] = AT(20);
	s->stack[9] = call_before(s, IN_JIT(0x200));
	/* the last record: no other, and no return address */
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_JIT(0x100), IN_JIT(0x200));
	assert_true(s->frames[1].guessed);
	/* ... and one that names itself is none. */
	s->stack[8] = AT(8);
	EXPECT(s, END_NO_CFI, IN_JIT(0x40), IN_JIT(0x100), IN_JIT(0x200));
}

/*
 * Of who has called a JIT's function only the frame record is known, and so how
 * its own frame lies: the CFA of FRAME is its record's place and 32.
 */
static void
from_records_to_cfi(void **state)
{
	struct scene *s =
	    new_scene(IN_JIT(0x40), AT(0), AT(4), 0xdead0000);

	(void)state;
	s->stack[4] = AT(10); /* the record of FRAME */
	s->stack[5] = lib_call_before(s, IN_LIB(FRAME + 0x20));
	s->stack[10] = AT(16);
	s->stack[11] = IN_LIB(FRAME + 0x40);
	/* The CFA of that was word 14, its own frame begins there. */
	s->stack[14] = 0;
	s->stack[15] = IN_LIB(FIRST + 0x10);
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_LIB(FRAME + 0x20),
	    IN_LIB(FRAME + 0x40), IN_LIB(FIRST + 0x10));
	assert_true(s->frames[1].guessed);
	assert_false(s->frames[2].guessed);
}

static void
leaves_without_cfi(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), 0, 0);

	(void)state;
	/* at its first instruction */
	regs_set(&s->regs, AARCH64_LR, SIGNED(call_before(s, IN_JIT(0x100))));
	s->jit[0x40 / 4] = PACIASP;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40), IN_JIT(0x100));
	/* somewhere, and its code says how it goes on */
	s->jit[0x40 / 4] = ADD_SP_32;
	s->jit[0x44 / 4] = RET;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40), IN_JIT(0x100));
	assert_true(s->frames[1].guessed);
	/* at its last */
	regs_set(&s->regs, AARCH64_PC, IN_JIT(0x44));
	EXPECT(s, END_NO_CFI, IN_JIT(0x44), IN_JIT(0x100));
	/* what x30 holds is no return address */
	regs_set(&s->regs, AARCH64_LR, IN_JIT(0x180));
	EXPECT(s, END_NO_CFI, IN_JIT(0x44));
}

static struct code_bytes
code_after(uint32_t insn)
{
	struct code_bytes c = {.n_before = CODE_BEFORE};

	memcpy(c.before + CODE_BEFORE - sizeof(insn), &insn, sizeof(insn));
	return c;
}

static void
calls(void **state)
{
	static const uint32_t are[] = {BL, BLR_X17, BLRAAZ_X3, BLRAB_X3_SP};
	static const uint32_t not[] = {B, BR_X3, RET, NOP, MOV_X0_X1, 0};
	struct code_bytes c;
	uint64_t to;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(are); i++) {
		c = code_after(are[i]);
		assert_true(arch_aarch64.is_after_call(&c));
	}
	for (size_t i = 0; i < ARRAY_SIZE(not); i++) {
		c = code_after(not[i]);
		assert_false(arch_aarch64.is_after_call(&c));
	}
	c = code_after(0x97fffffe); /* bl .-8 */
	assert_true(arch_aarch64.call_target(&c, 0x1010, &to));
	assert_int_equal(to, 0x1004);
	c = code_after(BLR_X17);
	assert_false(arch_aarch64.call_target(&c, 0x1010, &to));
	c = code_after(BL);
	c.n_before = 3;
	assert_false(arch_aarch64.is_after_call(&c));
}

static void
trampolines(void **state)
{
	const uint32_t is[] = {MOV_X8_139, SVC_0}, not[] = {MOV_X8_139, SVC_1};
	struct code_bytes c = {.n_after = sizeof(is)};

	(void)state;
	memcpy(c.after, is, sizeof(is));
	assert_true(arch_aarch64.is_sigreturn(&c));
	c.n_after = sizeof(is) - 1;
	assert_false(arch_aarch64.is_sigreturn(&c));
	c.n_after = sizeof(is);
	memcpy(c.after, not, sizeof(not));
	assert_false(arch_aarch64.is_sigreturn(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_cfi),
	    cmocka_unit_test(signed_return_addresses),
	    cmocka_unit_test(as_many_bits_as_the_kernel_says),
	    cmocka_unit_test(of_the_kernels_half),
	    cmocka_unit_test(a_return_address_that_is_lost),
	    cmocka_unit_test(through_a_signal),
	    cmocka_unit_test(by_frame_records),
	    cmocka_unit_test(from_records_to_cfi),
	    cmocka_unit_test(leaves_without_cfi),
	    cmocka_unit_test(calls),
	    cmocka_unit_test(trampolines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
