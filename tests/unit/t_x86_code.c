/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions as GNU as assembles them, and a stack beside: at each of their
 * instructions it has to be known where the return address stands.
 */
#include "config.h"

#include "unwind/x86_code.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CODE  0x401000ull
#define STACK 0x7ffc1000ull
#define WORDS 64
#define MANY  1000

/* The address of word i of the stack. */
#define AT(i) (STACK + 8 * (uint64_t)(i))

struct scene {
	uint8_t code[512];
	uint64_t stack[WORDS];
	struct regs regs;
};

static bool
read_code(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct scene *s = ctx;

	if (addr < CODE || addr - CODE > sizeof(s->code) ||
	    len > sizeof(s->code) - (addr - CODE))
		return false;
	memcpy(buf, s->code + (addr - CODE), len);
	return true;
}

static bool
read_stack(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct scene *s = ctx;

	if (addr < STACK || addr - STACK > sizeof(s->stack) ||
	    len > sizeof(s->stack) - (addr - STACK))
		return false;
	memcpy(buf, (uint8_t *)s->stack + (addr - STACK), len);
	return true;
}

/* Code that is followed by what is no code. */
static struct scene
new_scene(const char *code, size_t n)
{
	struct scene s = {0};

	assert_true(n <= sizeof(s.code));
	memset(s.code, 0xcc, sizeof(s.code));
	memcpy(s.code, code, n);
	for (unsigned i = 0; i < WORDS; i++)
		s.stack[i] = 0x1000 + i;
	for (unsigned i = 0; i <= X86_64_RIP; i++)
		regs_set(&s.regs, i, 0xdead0000 + i);
	return s;
}

#define SCENE(code) new_scene(code, sizeof(code) - 1)

static size_t
find_return(struct scene *s, uint64_t off, uint64_t sp, uint64_t fp,
    struct guess *g)
{
	struct mem code = {read_code, s}, mem = {read_stack, s};

	regs_set(&s->regs, X86_64_RIP, CODE + off);
	regs_set(&s->regs, X86_64_RSP, sp);
	regs_set(&s->regs, X86_64_RBP, fp);
	return x86_code_find_return(&code, &mem, &s->regs, MANY, g);
}

static bool
came_from(struct scene *s, uint64_t start, uint64_t ra_addr, uint64_t off,
    uint64_t sp, uint64_t fp, struct guess *g)
{
	struct mem code = {read_code, s}, mem = {read_stack, s};

	regs_set(&s->regs, X86_64_RIP, CODE + off);
	regs_set(&s->regs, X86_64_RSP, sp);
	regs_set(&s->regs, X86_64_RBP, fp);
	return x86_code_came_from(
	    &code, &mem, &s->regs, CODE + start, ra_addr, MANY, g);
}

/* A moment in a function: which instruction, and the stack then. */
struct moment {
	uint64_t off, sp, fp;
};

/* Everywhere the return address stands in word 20. */
static void
expect_everywhere(struct scene *s, const struct moment *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct guess g[GUESSES_MAX];

		if (find_return(s, m[i].off, m[i].sp, m[i].fp, g) != 1)
			fail_msg("nothing is found at %#lx",
			    (unsigned long)m[i].off);
		if (g[0].ra_addr != AT(20))
			fail_msg("at %#lx: word %ld",
			    (unsigned long)m[i].off,
			    (long)(g[0].ra_addr - STACK) / 8);
		assert_false(g[0].is_ra_known);
		assert_int_equal(g[0].caller.r[X86_64_RSP], AT(21));

		memset(g, 0, sizeof(g));
		if (!came_from(s, 0, AT(20), m[i].off, m[i].sp, m[i].fp, g))
			fail_msg("no way leads to %#lx",
			    (unsigned long)m[i].off);
		assert_int_equal(g[0].ra_addr, AT(20));
		/* A word above or below it is not believed. */
		assert_false(came_from(
		    s, 0, AT(19), m[i].off, m[i].sp, m[i].fp, g));
		assert_false(came_from(
		    s, 0, AT(21), m[i].off, m[i].sp, m[i].fp, g));
	}
}

#define EXPECT_EVERYWHERE(s, ...)                            \
	expect_everywhere(s, (const struct moment[]){__VA_ARGS__}, \
	    ARRAY_SIZE(((const struct moment[]){__VA_ARGS__})))

