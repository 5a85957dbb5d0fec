/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stacks built by hand: an array of words, literal registers, a few bytes of
 * code, and for CFI a library made in memory.
 *
 *	JIT	code that no module holds, without CFI
 *	LIB	a library, with CFI where a test writes it
 *	STACK	the words
 */
#include "config.h"

#include "unwind/unwind.h"

#include "../tiny_elf.h"
#include "base/attr.h"
#include "core/byte_ranges.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"
#include "unwind/pc_cache.h"
#include "unwind/trail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JIT   0x10000ull
#define LIB   0x7f0000000000ull
#define STACK 0x7ffc0000ull
#define WORDS 256
#define MAX   100

/* The address of word i of the stack, and an address in each code. */
#define AT(i)	   (STACK + 8 * (uint64_t)(i))
#define IN_JIT(at) (JIT + (at))
#define IN_LIB(at) (LIB + TINY_ELF_CODE + (at))

struct scene {
	uint64_t stack[WORDS];
	uint8_t jit[0x1000];
	struct tiny_elf lib;
	struct regs regs;
	struct frame frames[MAX];
	struct unwind_result result;
	size_t max;
	struct byte_ranges *record;
};

static bool
read_scene(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct scene *s = ctx;

	if (addr >= STACK && len <= sizeof(s->stack) &&
	    addr - STACK <= sizeof(s->stack) - len)
		memcpy(buf, (uint8_t *)s->stack + (addr - STACK), len);
	else if (addr >= JIT && len <= sizeof(s->jit) &&
		 addr - JIT <= sizeof(s->jit) - len)
		memcpy(buf, s->jit + (addr - JIT), len);
	else
		return false;
	return true;
}

static struct mem_window
window_of(const struct scene *s)
{
	return (struct mem_window){.addr = STACK,
	    .bytes = (const uint8_t *)s->stack,
	    .len = sizeof(s->stack)};
}

/* With what the last walk left on the trail; NULL: without all that. */
static void
expect_same(
    struct scene *s, const struct code_space *space, struct trail *trail)
{
	struct mem mem = {read_scene, s};
	struct mem_window window = window_of(s);
	const struct unwind_aids aids = {
	    .window = trail != NULL ? &window : NULL, .trail = trail};
	struct frame frames[MAX] = {0};
	struct unwind_result r =
	    unwind_with(space, &s->regs, &mem, &aids, frames, s->max);

	assert_int_equal(r.n, s->result.n);
	assert_int_equal(r.end, s->result.end);
	for (size_t i = 0; i < r.n; i++) {
		assert_true(frames[i].pc == s->frames[i].pc);
		assert_int_equal(
		    frames[i].is_return_addr, s->frames[i].is_return_addr);
		assert_int_equal(frames[i].is_signal, s->frames[i].is_signal);
		assert_int_equal(frames[i].guessed, s->frames[i].guessed);
	}
}

/* One word after the other changes: nothing that it changes is taken over. */
static void
walk_changed(struct scene *s, const struct code_space *space)
{
	struct mem mem = {read_scene, s};
	struct scene before = *s;

	for (size_t i = 0; i < 48; i++) {
		const uint64_t others[] = {0, s->stack[i] ^ 8, IN_LIB(0x20),
		    JIT + 0x110, before.stack[(i + 1) % 48]};

		for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
			struct trail trail = {0};

			s->result = before.result;
			memcpy(s->frames, before.frames, sizeof(s->frames));
			expect_same(s, space, &trail);
			s->stack[i] = others[k];
			s->result = unwind(
			    space, &s->regs, &mem, s->frames, s->max);
			expect_same(s, space, &trail);
			expect_same(s, space, &trail);
			s->stack[i] = before.stack[i];
			trail_deinit(&trail);
		}
	}
	*s = before;
}

/*
 * Whatever a test is about: whole rows, which are all there is for a machine
 * without compact ones, the caches, empty and full, and the last walk's frames
 * give the same.
 */
static void
walk_otherwise(struct scene *s, const struct code_space *space)
{
	struct arch by_rows = *space->arch;
	struct code_space other = *space;

	by_rows.elf_machine = EM_NONE;
	other.arch = &by_rows;
	expect_same(s, &other, NULL);
	other = *space;
	other.cache = calloc(1, sizeof(*other.cache));
	other.codes = calloc(1, sizeof(*other.codes));
	assert_non_null(other.cache);
	assert_non_null(other.codes);
	expect_same(s, &other, NULL);
	expect_same(s, &other, NULL);
	walk_changed(s, &other);
	free(other.cache);
	free(other.codes);
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
	struct mappings list = {.v = maps, .n = ARRAY_SIZE(maps)};
	struct module *lib = tiny_elf_open(&s->lib);
	struct module *const modules[] = {NULL, NULL, lib};
	const uint64_t bias[] = {0, 0, LIB};
	struct code_space space = {.arch = &arch_x86_64,
	    .mappings = &list,
	    .modules = modules,
	    .bias = bias,
	    .record = s->record};
	struct mem mem = {read_scene, s};

	s->result = unwind(&space, &s->regs, &mem, s->frames, s->max);
	assert_in_range(s->result.n, 1, s->max);
	walk_otherwise(s, &space);
	module_unref(lib);
}

