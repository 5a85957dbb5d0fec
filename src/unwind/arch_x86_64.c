/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opcodes: Intel SDM volume 2. Frames and registers: psABI 3.2 and 3.7. */
#include "config.h"

#include "unwind/arch.h"
#include "unwind/x86_code.h"

#include <elf.h>
#include <string.h>

/*
 * Where the kernel puts the interrupted registers, counted from sp in the
 * trampoline: 40 bytes into struct ucontext (uc_mcontext), which is what sp
 * points to once the handler has returned.
 */
#define UC_MCONTEXT 40

/* struct sigcontext_64: its first seventeen words, by DWARF number. */
static const uint8_t sigcontext_regs[] = {8, 9, 10, 11, 12, 13, 14, 15,
    X86_64_RDI, X86_64_RSI, X86_64_RBP, X86_64_RBX, X86_64_RDX, X86_64_RAX,
    X86_64_RCX, X86_64_RSP, X86_64_RIP};

static bool
ends_with(const struct code_bytes *c, const void *bytes, size_t n)
{
	return c->n_before >= n &&
	       memcmp(c->before + CODE_BEFORE - n, bytes, n) == 0;
}

static bool
starts_with(const struct code_bytes *c, const void *bytes, size_t n)
{
	return c->n_after >= n && memcmp(c->after, bytes, n) == 0;
}

/* All that the function saves is still, or again, in its place. */
static bool
ra_at(uint64_t addr, const struct regs *regs, struct guess *ret)
{
	*ret = (struct guess){.ra_addr = addr, .caller = *regs};
	regs_set(&ret->caller, X86_64_RSP, addr + 8);
	return true;
}

/* push %rbp; mov %rsp,%rbp in both encodings; with endbr64 before it or not. */
static bool
at_function_start(const struct code_bytes *c)
{
	static const uint8_t push_mov[] = {0x55, 0x48, 0x89, 0xe5};
	static const uint8_t push_mov2[] = {0x55, 0x48, 0x8b, 0xec};
	static const uint8_t endbr[] = {0xf3, 0x0f, 0x1e, 0xfa};

	return starts_with(c, push_mov, 4) || starts_with(c, push_mov2, 4) ||
	       starts_with(c, endbr, 4);
}

/*
 * glibc ends the CFI of clone() and clone3() before the system call: behind it
 * what is true of the parent is wrong in the child. The parent's way out leaves
 * the stack alone.
 */
static bool
is_leaving_clone(const struct code_bytes *c)
{
	static const char way_out[] = "\x0f\x05"     /* syscall */
				      "\x48\x85\xc0" /* test %rax,%rax */
				      "\x7c?"        /* jl */
				      "\x74?"        /* je */
				      "\xc3";        /* ret */
	static const size_t starts[] = {0, 2, 5, 7};
	const size_t end = sizeof(way_out) - 1;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t at = starts[i];

		while (at < end && at - starts[i] < c->n_after &&
		       (way_out[at] == '?' ||
			   (uint8_t)way_out[at] == c->after[at - starts[i]]))
			at++;
		if (at == end)
			return true;
	}
	return false;
}

/*
 * A jump through a slot of the global offset table, as a PLT entry is, or a
 * function that ends with another one: jmp *x(%rip), with prefix bnd or not.
 */
static bool
is_leaving_by_slot(const struct code_bytes *c)
{
	static const uint8_t jmp[] = {0xff, 0x25};
	static const uint8_t bnd_jmp[] = {0xf2, 0xff, 0x25};

	return starts_with(c, jmp, 2) || starts_with(c, bnd_jmp, 3);
}

/*
 * The kernel stands in for the code at these addresses, which nobody can read:
 * whoever is there has just been called.
 */
#define VSYSCALL     0xffffffffff600000
#define VSYSCALL_END 0xffffffffff601000

static bool
guess_edge(const struct code_bytes *c, const struct regs *regs,
    struct guess *ret)
{
	static const uint8_t push_rbp[] = {0x55};
	static const uint8_t mov[] = {0x48, 0x89, 0xe5};
	static const uint8_t mov2[] = {0x48, 0x8b, 0xec};
	uint64_t sp = regs->r[X86_64_RSP];