/* crti's _init, over a call that may be jumped over. */
static void
init(void **state)
{
	struct scene s = SCENE("\x48\x83\xec\x08"	       /* sub $8,%rsp */
			       "\x48\x8b\x05\xc1\x2f\x00\x00" /* mov x,%rax */
			       "\x48\x85\xc0"	       /* test %rax,%rax */
			       "\x74\x02"	       /* je 12 */
			       "\xff\xd0"	       /* call *%rax */
			       "\x48\x83\xc4\x08"      /* 12: add $8,%rsp */
			       "\xc3");		       /* ret */

	(void)state;
	EXPECT_EVERYWHERE(&s, {0, AT(20), 0}, {4, AT(19), 0}, {11, AT(19), 0},
	    {14, AT(19), 0}, {16, AT(19), 0}, {18, AT(19), 0},
	    {22, AT(20), 0});
}

/* register_tm_clones: its last jump leads no one knows where. */
static void
tail_jump(void **state)
{
	struct scene s = SCENE("\x48\x85\xf6" /* test %rsi,%rsi */
			       "\x74\x0a"     /* je 15 */
			       "\x48\x8b\x05\xb5\x2e\x00\x00"
			       "\x48\x85\xc0" /* test %rax,%rax */
			       "\xff\xe0"     /* jmp *%rax */
			       "\xc3");	      /* ret, at 17 */
	struct guess g[GUESSES_MAX];

	(void)state;
	s.code[4] = 0x0c; /* je 17 */
	EXPECT_EVERYWHERE(&s, {0, AT(20), 0}, {3, AT(20), 0});
	/* Behind the branch there is no return. */
	assert_int_equal(find_return(&s, 5, AT(20), 0, g), 0);
	assert_true(came_from(&s, 0, AT(20), 5, AT(20), 0, g));
}

static void
frame_pointer(void **state)
{
	struct scene s = SCENE("\x55"		  /* push %rbp */
			       "\x48\x89\xe5"	  /* mov %rsp,%rbp */
			       "\x53"		  /* push %rbx */
			       "\x48\x83\xec\x18" /* sub $24,%rsp */
			       "\xe8\x00\x10\x00\x00"
			       "\x48\x8b\x5d\xf8" /* mov -8(%rbp),%rbx */
			       "\xc9"		  /* leave */
			       "\xc3");		  /* ret */
	struct guess g[GUESSES_MAX];

	(void)state;
	EXPECT_EVERYWHERE(&s, {0, AT(20), 7}, {1, AT(19), 7},
	    {4, AT(19), AT(19)}, {5, AT(18), AT(19)}, {9, AT(15), AT(19)},
	    {14, AT(15), AT(19)}, {18, AT(15), AT(19)}, {19, AT(20), 7});
	/* In the middle both registers are in the frame ... */
	assert_int_equal(find_return(&s, 14, AT(15), AT(19), g), 1);
	assert_int_equal(g[0].caller.r[X86_64_RBP], s.stack[19]);
	assert_int_equal(g[0].caller.r[X86_64_RBX], s.stack[18]);
	assert_true(came_from(&s, 0, AT(20), 14, AT(15), AT(19), g));
	assert_int_equal(g[0].caller.r[X86_64_RBP], s.stack[19]);
	assert_int_equal(g[0].caller.r[X86_64_RBX], s.stack[18]);
	/* ... and at the start they are not yet. */
	assert_int_equal(find_return(&s, 0, AT(20), 7, g), 1);
	assert_int_equal(g[0].caller.r[X86_64_RBP], 7);
	assert_int_equal(g[0].caller.r[X86_64_RBX], 0xdead0003);
	assert_true(came_from(&s, 0, AT(20), 0, AT(20), 7, g));
	assert_int_equal(g[0].caller.r[X86_64_RBP], 7);
	/* What a call leaves to chance is not the caller's. */
	assert_false(regs_known(&g[0].caller, X86_64_RAX));
}

/* Where a frame has been taken down a jump is the call of another function. */
static void
call_in_place_of_a_return(void **state)
{
	struct scene s = SCENE("\x5b"	       /* pop %rbx */
			       "\x31\xc0"     /* xor %eax,%eax */
			       "\xff\xe2");   /* jmp *%rdx */
	struct guess g[GUESSES_MAX];

	(void)state;
	assert_int_equal(find_return(&s, 0, AT(19), 0, g), 1);
	assert_int_equal(g[0].ra_addr, AT(20));
	assert_int_equal(g[0].caller.r[X86_64_RBX], s.stack[19]);
	/* Where it has not been, it may be a switch. */
	assert_int_equal(find_return(&s, 1, AT(19), 0, g), 0);
	/* At the jump itself it is what the stack looks like. */
	assert_int_equal(find_return(&s, 3, AT(20), 0, g), 1);
	assert_int_equal(g[0].ra_addr, AT(20));
}

