/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encodings as GNU as writes them; the source line stands beside each. */
#include "config.h"

#include "base/attr.h"
#include "unwind/arch.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Code given as a string literal, which may hold zero bytes. */
#define CODE(s) s, sizeof(s) - 1

struct insn {
	const char *bytes;
	size_t n;
};

/* The code around a pc that stands between before and after. */
static struct code_bytes
code_at(const char *before, size_t n_before, const char *after, size_t n_after)
{
	struct code_bytes c = {.n_before = n_before, .n_after = n_after};

	assert_true(n_before <= CODE_BEFORE && n_after <= CODE_AFTER);
	memcpy(c.before + CODE_BEFORE - n_before, before, n_before);
	memcpy(c.after, after, n_after);
	return c;
}

static bool
is_after(const struct insn *insn)
{
	struct code_bytes c = code_at(insn->bytes, insn->n, "", 0);

	return arch_x86_64.is_after_call(&c);
}

static void
after_every_call(void **state)
{
	static const struct insn calls[] = {
	    {CODE("\xe8\x00\x00\x00\x00")},	    /* call rel32 */
	    {CODE("\xe8\xfb\xff\xff\xff")},	    /* ... backwards */
	    {CODE("\x67\xe8\x00\x00\x00\x00")},	    /* addr32 call rel32 */
	    {CODE("\xff\xd0")},			    /* call *%rax */
	    {CODE("\xff\xd4")},			    /* call *%rsp */
	    {CODE("\xff\xd7")},			    /* call *%rdi */
	    {CODE("\x41\xff\xd3")},		    /* call *%r11 */
	    {CODE("\x3e\xff\xd0")},		    /* notrack call *%rax */
	    {CODE("\xff\x10")},			    /* call *(%rax) */
	    {CODE("\x41\xff\x10")},		    /* call *(%r8) */
	    {CODE("\xff\x50\x18")},		    /* call *24(%rax) */
	    {CODE("\x41\xff\x57\x80")},		    /* call *-128(%r15) */
	    {CODE("\xff\x55\x00")},		    /* call *0(%rbp) */
	    {CODE("\xff\x14\x24")},		    /* call *(%rsp) */
	    {CODE("\xff\x14\xc8")},		    /* call *(%rax,%rcx,8) */
	    {CODE("\x43\xff\x14\xec")},		    /* call *(%r12,%r13,8) */
	    {CODE("\xff\x54\x24\x08")},		    /* call *8(%rsp) */
	    {CODE("\xff\x54\xc8\x10")},	   /* call *16(%rax,%rcx,8) */
	    {CODE("\xff\x15\x00\x10\x00\x00")},	    /* call *0x1000(%rip) */
	    {CODE("\xff\x90\x00\x02\x00\x00")},	    /* call *512(%rax) */
	    {CODE("\x41\xff\x97\x00\x02\x00\x00")}, /* call *512(%r15) */
	    {CODE("\xff\x94\x24\x00\x01\x00\x00")}, /* call *256(%rsp) */
	    {CODE("\xff\x14\x25\x00\x10\x00\x00")}, /* call *0x1000 */
	    {CODE("\xff\x14\xc5\x00\x10\x00\x00")}, /* ... (,%rax,8) */
	    {CODE("\xff\x94\xc8\x00\x01\x00\x00")}, /* 256(%rax,%rcx,8) */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (!is_after(&calls[i]))
			fail_msg("call %zu is not known", i);
}

static void
after_anything_else(void **state)
{
	static const struct insn others[] = {
	    {CODE("")},
	    {CODE("\xc3")},				/* ret */
	    {CODE("\x90\x90\x90\x90\x90\x90\x90\x90")}, /* nops */
	    {CODE("\xe9\x00\x00\x00\x00")},		/* jmp rel32 */
	    {CODE("\xeb\xe8")},				/* jmp rel8 */
	    {CODE("\xff\xe0")},				/* jmp *%rax */
	    {CODE("\xff\x20")},				/* jmp *(%rax) */
	    {CODE("\xff\x25\x00\x10\x00\x00")},		/* jmp *x(%rip) */
	    {CODE("\xff\xc0")},				/* inc %eax */
	    {CODE("\xff\xc8")},				/* dec %eax */
	    {CODE("\xff\x30")},				/* push (%rax) */
	    {CODE("\xff\x75\x08")},			/* push 8(%rbp) */
	    {CODE("\xff\x18")},				/* lcall *(%rax) */
	    {CODE("\x48\x89\xe5")},			/* mov %rsp,%rbp */
	    {CODE("\x0f\x05")},				/* syscall */
	    {CODE("\xcc\xcc\xcc\xcc\xcc")},		/* int3 */
	    /* Too short to be the call that it ends like */
	    {CODE("\xe8\x00\x00\x00")},
	    {CODE("\xd0")},
	    {CODE("\x15\x00\x10\x00\x00")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (is_after(&others[i]))
			fail_msg("instruction %zu is taken for a call", i);
}

/* A byte 0xff /2 whose operand would end before or after pc is no call. */
static void
lengths_that_do_not_fit(void **state)
{
	static const struct insn others[] = {
	    {CODE("\xff\x50")},				/* needs a disp8 */
	    {CODE("\xff\xd0\x90")},			/* over already */
	    {CODE("\xff\x10\x90")},			/* over already */
	    {CODE("\xff\x14\x25\x00")},			/* needs a disp32 */
	    {CODE("\xff\x15\x00")},			/* needs a disp32 */
	    {CODE("\xff\x50\x18\x90")},			/* over already */
	    {CODE("\xff\xd0\x90\x90\x90\x90")},		/* over already */
	    {CODE("\xff\x90\x00\x02\x00\x00\x90")},	/* over already */
	    {CODE("\xff\xd0\x90\x90\x90\x90\x90")},	/* over already */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (is_after(&others[i]))
			fail_msg("instruction %zu is taken for a call", i);
}

#define SP 0x7ffc1000ull

static bool
edge(const struct code_bytes *c, struct guess *g)
{
	struct regs regs = {0};

	regs_set(&regs, X86_64_RSP, SP);
	regs_set(&regs, X86_64_RBP, 0x7ffc2000);
	return arch_x86_64.guess_edge(c, &regs, g);
}

static void
assert_edge(struct code_bytes c, uint64_t ra_addr)
{
	struct guess g = {0};

	assert_true(edge(&c, &g));
	assert_int_equal(g.ra_addr, ra_addr);
	assert_false(g.is_record);
	assert_int_equal(g.caller.r[X86_64_RSP], ra_addr + 8);
	assert_int_equal(g.caller.r[X86_64_RBP], 0x7ffc2000);
}

static void
at_a_return(void **state)
{
	(void)state;
	assert_edge(code_at("", 0, CODE("\xc3")), SP);
	assert_edge(code_at("", 0, CODE("\xc2\x08\x00")), SP);
	assert_edge(code_at("", 0, CODE("\xf3\xc3")), SP);
	assert_edge(code_at(CODE("\xc9"), CODE("\xc3\x90\x90")), SP);
}

static void
at_a_start(void **state)
{
	(void)state;
	assert_edge(code_at("", 0, CODE("\x55\x48\x89\xe5")), SP);
	assert_edge(code_at("", 0, CODE("\x55\x48\x8b\xec")), SP);
	assert_edge(code_at("", 0, CODE("\xf3\x0f\x1e\xfa")), SP);
	assert_edge(code_at("", 0, CODE("\xf3\x0f\x1e\xfa\x55\x48\x89\xe5")),
	    SP);
}

static void
after_the_push(void **state)
{
	(void)state;
	assert_edge(code_at(CODE("\x55"), CODE("\x48\x89\xe5")), SP + 8);
	assert_edge(code_at(CODE("\x55"), CODE("\x48\x8b\xec\x90")), SP + 8);
}

/* glibc's clone3(), from its system call on. */
static void
on_the_way_out_of_clone(void **state)
{
	(void)state;
	assert_edge(
	    code_at("", 0, CODE("\x0f\x05\x48\x85\xc0\x7c\x18\x74\x01\xc3")),
	    SP);
	assert_edge(
	    code_at("", 0, CODE("\x48\x85\xc0\x7c\x18\x74\x01\xc3\x31")), SP);
	assert_edge(code_at("", 0, CODE("\x7c\x18\x74\x01\xc3")), SP);
	assert_edge(code_at("", 0, CODE("\x74\x01\xc3")), SP);
}

/* A PLT entry, or a function that ends with another one. */
static void
at_a_jump_through_a_slot(void **state)
{
	(void)state;
	assert_edge(code_at("", 0, CODE("\xff\x25\x00\x10\x00\x00")), SP);
	assert_edge(
	    code_at("", 0, CODE("\xf2\xff\x25\x00\x10\x00\x00")), SP);
}

/* [vsyscall]: code that cannot be read, and need not be. */
static void
in_the_vsyscall_page(void **state)
{
	struct code_bytes none = {0};
	struct regs regs = {0};
	struct guess g;

	(void)state;
	regs_set(&regs, X86_64_RSP, SP);
	regs_set(&regs, X86_64_RIP, 0xffffffffff600400);
	assert_true(arch_x86_64.guess_edge(&none, &regs, &g));
	assert_int_equal(g.ra_addr, SP);
	regs_set(&regs, X86_64_RIP, 0xffffffffff601000);
	assert_false(arch_x86_64.guess_edge(&none, &regs, &g));
}

/* In the middle, or where too little can be read to tell. */
static void
at_no_edge(void **state)
{
	static const struct insn others[] = {
	    {CODE("")},
	    {CODE("\x90")},
	    {CODE("\x55")},
	    {CODE("\x55\x48\x89")},
	    {CODE("\x55\x53")},
	    {CODE("\xf3")},
	    {CODE("\xf3\x0f\x1e")},
	    {CODE("\x48\x89\xe5")}, /* mov, but no push before it */
	    {CODE("\x48\x89\xc3")},
	    {CODE("\x0f\x05\xc3")},
	    {CODE("\xff\xe0")}, /* jmp *%rax: may be that of a switch */
	    {CODE("\x48\x85\xc0\x7c\x18\x74\x01")},
	    {CODE("\x48\x85\xc0\x7c\x18\xc3")},
	    {CODE("\x48\x85\xc0\x75\x18\x74\x01\xc3")},
	    {CODE("\x18\x74\x01\xc3")},
	};
	struct code_bytes pushed = code_at(CODE("\x55"), CODE("\x53"));
	struct guess g;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct code_bytes c =
		    code_at("", 0, others[i].bytes, others[i].n);

		if (edge(&c, &g))
			fail_msg("code %zu is taken for an edge", i);
	}
	assert_false(edge(&pushed, &g));
}

static bool
read_words(void *ctx, uint64_t addr, void *buf, size_t len)
{
	if (addr < SP || addr - SP + len > 64 * sizeof(uint64_t))
		return false;
	memcpy(buf, (const uint8_t *)ctx + (addr - SP), len);
	return true;
}

static bool
unreadable(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	(void)addr;
	(void)buf;
	(void)len;
	return false;
}

static void
frame_record(void **state)
{
	uint64_t stack[64] = {[4] = 0x7ffc2000};
	struct mem mem = {read_words, stack}, none = {unreadable, NULL};
	struct regs regs = {0};
	struct guess g;

	(void)state;
	assert_false(arch_x86_64.guess_fp(&regs, &mem, &g));
	regs_set(&regs, X86_64_RBP, SP + 32);
	regs_set(&regs, X86_64_RBX, 1);
	assert_false(arch_x86_64.guess_fp(&regs, &none, &g));
	assert_true(arch_x86_64.guess_fp(&regs, &mem, &g));
	assert_int_equal(g.ra_addr, SP + 40);
	assert_true(g.is_record);
	assert_int_equal(g.caller.r[X86_64_RSP], SP + 48);
	assert_int_equal(g.caller.r[X86_64_RBP], 0x7ffc2000);
	/* What else was saved nobody knows. */
	assert_int_equal(g.caller.known,
	    1ull << X86_64_RSP | 1ull << X86_64_RBP);
}

#define TRAMPOLINE "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05"

/* struct ucontext stands at sp; its gregs begin 40 bytes in. */
static void
registers_of_a_signal_frame(void **state)
{
	static const unsigned order[] = {8, 9, 10, 11, 12, 13, 14, 15,
	    X86_64_RDI, X86_64_RSI, X86_64_RBP, X86_64_RBX, X86_64_RDX,
	    X86_64_RAX, X86_64_RCX, X86_64_RSP, X86_64_RIP};
	struct code_bytes c = code_at("", 0, CODE(TRAMPOLINE));
	uint64_t stack[64] = {0};
	struct mem mem = {read_words, stack};
	struct regs regs = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		stack[5 + i] = 0x1000 + order[i];
	regs_set(&regs, X86_64_RSP, SP);
	assert_true(arch_x86_64.is_sigreturn(&c));
	assert_true(arch_x86_64.step_sigreturn(&c, &regs, &mem));
	for (unsigned i = 0; i <= X86_64_RIP; i++) {
		assert_true(regs_known(&regs, i));
		assert_int_equal(regs.r[i], 0x1000 + i);
	}
	assert_int_equal(regs.known, 0x1ffff);
}

static void
no_signal_frame(void **state)
{
	struct code_bytes not_it =
	    code_at("", 0, CODE("\x48\xc7\xc0\x10\x00\x00\x00\x0f\x05"));
	struct code_bytes cut = code_at("", 0, TRAMPOLINE, 8);
	struct code_bytes it = code_at("", 0, CODE(TRAMPOLINE));
	struct mem mem = {unreadable, NULL};
	struct regs regs = {0}, before;

	(void)state;
	regs_set(&regs, X86_64_RSP, SP);
	before = regs;
	assert_false(arch_x86_64.step_sigreturn(&not_it, &regs, &mem));
	assert_false(arch_x86_64.step_sigreturn(&cut, &regs, &mem));
	assert_false(arch_x86_64.step_sigreturn(&it, &regs, &mem));
	assert_memory_equal(&regs, &before, sizeof(regs));
}

static void
where_a_call_led(void **state)
{
	struct code_bytes forth = code_at(CODE("\xe8\x10\x00\x00\x00"), "", 0);
	struct code_bytes back = code_at(CODE("\xe8\xf0\xff\xff\xff"), "", 0);
	struct code_bytes unsaid = code_at(CODE("\xff\xd0"), "", 0);
	struct code_bytes cut = code_at(CODE("\x10\x00\x00\x00"), "", 0);
	uint64_t to;

	(void)state;
	assert_true(arch_x86_64.call_target(&forth, 0x401000, &to));
	assert_int_equal(to, 0x401010);
	assert_true(arch_x86_64.call_target(&back, 0x401000, &to));
	assert_int_equal(to, 0x400ff0);
	assert_false(arch_x86_64.call_target(&unsaid, 0x401000, &to));
	assert_false(arch_x86_64.call_target(&cut, 0x401000, &to));
}

static void
by_elf_machine(void **state)
{
	(void)state;
	assert_ptr_equal(arch_by_machine(EM_X86_64), &arch_x86_64);
	assert_null(arch_by_machine(EM_386));
	assert_null(arch_by_machine(EM_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(after_every_call),
	    cmocka_unit_test(after_anything_else),
	    cmocka_unit_test(lengths_that_do_not_fit),
	    cmocka_unit_test(at_a_return),
	    cmocka_unit_test(at_a_start),
	    cmocka_unit_test(after_the_push),
	    cmocka_unit_test(on_the_way_out_of_clone),
	    cmocka_unit_test(at_a_jump_through_a_slot),
	    cmocka_unit_test(in_the_vsyscall_page),
	    cmocka_unit_test(at_no_edge),
	    cmocka_unit_test(frame_record),
	    cmocka_unit_test(registers_of_a_signal_frame),
	    cmocka_unit_test(no_signal_frame),
	    cmocka_unit_test(where_a_call_led),
	    cmocka_unit_test(by_elf_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