	if (regs->r[X86_64_RIP] >= VSYSCALL &&
	    regs->r[X86_64_RIP] < VSYSCALL_END)
		return ra_at(sp, regs, ret);
	if (c->n_after == 0)
		return false;
	/* ret, ret imm16, repz ret: the return address is on top */
	if (c->after[0] == 0xc3 || c->after[0] == 0xc2 ||
	    starts_with(c, "\xf3\xc3", 2))
		return ra_at(sp, regs, ret);
	if (at_function_start(c) || is_leaving_clone(c) ||
	    is_leaving_by_slot(c))
		return ra_at(sp, regs, ret);
	/* Between push %rbp and mov %rsp,%rbp: rbp is still the caller's */
	if (ends_with(c, push_rbp, 1) &&
	    (starts_with(c, mov, 3) || starts_with(c, mov2, 3)))
		return ra_at(sp + 8, regs, ret);
	return false;
}

/* What else the function saved, nobody says. */
static bool
guess_fp(const struct regs *regs, const struct mem *mem, struct guess *ret)
{
	uint64_t fp = regs->r[X86_64_RBP], saved;

	if (!regs_known(regs, X86_64_RBP) || !mem_read_u64(mem, fp, &saved))
		return false;
	*ret = (struct guess){.ra_addr = fp + 8, .is_record = true};
	regs_set(&ret->caller, X86_64_RSP, fp + 16);
	regs_set(&ret->caller, X86_64_RBP, saved);
	return true;
}

/* Whether the n >= 2 bytes at p, opcode and all, have the operand they name. */
static bool
is_whole_operand(const uint8_t *p, size_t n)
{
	unsigned mod = p[1] >> 6, rm = p[1] & 7;
	size_t len = 2;

	if (mod != 3 && rm == 4) {
		if (n < 3)
			return false;
		rm = p[2] & 7; /* of the SIB byte: 5 means the same there */
		len++;
	}
	if (mod == 1)
		len += 1;
	else if (mod == 2 || (mod == 0 && rm == 5))
		len += 4;
	return len == n;
}

/*
 * call rel32, or call through a register or memory: opcode ff /2 with a ModRM
 * byte and what follows it, 2 to 7 bytes in all, with or without a prefix.
 */
static bool
is_after_call(const struct code_bytes *c)
{
	static const uint8_t indirect_lengths[] = {2, 3, 4, 6, 7};

	if (c->n_before >= 5 && c->before[CODE_BEFORE - 5] == 0xe8)
		return true;
	for (size_t i = 0; i < sizeof(indirect_lengths); i++) {
		size_t n = indirect_lengths[i];
		const uint8_t *p = c->before + CODE_BEFORE - n;

		if (c->n_before >= n && p[0] == 0xff &&
		    (p[1] & 0x38) == 0x10 && is_whole_operand(p, n))
			return true;
	}
	return false;
}

static bool
call_target(const struct code_bytes *c, uint64_t ra, uint64_t *ret)
{
	int32_t rel;

	if (c->n_before < 5 || c->before[CODE_BEFORE - 5] != 0xe8)
		return false;
	memcpy(&rel, c->before + CODE_BEFORE - sizeof(rel), sizeof(rel));
	*ret = ra + (uint64_t)(int64_t)rel;
	return true;
}

/* mov $__NR_rt_sigreturn,%rax; syscall: musl has no CFI for it. */
static bool
is_sigreturn(const struct code_bytes *c)
{
	static const uint8_t code[] = {
	    0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};

	return starts_with(c, code, sizeof(code));
}

static bool
step_sigreturn(const struct code_bytes *c, struct regs *regs,
    const struct mem *mem)
{
	uint64_t words[sizeof(sigcontext_regs)];

	if (!is_sigreturn(c) ||
	    !mem_read(mem, regs->r[X86_64_RSP] + UC_MCONTEXT, words,
		sizeof(words)))
		return false;
	regs->known = 0;
	for (size_t i = 0; i < sizeof(sigcontext_regs); i++)
		regs_set(regs, sigcontext_regs[i], words[i]);
	return true;
}

const struct arch arch_x86_64 = {
    .name = "x86_64",
    .elf_machine = EM_X86_64,
    .pc = X86_64_RIP,
    .sp = X86_64_RSP,
    .fp = X86_64_RBP,
    .lr = REGS_NONE,
    .guess_edge = guess_edge,
    .guess_by_return = x86_code_find_return,
    .guess_by_start = x86_code_came_from,
    .leads_to = x86_code_leads_to,
    .guess_fp = guess_fp,
    .is_after_call = is_after_call,
    .call_target = call_target,
    .is_sigreturn = is_sigreturn,
    .step_sigreturn = step_sigreturn,
};