/* All registers known, as of a thread that was stopped. */
static struct scene *
new_scene(uint64_t pc, uint64_t sp, uint64_t fp)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->max = MAX;
	memset(s->jit, 0x90, sizeof(s->jit));
	tiny_elf_init(&s->lib);
	for (unsigned i = 0; i <= X86_64_RIP; i++)
		regs_set(&s->regs, i, 0xdead0000 + i);
	regs_set(&s->regs, X86_64_RIP, pc);
	regs_set(&s->regs, X86_64_RSP, sp);
	regs_set(&s->regs, X86_64_RBP, fp);
	return s;
}

/* Puts a call before a return address in the JIT's code, and returns that. */
static uint64_t
call_before(struct scene *s, uint64_t ra)
{
	s->jit[ra - JIT - 5] = 0xe8;
	return ra;
}

static void
jit_code(struct scene *s, uint64_t pc, const char *code, size_t n)
{
	memcpy(s->jit + (pc - JIT), code, n);
}

#define JIT_CODE(s, pc, code) jit_code(s, pc, code, sizeof(code) - 1)

/* Walks, and frees: what came out must be this. */
static void
expect(struct scene *s, enum end_reason end, const uint64_t *pcs, size_t n)
{
	walk(s);
	if (s->result.end != end)
		fail_msg("ends with %s, not %s",
		    end_reason_name(s->result.end), end_reason_name(end));
	assert_int_equal(s->result.n, n);
	for (size_t i = 0; i < n; i++)
		if (s->frames[i].pc != pcs[i])
			fail_msg("frame %zu: %#llx, not %#llx", i,
			    (unsigned long long)s->frames[i].pc,
			    (unsigned long long)pcs[i]);
}

#define EXPECT(s, end, ...)                                          \
	expect(s, end, (const uint64_t[]){__VA_ARGS__},              \
	    sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* ---- without CFI: frame pointers ----------------------------------------- */

static void
frame_pointer_chain(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	s->stack[4] = AT(8);
	s->stack[5] = call_before(s, IN_JIT(0x100));
	s->stack[8] = AT(20);
	s->stack[9] = call_before(s, IN_JIT(0x200));
	/* The first frame of all: rbp 0, and no return address */
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_JIT(0x100), IN_JIT(0x200));
	assert_false(s->frames[0].is_return_addr);
	assert_false(s->frames[0].guessed);
	for (size_t i = 1; i < 3; i++) {
		assert_true(s->frames[i].is_return_addr);
		assert_true(s->frames[i].guessed);
		assert_false(s->frames[i].is_signal);
	}
	free(s);
}

static void
a_misaligned_frame_is_none(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4) + 4);

	(void)state;
	s->stack[5] = call_before(s, IN_JIT(0x100)) << 32;
	s->stack[6] = IN_JIT(0x100) >> 32;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	free(s);
}

static void
a_chain_does_not_fall(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(4), AT(8));

	(void)state;
	s->stack[8] = AT(2); /* below */
	s->stack[9] = call_before(s, IN_JIT(0x100));
	s->stack[2] = AT(20);
	s->stack[3] = call_before(s, IN_JIT(0x200));
	EXPECT(s, END_NO_CFI, IN_JIT(0x40), IN_JIT(0x100));
	free(s);
}

/* A frame that names itself is one that falls. */
static void
a_chain_does_not_circle(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	s->stack[4] = AT(4);
	s->stack[5] = call_before(s, IN_JIT(0x100));
	EXPECT(s, END_NO_CFI, IN_JIT(0x40), IN_JIT(0x100));
	free(s);
}

static void
a_return_address_stands_behind_a_call(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	s->stack[4] = AT(8);
	s->stack[5] = IN_JIT(0x100); /* nops before it */
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	/* ... in code: the stack is none, whatever its bytes. */
	memset(&s->stack[40], 0xe8, 16);
	s->stack[5] = AT(41);
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->stack[5] = 0x123456789a; /* no mapping at all */
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->stack[5] = 0;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->stack[5] = JIT; /* nothing before it */
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	free(s);
}

/* At the mapping's very start and end: code_bytes that are not all there. */
static void
a_call_at_the_edge_of_a_mapping(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	s->stack[4] = AT(8);
	s->stack[5] = call_before(s, JIT + 5);
	s->stack[8] = AT(12);
	s->stack[9] = call_before(s, JIT + sizeof(s->jit));
	EXPECT(s, END_ROOT, IN_JIT(0x40), JIT + 5, JIT + sizeof(s->jit));
	free(s);
}

/* rbp may be any number, and zeros stand in many places. */
static void
zeros_off_the_stack_are_no_root(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), JIT + 0x800, AT(4));

	(void)state;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->regs.r[X86_64_RSP] = 0x5000; /* in no mapping */
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->regs.r[X86_64_RSP] = AT(0);
	EXPECT(s, END_ROOT, IN_JIT(0x40));
	free(s);
}

