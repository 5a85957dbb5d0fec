/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * regs.h - the integer registers of one thread, by DWARF number
 *
 * x86_64 (psABI figure 3.36): rax rdx rcx rbx rsi rdi rbp rsp r8..r15, and the
 * return address column 16, which holds rip. aarch64 (AADWARF64): x0..x30, sp
 * at 31, pc at 32.
 */
#ifndef SCRAPE_CORE_REGS_H
#define SCRAPE_CORE_REGS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	X86_64_RAX = 0,
	X86_64_RDX = 1,
	X86_64_RCX = 2,
	X86_64_RBX = 3,
	X86_64_RSI = 4,
	X86_64_RDI = 5,
	X86_64_RBP = 6,
	X86_64_RSP = 7,
	X86_64_RIP = 16,
	AARCH64_FP = 29,
	AARCH64_LR = 30,
	AARCH64_SP = 31,
	AARCH64_PC = 32,
	REGS_MAX = 33,
	REGS_NONE = REGS_MAX, /* may be written to, never known */
};

struct regs {
	uint64_t r[REGS_MAX + 1];
	uint64_t known; /* bit i: r[i] holds the register's value */
};

static inline bool
regs_known(const struct regs *regs, unsigned i)
{
	return i < REGS_MAX && (regs->known >> i & 1) != 0;
}

static inline void
regs_set(struct regs *regs, unsigned i, uint64_t value)
{
	regs->r[i] = value;
	regs->known |= 1ull << i;
}

static inline void
regs_forget(struct regs *regs, unsigned i)
{
	regs->known &= ~(1ull << i);
}

#endif