/* gcc's way to align: the CFA in r10, which it keeps in the frame. */
static void
realigned(void **state)
{
	struct scene s = SCENE("\x4c\x8d\x54\x24\x08" /* lea 8(%rsp),%r10 */
			       "\x48\x83\xe4\x80"     /* and $-128,%rsp */
			       "\x41\xff\x72\xf8"     /* push -8(%r10) */
			       "\x55"		      /* push %rbp */
			       "\x48\x89\xe5"	      /* mov %rsp,%rbp */
			       "\x41\x52"	      /* push %r10 */
			       "\x48\x83\xec\x40"     /* sub $64,%rsp */
			       "\x90"
			       "\x4c\x8b\x55\xf8" /* mov -8(%rbp),%r10 */
			       "\xc9"		  /* leave */
			       "\x49\x8d\x62\xf8" /* lea -8(%r10),%rsp */
			       "\xc3");
	struct guess g[GUESSES_MAX];

	(void)state;
	/* The frame, with sp aligned down from word 20 to word 16. */
	s.stack[15] = s.stack[20];
	s.stack[14] = 7;
	s.stack[13] = AT(21);
	for (uint64_t off = 23; off <= 24; off++) {
		assert_int_equal(find_return(&s, off, AT(5), AT(14), g), 1);
		assert_int_equal(g[0].ra_addr, AT(20));
		assert_int_equal(g[0].caller.r[X86_64_RBP], 7);
	}
	assert_int_equal(find_return(&s, 0, AT(20), 7, g), 1);
	assert_int_equal(g[0].ra_addr, AT(20));
	assert_int_equal(g[0].caller.r[X86_64_RBP], 7);
}

/* A loop, and a way out of its middle. */
static void
loop(void **state)
{
	struct scene s = SCENE("\x53"		  /* push %rbx */
			       "\x48\x83\xec\x10" /* sub $16,%rsp */
			       "\xff\xcf"	  /* 5: dec %edi */
			       "\x74\x04"	  /* je 13 */
			       "\x75\xfa"	  /* jne 5 */
			       "\xeb\xf8"	  /* jmp 5 */
			       "\x48\x83\xc4\x10" /* 13: add $16,%rsp */
			       "\x5b"		  /* pop %rbx */
			       "\xc3");
	struct guess g[GUESSES_MAX];

	(void)state;
	EXPECT_EVERYWHERE(&s, {0, AT(20), 0}, {1, AT(19), 0}, {5, AT(17), 0},
	    {7, AT(17), 0}, {9, AT(17), 0}, {13, AT(17), 0}, {17, AT(19), 0},
	    {18, AT(20), 0});
	assert_int_equal(find_return(&s, 7, AT(17), 0, g), 1);
	assert_int_equal(g[0].caller.r[X86_64_RBX], s.stack[19]);
}

static void
for_ever(void **state)
{
	struct scene s = SCENE("\x53\xeb\xfe"); /* push %rbx; 1: jmp 1b */
	struct guess g[GUESSES_MAX];

	(void)state;
	assert_int_equal(find_return(&s, 1, AT(19), 0, g), 0);
	assert_true(came_from(&s, 0, AT(20), 1, AT(19), 0, g));
	assert_int_equal(g[0].caller.r[X86_64_RBX], s.stack[19]);
}

/* Behind a call that never returns stands the next function. */
static void
call_without_return(void **state)
{
	struct scene s = SCENE("\x48\x83\xec\x08"	  /* sub $8,%rsp */
			       "\x74\x05"		  /* je 11 */
			       "\xe8\x00\x10\x00\x00"	  /* call abort */
			       "\x48\x83\xc4\x08"	  /* 11: add $8 */
			       "\xc3"
			       "\xe8\x00\x10\x00\x00"	  /* 16: call abort */
			       "\x53\x5b\xc3");		  /* another one */
	struct guess g[GUESSES_MAX];

	(void)state;
	/* je 16: the two ways disagree, and both are told. */
	s.code[5] = 0x0a;
	assert_int_equal(find_return(&s, 4, AT(19), 0, g), 2);
	assert_int_equal(g[0].ra_addr, AT(20));
	assert_int_equal(g[1].ra_addr, AT(19));
	/* Where space is filled up to it, it is not gone into. */
	memcpy(s.code + 21, "\x66\x90\x53\x5b\xc3", 5);
	assert_int_equal(find_return(&s, 4, AT(19), 0, g), 1);
	assert_int_equal(g[0].ra_addr, AT(20));
}