static void
an_unreadable_frame(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(WORDS));

	(void)state;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->regs.r[X86_64_RBP] = AT(WORDS - 1); /* the half of it */
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->regs.r[X86_64_RBP] = UINT64_MAX - 7; /* wraps */
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	s->regs.r[X86_64_RBP] = 0;
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	free(s);
}

static void
registers_that_are_not_known(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	s->stack[4] = AT(8);
	s->stack[5] = call_before(s, IN_JIT(0x100));
	regs_forget(&s->regs, X86_64_RBP);
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	regs_forget(&s->regs, X86_64_RSP);
	EXPECT(s, END_NO_CFI, IN_JIT(0x40));
	free(s);
}

/* ---- without CFI: a function's first and last instructions --------------- */

/* What the leaf's caller is: its frame at word 4, its caller the last one. */
static struct scene *
new_edge(uint64_t leaf_ra_slot)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	s->stack[leaf_ra_slot] = call_before(s, IN_JIT(0x100));
	s->stack[4] = AT(8);
	s->stack[5] = call_before(s, IN_JIT(0x200));
	return s;
}

static void
expect_edge(struct scene *s)
{
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_JIT(0x100), IN_JIT(0x200));
	free(s);
}

static void
leaf_at_ret(void **state)
{
	struct scene *s = new_edge(0);

	(void)state;
	JIT_CODE(s, IN_JIT(0x40), "\xc3");
	expect_edge(s);
}

static void
leaf_at_push(void **state)
{
	struct scene *s = new_edge(0);

	(void)state;
	JIT_CODE(s, IN_JIT(0x40), "\x55\x48\x89\xe5");
	expect_edge(s);
}

static void
leaf_behind_push(void **state)
{
	struct scene *s = new_edge(1);

	(void)state;
	s->stack[0] = AT(4);
	JIT_CODE(s, IN_JIT(0x3f), "\x55\x48\x89\xe5");
	expect_edge(s);
}

static void
leaf_at_endbr(void **state)
{
	struct scene *s = new_edge(0);

	(void)state;
	JIT_CODE(s, IN_JIT(0x40), "\xf3\x0f\x1e\xfa");
	expect_edge(s);
}

/* endbr64 also stands where setjmp() returns to: then the frame is there. */
static void
endbr_that_is_no_start(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	JIT_CODE(s, IN_JIT(0x40), "\xf3\x0f\x1e\xfa");
	s->stack[0] = 42; /* a local variable */
	s->stack[4] = AT(8);
	s->stack[5] = call_before(s, IN_JIT(0x100));
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_JIT(0x100));
	free(s);
}

/* The code behind a call says nothing about the frame that made it. */
static void
only_the_leaf_stands_at_an_edge(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	s->stack[4] = AT(8);
	s->stack[5] = call_before(s, IN_JIT(0x100));
	s->stack[6] = call_before(s, IN_JIT(0x300)); /* not for "ret" */
	JIT_CODE(s, IN_JIT(0x100), "\xc3");
	s->stack[8] = AT(12);
	s->stack[9] = call_before(s, IN_JIT(0x200));
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_JIT(0x100), IN_JIT(0x200));
	free(s);
}

/* ---- bounds -------------------------------------------------------------- */

static void
outside_all_code(void **state)
{
	static const uint64_t pcs[] = {0, 1, 0x5000, JIT - 1, AT(3),
	    LIB + TINY_ELF_SIZE, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pcs); i++) {
		struct scene *s = new_scene(pcs[i], AT(0), AT(4));

		s->stack[0] = call_before(s, IN_JIT(0x100));
		EXPECT(s, END_NO_CFI, pcs[i]);
		free(s);
	}
}

/* n frames of 16 bytes above the leaf, each in the same function. */
static struct scene *
new_recursion(size_t n)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(2));

	for (size_t i = 1; i <= n; i++) {
		s->stack[2 * i] = AT(2 * i + 2);
		s->stack[2 * i + 1] = call_before(s, IN_JIT(0x100));
	}
	return s;
}

static void
depth(void **state)
{
	struct scene *s = new_recursion(MAX);

	(void)state;
	walk(s);
	assert_int_equal(s->result.n, MAX);
	assert_int_equal(s->result.end, END_DEPTH);
	free(s);

	/* What just fits is whole. */
	s = new_recursion(MAX - 1);
	walk(s);
	assert_int_equal(s->result.n, MAX);
	assert_int_equal(s->result.end, END_ROOT);
	free(s);
}

static void
room_for_the_leaf_alone(void **state)
{
	struct scene *s = new_recursion(3);

	(void)state;
	s->max = 1;
	EXPECT(s, END_DEPTH, IN_JIT(0x40));
	free(s);
}

/* ---- with CFI ------------------------------------------------------------ */

/* DW_CFA_def_cfa rsp+8; DW_CFA_offset ra at CFA-8 */
static const uint8_t at_entry[] = {0x0c, 7, 8, 0x90, 1};

static void
add_cie(struct scene *s)
{
	tiny_elf_cie(&s->lib, false, at_entry, sizeof(at_entry));
}

