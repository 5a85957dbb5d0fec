/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers and frame records: AAPCS64 6.1 and 6.4.6. */
#include "config.h"

#include "unwind/a64_code.h"
#include "unwind/arch.h"

#include <elf.h>
#include <string.h>

/*
 * Addresses of a process have 48 bits; bit 55 says that they are a process's,
 * and in the rest a signature may stand, or a tag.
 */
#define SIGNED_BITS 0xff7f000000000000

/*
 * Where the kernel puts the interrupted registers, counted from sp in the
 * trampoline: behind a siginfo_t (128 bytes), what comes before uc_mcontext in
 * struct ucontext (176), and the address of a fault.
 */
#define SIGCONTEXT_REGS (128 + 176 + 8)

/* x0 to x30, sp and pc: DWARF's numbers. */
#define SIGCONTEXT_N 33

/* The instructions before and at pc; 0, which is none, where not readable. */
static uint32_t
insn_before(const struct code_bytes *c)
{
	uint32_t insn = 0;

	if (c->n_before >= sizeof(insn))
		memcpy(&insn, c->before + CODE_BEFORE - sizeof(insn),
		    sizeof(insn));
	return insn;
}

static uint32_t
insn_at(const struct code_bytes *c, size_t i)
{
	uint32_t insn = 0;

	if (c->n_after >= (i + 1) * sizeof(insn))
		memcpy(&insn, c->after + i * sizeof(insn), sizeof(insn));
	return insn;
}

/* At its start and at its end a function has nothing on the stack. */
static bool
guess_edge(const struct code_bytes *c, const struct regs *regs,
    struct guess *ret)
{
	uint32_t insn = insn_at(c, 0);

	if (!regs_known(regs, AARCH64_LR) ||
	    !(a64_is_start(insn) || a64_is_return(insn)))
		return false;
	*ret = (struct guess){
	    .is_ra_known = true, .ra = regs->r[AARCH64_LR], .caller = *regs};
	return true;
}

static bool
guess_by_start(const struct mem *code, const struct mem *mem,
    const struct regs *regs, uint64_t start, uint64_t ra_addr,
    unsigned max_insns, struct guess *ret)
{
	(void)code, (void)mem, (void)regs, (void)start, (void)ra_addr;
	(void)max_insns, (void)ret;
	return false;
}

/*
 * The record may lie anywhere in the frame: nobody says where that ends, but
 * that it is not below.
 */
static bool
guess_fp(const struct regs *regs, const struct mem *mem, struct guess *ret)
{
	uint64_t fp = regs->r[AARCH64_FP], saved;

	if (!regs_known(regs, AARCH64_FP) || !mem_read_u64(mem, fp, &saved))
		return false;
	*ret = (struct guess){.ra_addr = fp + 8, .is_record = true};
	regs_set(&ret->caller, AARCH64_FP, saved);
	regs_set(&ret->caller, AARCH64_SP, fp + 16);
	regs_forget(&ret->caller, AARCH64_SP);
	return true;
}

static bool
is_after_call(const struct code_bytes *c)
{
	return a64_is_call(insn_before(c));
}

static bool
call_target(const struct code_bytes *c, uint64_t ra, uint64_t *ret)
{
	int64_t off;

	if (!a64_call_offset(insn_before(c), &off))
		return false;
	*ret = ra - sizeof(uint32_t) + (uint64_t)off;
	return true;
}

/* mov x8, #__NR_rt_sigreturn; svc #0: the vDSO has no CFI for it. */
static bool
is_sigreturn(const struct code_bytes *c)
{
	return insn_at(c, 0) == 0xd2801168 && insn_at(c, 1) == 0xd4000001;
}

static bool
step_sigreturn(const struct code_bytes *c, struct regs *regs,
    const struct mem *mem)
{
	uint64_t words[SIGCONTEXT_N];

	if (!is_sigreturn(c) || !regs_known(regs, AARCH64_SP) ||
	    !mem_read(mem, regs->r[AARCH64_SP] + SIGCONTEXT_REGS, words,
		sizeof(words)))
		return false;
	for (unsigned i = 0; i < SIGCONTEXT_N; i++)
		regs_set(regs, i, words[i]);
	return true;
}

const struct arch arch_aarch64 = {
    .name = "aarch64",
    .elf_machine = EM_AARCH64,
    .pc = AARCH64_PC,
    .sp = AARCH64_SP,
    .fp = AARCH64_FP,
    .lr = AARCH64_LR,
    .signed_bits = SIGNED_BITS,
    .guess_edge = guess_edge,
    .guess_by_return = a64_code_find_return,
    .guess_by_start = guess_by_start,
    .leads_to = a64_code_leads_to,
    .guess_fp = guess_fp,
    .is_after_call = is_after_call,
    .call_target = call_target,
    .is_sigreturn = is_sigreturn,
    .step_sigreturn = step_sigreturn,
};