/* vfork: the return address is in a register over the system call. */
static void
return_address_in_a_register(void **state)
{
	struct scene s = SCENE("\x5a"			  /* pop %rdx */
			       "\xb8\x3a\x00\x00\x00"	  /* mov $58,%eax */
			       "\x0f\x05"		  /* syscall */
			       "\x52"			  /* push %rdx */
			       "\xc3");
	struct guess g[GUESSES_MAX];

	(void)state;
	regs_set(&s.regs, X86_64_RDX, 0x402000);
	assert_int_equal(find_return(&s, 6, AT(21), 0, g), 1);
	assert_true(g[0].is_ra_known);
	assert_int_equal(g[0].ra, 0x402000);
	assert_int_equal(g[0].caller.r[X86_64_RSP], AT(21));
	/* Once it is back it is found where it stands. */
	assert_int_equal(find_return(&s, 9, AT(20), 0, g), 1);
	assert_false(g[0].is_ra_known);
	assert_int_equal(g[0].ra_addr, AT(20));
}

/* A coroutine's switch does not tell who called it, but its start does. */
static void
stack_that_is_changed(void **state)
{
	struct scene s = SCENE("\x53"	      /* push %rbx */
			       "\x48\x89\x27" /* mov %rsp,(%rdi) */
			       "\x48\x89\xf4" /* mov %rsi,%rsp */
			       "\x5b"	      /* pop %rbx */
			       "\xc3");
	struct guess g[GUESSES_MAX];

	(void)state;
	s.regs.known &= ~(1ull << X86_64_RSI);
	assert_int_equal(find_return(&s, 1, AT(19), 0, g), 0);
	assert_true(came_from(&s, 0, AT(20), 1, AT(19), 0, g));
	assert_true(came_from(&s, 0, AT(20), 4, AT(19), 0, g));
	assert_int_equal(g[0].caller.r[X86_64_RBX], s.stack[19]);
	/* Behind the change its return is the new stack's. */
	assert_int_equal(find_return(&s, 7, AT(30), 0, g), 1);
	assert_int_equal(g[0].ra_addr, AT(31));
}

/* ret $16, as JIT code has it for arguments on the stack. */
static void
arguments_that_are_popped(void **state)
{
	struct scene s = SCENE("\x5b\xc2\x10\x00"); /* pop %rbx; ret $16 */
	struct guess g[GUESSES_MAX];

	(void)state;
	assert_int_equal(find_return(&s, 0, AT(19), 0, g), 1);
	assert_int_equal(g[0].ra_addr, AT(20));
	assert_int_equal(g[0].caller.r[X86_64_RSP], AT(23));
}

/* The bound holds, whatever the code. */
static void
too_far(void **state)
{
	struct mem code, mem;
	struct scene s = SCENE("\x90\x90\x90\x90\xc3");
	struct guess g[GUESSES_MAX];

	(void)state;
	code = (struct mem){read_code, &s};
	mem = (struct mem){read_stack, &s};
	regs_set(&s.regs, X86_64_RIP, CODE);
	regs_set(&s.regs, X86_64_RSP, AT(20));
	assert_int_equal(x86_code_find_return(&code, &mem, &s.regs, 4, g), 0);
	assert_int_equal(x86_code_find_return(&code, &mem, &s.regs, 5, g), 1);
	/* Code that cannot be read, or is none */
	assert_int_equal(find_return(&s, 0x10000, AT(20), 0, g), 0);
	assert_int_equal(find_return(&s, 5, AT(20), 0, g), 0);
}

static void
straight_on(void **state)
{
	struct scene s = SCENE("\x31\xed"		/* xor %ebp,%ebp */
			       "\x74\x00"		/* je 4 */
			       "\xe8\x00\x10\x00\x00"	/* call */
			       "\xf4"			/* 9: hlt */
			       "\x31\xed");
	struct mem code = {read_code, &s};

	(void)state;
	assert_true(x86_code_leads_to(&code, CODE, CODE));
	assert_true(x86_code_leads_to(&code, CODE, CODE + 4));
	assert_true(x86_code_leads_to(&code, CODE, CODE + 9));
	assert_false(x86_code_leads_to(&code, CODE, CODE + 10));
	/* Between two instructions */
	assert_false(x86_code_leads_to(&code, CODE, CODE + 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(init),
	    cmocka_unit_test(tail_jump),
	    cmocka_unit_test(frame_pointer),
	    cmocka_unit_test(call_in_place_of_a_return),
	    cmocka_unit_test(realigned),
	    cmocka_unit_test(loop),
	    cmocka_unit_test(for_ever),
	    cmocka_unit_test(call_without_return),
	    cmocka_unit_test(return_address_in_a_register),
	    cmocka_unit_test(stack_that_is_changed),
	    cmocka_unit_test(arguments_that_are_popped),
	    cmocka_unit_test(too_far),
	    cmocka_unit_test(straight_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