/* A function in LIB, from there on, with these CFA instructions. */
#define FUNCTION(s, at, len, ...)                                     \
	tiny_elf_fde(&(s)->lib, TINY_ELF_CODE + (at), len,            \
	    (const uint8_t[]){__VA_ARGS__},                           \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#define NOP	     0x00
#define ADVANCE(n)   (0x40 | (n))
#define CFA_IS(n)    0x0e, (n)
#define CFA_AT(r, n) 0x0c, (r), (n)
#define SAVED(r, n)  (0x80 | (r)), (n) /* at CFA - 8n */
#define RA_UNDEFINED 0x07, 16

static void
add_root(struct scene *s)
{
	FUNCTION(s, 0x700, 0x80, RA_UNDEFINED);
}

#define ROOT IN_LIB(0x720)

static void
function_by_rsp(void **state)
{
	/* push rbx; sub rsp,16: at 1 and 5 */
	static const struct {
		uint64_t pc, ra_slot;
	} rows[] = {{0, 0}, {1, 1}, {4, 1}, {5, 3}, {0x3f, 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t pc = IN_LIB(0x100 + rows[i].pc);
		struct scene *s = new_scene(pc, AT(10), 0);

		add_cie(s);
		FUNCTION(s, 0x100, 0x40, ADVANCE(1), CFA_IS(16), SAVED(3, 2),
		    ADVANCE(4), CFA_IS(32));
		add_root(s);
		s->stack[10 + rows[i].ra_slot] = ROOT;
		EXPECT(s, END_ROOT, pc, ROOT);
		assert_false(s->frames[1].guessed);
		assert_true(s->frames[1].is_return_addr);
		free(s);
	}
}

static void
function_by_rbp(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x120), AT(0), AT(20));

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, ADVANCE(1), CFA_IS(16), SAVED(6, 2),
	    ADVANCE(3), 0x0d, 6); /* DW_CFA_def_cfa_register rbp */
	FUNCTION(s, 0x200, 0x40, CFA_AT(6, 16), SAVED(6, 2));
	add_root(s);
	s->stack[20] = AT(30); /* saved rbp */
	s->stack[21] = IN_LIB(0x210);
	s->stack[31] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x120), IN_LIB(0x210), ROOT);
	free(s);
}

/* Each frame hangs on the rbp that the one before has saved. */
static void
recursion_by_rbp(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), AT(4));

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, CFA_IS(8));
	FUNCTION(s, 0x200, 0x40, CFA_AT(6, 16), SAVED(6, 2));
	add_root(s);
	s->stack[0] = IN_LIB(0x210);
	s->stack[4] = AT(8);
	s->stack[5] = IN_LIB(0x220);
	s->stack[8] = AT(12);
	s->stack[9] = IN_LIB(0x230);
	s->stack[12] = AT(16);
	s->stack[13] = IN_LIB(0x210);
	s->stack[17] = ROOT;
	/* Where a changed rbp would lead. */
	s->stack[10] = IN_LIB(0x230);
	s->stack[14] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210), IN_LIB(0x220),
	    IN_LIB(0x230), IN_LIB(0x210), ROOT);
	free(s);
}

/* A function that keeps rbp, at its call of the one that sleeps. */
#define AT_THE_CALL IN_LIB(0x10e)
#define KEEPS_RBP \
	ADVANCE(1), CFA_IS(16), SAVED(6, 2), ADVANCE(3), 0x0d, 6, \
	    ADVANCE(1), SAVED(3, 3)

static struct scene *
new_sleeper(const char *code, size_t n)
{
	struct scene *s = new_scene(IN_LIB(0x200), AT(0), 0);

	regs_forget(&s->regs, X86_64_RBP);
	regs_forget(&s->regs, X86_64_RBX);
	add_cie(s);
	add_root(s);
	FUNCTION(s, 0x200, 0x40, CFA_IS(8));
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x100, code, n);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x71b, "\xe8", 1);
	s->stack[0] = AT_THE_CALL;
	s->stack[3] = ROOT; /* of a call that was there before */
	s->stack[5] = 0x5b; /* rbx */
	s->stack[6] = AT(20);
	s->stack[7] = ROOT;
	return s;
}

#define NEW_SLEEPER(code) new_sleeper(code, sizeof(code) - 1)

/* Of a thread that sleeps only pc and sp are known. */
static void
rbp_by_what_the_code_moved(void **state)
{
	/* push rbp; mov rbp, rsp; push rbx; sub rsp, 32; call */
	struct scene *s = NEW_SLEEPER(
	    "\x55\x48\x89\xe5\x53\x48\x83\xec\x20\xe8\0\0\0\0");

	(void)state;
	FUNCTION(s, 0x100, 0x40, KEEPS_RBP);
	EXPECT(s, END_ROOT, IN_LIB(0x200), AT_THE_CALL, ROOT);
	assert_false(s->frames[2].guessed);
	free(s);
}

static void
rbp_where_the_code_does_not_say(void **state)
{
	/* The same with "sub rsp, rax; nop", as of alloca() */
	struct scene *s = NEW_SLEEPER(
	    "\x55\x48\x89\xe5\x53\x48\x29\xc4\x90\xe8\0\0\0\0");

	(void)state;
	FUNCTION(s, 0x100, 0x40, KEEPS_RBP);
	EXPECT(s, END_BAD_CFI, IN_LIB(0x200), AT_THE_CALL);
	free(s);
	/* A part of a function elsewhere: from its start no call has led. */
	s = NEW_SLEEPER("\x48\x83\xec\x10\x90\x90\x90\x90\x90\xe8\0\0\0\0");
	FUNCTION(s, 0x100, 0x40, CFA_AT(6, 16), SAVED(6, 2));
	EXPECT(s, END_BAD_CFI, IN_LIB(0x200), AT_THE_CALL);
	free(s);
}

/* When that 0 changes, the last walk's outermost frame is not it any more. */
static void
outermost_by_zero(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, CFA_IS(8));
	FUNCTION(s, 0x200, 0x40, CFA_IS(16));
	s->stack[0] = IN_LIB(0x210);
	s->stack[2] = 0;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210));
	free(s);
}

/* A call that never returns is the last thing in its function. */
static void
behind_the_last_instruction(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);
	FUNCTION(s, 0x200, 0x40, CFA_IS(24));
	FUNCTION(s, 0x240, 0x40, CFA_IS(80)); /* not this one */
	add_root(s);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x23b, "\xe8", 1);
	s->stack[0] = IN_LIB(0x240);
	s->stack[3] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x240), ROOT);
	free(s);
}

/* ... but a leaf that stands there has just been entered. */
static void
on_the_first_instruction(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x240), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_IS(24));
	FUNCTION(s, 0x240, 0x40, NOP);
	add_root(s);
	s->stack[0] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x240), ROOT);
	free(s);
}

static void
root_by_return_address_zero(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);
	s->stack[0] = 0;
	EXPECT(s, END_ROOT, IN_LIB(0x100));
	free(s);
}

/* The root's CFA may mean nothing, and there may be no more stack. */
static void
root_needs_no_stack(void **state)
{
	struct scene *s = new_scene(ROOT, 0x10, 0);

	(void)state;
	add_cie(s);
	add_root(s);
	EXPECT(s, END_ROOT, ROOT);
	free(s);
}

static void
cfa_on_any_register(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	/* The leaf saves rbx at CFA-16; its caller's CFA is rbx+32. */
	FUNCTION(s, 0x100, 0x40, CFA_IS(24), SAVED(3, 2));
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 32));
	/* This one's is r12+16: nobody saved it, so it is what it was. */
	FUNCTION(s, 0x300, 0x40, CFA_AT(12, 16));
	add_root(s);
	s->regs.r[12] = AT(50);
	s->stack[1] = AT(20); /* rbx */
	s->stack[2] = IN_LIB(0x210);
	s->stack[23] = IN_LIB(0x310);
	s->stack[51] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210), IN_LIB(0x310), ROOT);
	free(s);
}

/* As where a function has switched stacks: the CFA is not the caller's sp. */
static void
a_stack_pointer_that_was_saved(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, CFA_IS(24), SAVED(7, 2));
	FUNCTION(s, 0x200, 0x40, CFA_IS(16));
	add_root(s);
	s->stack[1] = AT(40);
	s->stack[2] = IN_LIB(0x210);
	s->stack[41] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210), ROOT);
	free(s);
}

static void
a_register_that_is_lost(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, 0x07, 3); /* DW_CFA_undefined rbx */
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 32));
	s->stack[0] = IN_LIB(0x210);
	EXPECT(s, END_BAD_CFI, IN_LIB(0x100), IN_LIB(0x210));
	free(s);
}

static void
stack_that_cannot_be_read(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(WORDS), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);
	EXPECT(s, END_UNREADABLE, IN_LIB(0x100));
	free(s);
}

/* A saved register that cannot be read is lost; the walk goes on. */
static void
slot_that_cannot_be_read(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	/* DW_CFA_expression rbx: lit0 */
	FUNCTION(s, 0x100, 0x40, 0x10, 3, 1, 0x30);
	add_root(s);
	s->stack[0] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x100), ROOT);
	free(s);
}

static void
cfi_that_makes_no_sense(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, 0x3f, 0x3f);
	s->stack[0] = ROOT;
	EXPECT(s, END_BAD_CFI, IN_LIB(0x100));
	free(s);
}

/* The same function calls itself on the same stack for ever. */
static void
a_loop(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x210), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 16));
	s->regs.r[X86_64_RBX] = AT(8);
	s->stack[9] = IN_LIB(0x210);
	walk(s);
	assert_int_equal(s->result.end, END_LOOP);
	assert_in_range(s->result.n, 1, 3);
	free(s);
}

/* Two functions on two stacks that call one another. */
static void
a_loop_over_two_stacks(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x210), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 16));
	FUNCTION(s, 0x300, 0x40, CFA_AT(12, 16));
	s->regs.r[X86_64_RBX] = AT(100);
	s->regs.r[12] = AT(8);
	s->stack[101] = IN_LIB(0x310);
	s->stack[9] = IN_LIB(0x210);
	walk(s);
	assert_in_range(s->result.n, 2, MAX - 1);
	assert_int_equal(s->result.end, END_LOOP);
	free(s);
}

/* A coroutine's stack may lie below the one it was switched to from. */
static void
one_switch_is_no_loop(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x210), AT(80), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 16));
	add_root(s);
	s->regs.r[X86_64_RBX] = AT(8);
	s->stack[9] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x210), ROOT);
	free(s);
}

/* ---- CFI and guesses together -------------------------------------------- */

/* Code without CFI at its return: all that it saved is back in its place. */
static void
an_edge_keeps_what_the_caller_needs(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), 0);

	(void)state;
	JIT_CODE(s, IN_JIT(0x40), "\xc3");
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 32));
	add_root(s);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b, "\xe8", 1);
	s->regs.r[X86_64_RBX] = AT(20);
	s->stack[0] = IN_LIB(0x210);
	s->stack[23] = ROOT;
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_LIB(0x210), ROOT);
	free(s);
}

/*
 * In the middle of code without CFI: what follows up to the return tells where
 * that stands, and what has been saved. rbp is its caller's.
 */
static void
a_leaf_is_read_to_its_return(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), AT(30));

	(void)state;
	/* add $8,%rsp; pop %rbx; ret */
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x100, "\x48\x83\xc4\x08\x5b\xc3",
	    6);
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 32));
	FUNCTION(s, 0x300, 0x40, CFA_IS(16));
	add_root(s);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b, "\xe8", 1);
	s->stack[1] = AT(20); /* rbx */
	s->stack[2] = IN_LIB(0x210);
	s->stack[23] = ROOT;
	s->stack[31] = IN_LIB(0x310);
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210), ROOT);
	assert_true(s->frames[1].guessed);
	assert_false(s->frames[2].guessed);
	free(s);
}

/* What was read of it is kept, for a saved snapshot has no more. */
static void
code_that_was_read_is_kept(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);
	struct byte_ranges record;
	bool has_leaf = false, has_caller = false;

	(void)state;
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x100, "\x5b\xc3", 2);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b, "\xe8", 1);
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, RA_UNDEFINED);
	s->stack[1] = IN_LIB(0x210);
	byte_ranges_init(&record);
	s->record = &record;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210));
	byte_ranges_merge(&record);
	for (size_t i = 0; i < record.n; i++) {
		const struct byte_range *r = &record.v[i];

		has_leaf |= IN_LIB(0x100) - r->addr < r->len - 1 &&
			    r->bytes[IN_LIB(0x100) - r->addr] == 0x5b;
		has_caller |= IN_LIB(0x20b) - r->addr < r->len - 4 &&
			      r->bytes[IN_LIB(0x20b) - r->addr] == 0xe8;
	}
	assert_true(has_leaf);
	assert_true(has_caller);
	byte_ranges_deinit(&record);
	free(s);
}

/* ... and if no return address stands there, rbp is not asked instead. */
static void
a_frame_pointer_does_not_overrule_the_code(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), AT(30));

	(void)state;
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x100, "\x5b\xc3", 2);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b, "\xe8", 1);
	s->stack[30] = AT(40);
	s->stack[31] = IN_LIB(0x210);
	EXPECT(s, END_NO_CFI, IN_LIB(0x100));
	free(s);
}

/* A function that never returns: the call on the stack that led into it. */
static void
a_function_without_return(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x101), AT(0), 0);

	(void)state;
	/* push %rbx; 1: jmp 1b */
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x100, "\x53\xeb\xfe", 3);
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 32));
	add_root(s);
	/* call 0x100, up to 0x210 */
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b,
	    "\xe8\xf0\xfe\xff\xff", 5);
	s->stack[0] = AT(20);
	s->stack[1] = IN_LIB(0x210);
	s->stack[23] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x101), IN_LIB(0x210), ROOT);
	free(s);

	/* The same word one slot up is an old one, and not believed. */
	s = new_scene(IN_LIB(0x101), AT(0), 0);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x100, "\x53\xeb\xfe", 3);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b,
	    "\xe8\xf0\xfe\xff\xff", 5);
	s->stack[2] = IN_LIB(0x210);
	EXPECT(s, END_NO_CFI, IN_LIB(0x101));
	free(s);
}

/*
 * An exception's jump to a landing pad: what stands before it is no call, and
 * another row's.
 */
static void
a_return_to_what_was_not_called(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);
	/* Up to 0x210 with nothing on the stack, from there with 24 bytes */
	FUNCTION(s, 0x200, 0x40, ADVANCE(0x10), CFA_IS(32));
	add_root(s);
	s->stack[0] = IN_LIB(0x210);
	s->stack[1] = ROOT;
	s->stack[4] = ROOT + 1;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210), ROOT + 1);
	assert_false(s->frames[1].is_return_addr);
	free(s);

	/* Behind a call it is the call's row. */
	s = new_scene(IN_LIB(0x100), AT(0), 0);
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);
	FUNCTION(s, 0x200, 0x40, ADVANCE(0x10), CFA_IS(32));
	add_root(s);
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b, "\xe8", 1);
	s->stack[0] = IN_LIB(0x210);
	s->stack[1] = ROOT;
	s->stack[4] = ROOT + 1;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x210), ROOT);
	assert_true(s->frames[1].is_return_addr);
	free(s);
}

/* makecontext(3): nobody called the function that a coroutine returns to. */
static void
a_stack_that_was_made_up(void **state)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);
	FUNCTION(s, 0x200, 0x40, NOP);
	s->stack[0] = IN_LIB(0x200);
	s->stack[1] = IN_LIB(0x210);
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_LIB(0x200));
	assert_false(s->frames[1].is_return_addr);
	free(s);
}

/* Of what hangs on a frame pointer it is not known what it saved. */
static void
a_frame_record_keeps_nothing_else(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x40), AT(0), AT(4));

	(void)state;
	add_cie(s);
	FUNCTION(s, 0x200, 0x40, CFA_AT(3, 32));
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x20b, "\xe8", 1);
	s->regs.r[X86_64_RBX] = AT(20);
	s->stack[4] = AT(8);
	s->stack[5] = IN_LIB(0x210);
	s->stack[23] = IN_LIB(0x210);
	EXPECT(s, END_BAD_CFI, IN_JIT(0x40), IN_LIB(0x210));
	free(s);
}

/* ---- signals ------------------------------------------------------------- */

/*
 * A handler, entered by the kernel: on top the way back, the trampoline, and
 * above it what was interrupted on the first instruction of a function.
 */
#define INTERRUPTED IN_LIB(0x240)

static struct scene *
new_signal(uint64_t trampoline)
{
	struct scene *s = new_scene(IN_LIB(0x100), AT(0), 0);
	uint64_t *gregs = &s->stack[1 + 5];

	add_cie(s);
	FUNCTION(s, 0x100, 0x40, NOP);	      /* the handler */
	FUNCTION(s, 0x200, 0x40, CFA_IS(24)); /* not this one */
	FUNCTION(s, 0x240, 0x40, CFA_AT(3, 16));
	add_root(s);
	s->stack[0] = trampoline;
	gregs[10] = AT(200); /* rbp */
	gregs[11] = AT(108); /* rbx */
	gregs[15] = AT(100); /* rsp */
	gregs[16] = INTERRUPTED;
	s->stack[109] = ROOT;
	return s;
}

static void
expect_signal(struct scene *s, uint64_t trampoline)
{
	EXPECT(s, END_ROOT, IN_LIB(0x100), trampoline, INTERRUPTED, ROOT);
	assert_false(s->frames[0].is_signal);
	assert_true(s->frames[1].is_signal);
	assert_true(s->frames[1].is_return_addr);
	/* The very instruction, not one before it; found, not guessed. */
	assert_false(s->frames[2].is_signal);
	assert_false(s->frames[2].is_return_addr);
	assert_false(s->frames[2].guessed);
	assert_true(s->frames[3].is_return_addr);
	free(s);
}

static void
trampoline_by_its_bytes(void **state)
{
	struct scene *s = new_signal(IN_JIT(0x80));

	(void)state;
	JIT_CODE(s, IN_JIT(0x80), "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05");
	expect_signal(s, IN_JIT(0x80));
}

/* What stands before it has rows, but not for it. */
static void
trampoline_right_behind_a_function(void **state)
{
	struct scene *s = new_signal(IN_LIB(0x280));

	(void)state;
	tiny_elf_code(&s->lib, TINY_ELF_CODE + 0x280,
	    "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05", 9);
	expect_signal(s, IN_LIB(0x280));
}

/*
 * As glibc has it: augmentation "S", an expression for each register, and
 * begun one byte early so that a look-up of "return address" - 1 finds it.
 */
static void
trampoline_by_cfi(void **state)
{
	/* cfa: *(rsp+160); rip at rsp+168; rbx at rsp+128; rbp at rsp+120 */
	static const uint8_t insns[] = {0x0f, 4, 0x77, 0xa0, 0x01, 0x06, 0x10,
	    16, 3, 0x77, 0xa8, 0x01, 0x10, 3, 3, 0x77, 0x80, 0x01, 0x10, 6, 3,
	    0x77, 0xf8, 0x00};
	struct scene *s = new_signal(IN_LIB(0x401));

	(void)state;
	tiny_elf_cie(&s->lib, true, "", 0);
	tiny_elf_fde(&s->lib, TINY_ELF_CODE + 0x400, 10, insns, sizeof(insns));
	expect_signal(s, IN_LIB(0x401));
}

/* ... and where the handler has no CFI either, but pushed rbx. */
static void
handler_without_cfi(void **state)
{
	struct scene *s = new_signal(IN_JIT(0x80));

	(void)state;
	JIT_CODE(s, IN_JIT(0x80), "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05");
	JIT_CODE(s, IN_JIT(0x40), "\x5b\xc3"); /* pop %rbx; ret */
	s->regs.r[X86_64_RIP] = IN_JIT(0x40);
	s->regs.r[X86_64_RSP] = AT(3);
	memmove(&s->stack[4], &s->stack[0], 32 * sizeof(uint64_t));
	EXPECT(s, END_ROOT, IN_JIT(0x40), IN_JIT(0x80), INTERRUPTED, ROOT);
	assert_true(s->frames[1].guessed);
	assert_true(s->frames[1].is_signal);
	free(s);
}

/* A handler that runs on a stack of its own, below that of what it broke. */
static void
a_signal_stack_is_no_loop(void **state)
{
	struct scene *s = new_signal(IN_JIT(0x80));

	(void)state;
	JIT_CODE(s, IN_JIT(0x80), "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05");
	/* From word 150 to word 50 */
	memmove(&s->stack[150], &s->stack[0], 32 * sizeof(uint64_t));
	memset(&s->stack[0], 0, 32 * sizeof(uint64_t));
	s->regs.r[X86_64_RSP] = AT(150);
	s->stack[151 + 5 + 11] = AT(52); /* rbx */
	s->stack[151 + 5 + 15] = AT(50); /* rsp */
	s->stack[53] = ROOT;
	EXPECT(s, END_ROOT, IN_LIB(0x100), IN_JIT(0x80), INTERRUPTED, ROOT);
	free(s);
}

/* Called through a null pointer: the handler of SIGSEGV still has a caller. */
static void
a_signal_at_address_zero(void **state)
{
	struct scene *s = new_signal(IN_JIT(0x80));

	(void)state;
	JIT_CODE(s, IN_JIT(0x80), "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05");
	s->stack[1 + 5 + 16] = 0;
	EXPECT(s, END_NO_CFI, IN_LIB(0x100), IN_JIT(0x80), 0);
	assert_false(s->frames[2].is_return_addr);
	free(s);
}

static void
a_signal_frame_that_cannot_be_read(void **state)
{
	struct scene *s = new_scene(IN_JIT(0x80), AT(WORDS - 4), 0);

	(void)state;
	JIT_CODE(s, IN_JIT(0x80), "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05");
	EXPECT(s, END_NO_CFI, IN_JIT(0x80));
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frame_pointer_chain),
	    cmocka_unit_test(a_misaligned_frame_is_none),
	    cmocka_unit_test(a_chain_does_not_fall),
	    cmocka_unit_test(a_chain_does_not_circle),
	    cmocka_unit_test(a_return_address_stands_behind_a_call),
	    cmocka_unit_test(a_call_at_the_edge_of_a_mapping),
	    cmocka_unit_test(zeros_off_the_stack_are_no_root),
	    cmocka_unit_test(an_unreadable_frame),
	    cmocka_unit_test(registers_that_are_not_known),
	    cmocka_unit_test(leaf_at_ret),
	    cmocka_unit_test(leaf_at_push),
	    cmocka_unit_test(leaf_behind_push),
	    cmocka_unit_test(leaf_at_endbr),
	    cmocka_unit_test(endbr_that_is_no_start),
	    cmocka_unit_test(only_the_leaf_stands_at_an_edge),
	    cmocka_unit_test(outside_all_code),
	    cmocka_unit_test(depth),
	    cmocka_unit_test(room_for_the_leaf_alone),
	    cmocka_unit_test(function_by_rsp),
	    cmocka_unit_test(function_by_rbp),
	    cmocka_unit_test(recursion_by_rbp),
	    cmocka_unit_test(rbp_by_what_the_code_moved),
	    cmocka_unit_test(rbp_where_the_code_does_not_say),
	    cmocka_unit_test(outermost_by_zero),
	    cmocka_unit_test(behind_the_last_instruction),
	    cmocka_unit_test(on_the_first_instruction),
	    cmocka_unit_test(root_by_return_address_zero),
	    cmocka_unit_test(root_needs_no_stack),
	    cmocka_unit_test(cfa_on_any_register),
	    cmocka_unit_test(a_stack_pointer_that_was_saved),
	    cmocka_unit_test(a_register_that_is_lost),
	    cmocka_unit_test(stack_that_cannot_be_read),
	    cmocka_unit_test(slot_that_cannot_be_read),
	    cmocka_unit_test(cfi_that_makes_no_sense),
	    cmocka_unit_test(a_loop),
	    cmocka_unit_test(a_loop_over_two_stacks),
	    cmocka_unit_test(one_switch_is_no_loop),
	    cmocka_unit_test(an_edge_keeps_what_the_caller_needs),
	    cmocka_unit_test(a_leaf_is_read_to_its_return),
	    cmocka_unit_test(code_that_was_read_is_kept),
	    cmocka_unit_test(a_frame_pointer_does_not_overrule_the_code),
	    cmocka_unit_test(a_function_without_return),
	    cmocka_unit_test(a_return_to_what_was_not_called),
	    cmocka_unit_test(a_stack_that_was_made_up),
	    cmocka_unit_test(a_frame_record_keeps_nothing_else),
	    cmocka_unit_test(trampoline_by_its_bytes),
	    cmocka_unit_test(trampoline_right_behind_a_function),
	    cmocka_unit_test(trampoline_by_cfi),
	    cmocka_unit_test(handler_without_cfi),
	    cmocka_unit_test(a_signal_stack_is_no_loop),
	    cmocka_unit_test(a_signal_at_address_zero),
	    cmocka_unit_test(a_signal_frame_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
