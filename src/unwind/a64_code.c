/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/a64_code.h"

#include "base/attr.h"

#include <string.h>

#define INSN_SIZE 4

/* An instruction by the bits that tell it. */
struct pattern {
	uint32_t mask, value;
};

static const struct pattern calls[] = {
    {0xfc000000, 0x94000000}, /* bl */
    {0xfefff000, 0xd63f0000}, /* blr, blraa and their like */
};
static const struct pattern returns[] = {
    {0xffffffff, 0xd65f03c0}, /* ret */
    {0xfffffbff, 0xd65f0bff}, /* retaa, retab */
};
static const struct pattern starts[] = {
    {0xffffffbf, 0xd503233f}, /* paciasp, pacibsp */
    {0xffffffff, 0xd503245f}, /* bti c */
    {0xffc07fff, 0xa9807bfd}, /* stp x29, x30, [sp, #-n]! */
};
/* What the next instruction is not reached from. */
static const struct pattern ends[] = {
    {0xffe0001f, 0xd4200000}, /* brk */
    {0xffff0000, 0x00000000}, /* udf */
    {0xfefff000, 0xd61f0000}, /* br and its like */
    {0xfffffc1f, 0xd65f0000}, /* ret xn */
};
/* Into the stack pointer goes what is not followed. */
static const struct pattern wild[] = {
    {0xbfe0001f, 0x8b20001f}, /* add, sub sp, xn, xm */
    {0xff80001f, 0x9200001f}, /* and sp, xn, #mask */
};

static bool
is_any(uint32_t insn, const struct pattern *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((insn & p[i].mask) == p[i].value)
			return true;
	return false;
}

bool
a64_is_call(uint32_t insn)
{
	return is_any(insn, calls, ARRAY_SIZE(calls));
}

bool
a64_is_return(uint32_t insn)
{
	return is_any(insn, returns, ARRAY_SIZE(returns));
}

bool
a64_is_start(uint32_t insn)
{
	return is_any(insn, starts, ARRAY_SIZE(starts));
}

/* n bits of an instruction from bit at on, as a number with a sign. */
static int64_t
signed_field(uint32_t insn, unsigned at, unsigned n)
{
	return (int64_t)((uint64_t)insn << (64 - at - n)) >> (64 - n);
}

static unsigned
field(uint32_t insn, unsigned at, unsigned n)
{
	return insn >> at & ((1u << n) - 1);
}

bool
a64_call_offset(uint32_t insn, int64_t *ret)
{
	*ret = INSN_SIZE * signed_field(insn, 0, 26);
	return (insn & 0xfc000000) == 0x94000000;
}

static bool
is_jump(uint32_t insn, int64_t *ret)
{
	*ret = INSN_SIZE * signed_field(insn, 0, 26);
	return (insn & 0xfc000000) == 0x14000000;
}

/* ---- the way to the return ----------------------------------------------- */

struct way {
	const struct mem *mem;
	uint64_t pc;
	struct regs first; /* at the first instruction */
	struct regs regs;
	uint64_t lr_slot; /* where x30 was loaded from; 0: nowhere yet */
};

/*
 * Below where the stack began this way has pushed itself what it pops: the
 * register as it was at first.
 */
static void
load(struct way *w, unsigned reg, uint64_t addr)
{
	bool is_own = addr < w->first.r[AARCH64_SP];
	uint64_t word = w->first.r[reg];

	/* As the register of a load, 31 is none. */
	if (reg == AARCH64_SP)
		return;
	if (reg == AARCH64_LR)
		w->lr_slot = is_own ? 0 : addr;
	if (is_own ? regs_known(&w->first, reg)
		   : mem_read_u64(w->mem, addr, &word))
		regs_set(&w->regs, reg, word);
	else
		regs_forget(&w->regs, reg);
}

/* Where a load or store of the stack begins; it may move the pointer too. */
static uint64_t
stack_address(struct way *w, bool is_before, bool is_after, int64_t off)
{
	uint64_t sp = w->regs.r[AARCH64_SP];

	if (is_before || is_after)
		w->regs.r[AARCH64_SP] += (uint64_t)off;
	return is_after ? sp : sp + (uint64_t)off;
}

/*
 * ldp, stp: opc 101 V 0 mode L imm7 rt2 rn rt. The mode is 1 with the pointer
 * moved after it, 3 before it, 2 not at all.
 */
static bool
do_pair(struct way *w, uint32_t insn)
{
	unsigned opc = field(insn, 30, 2), mode = field(insn, 23, 2);
	bool is_vector = field(insn, 26, 1) != 0;
	bool is_load = field(insn, 22, 1) != 0;
	unsigned size = is_vector ? 4u << opc : opc == 2 ? 8 : 4;
	uint64_t at;

	if ((insn & 0x3a000000) != 0x28000000 || mode == 0 ||
	    field(insn, 5, 5) != AARCH64_SP)
		return false;
	at = stack_address(
	    w, mode == 3, mode == 1, size * signed_field(insn, 15, 7));
	if (is_load && !is_vector && size == 8) {
		load(w, field(insn, 0, 5), at);
		load(w, field(insn, 10, 5), at + 8);
	}
	return true;
}

/* ldr, str with the pointer moved: size 111 V 00 opc 0 imm9 mode rn rt */
static bool
do_single(struct way *w, uint32_t insn)
{
	unsigned mode = field(insn, 10, 2);
	uint64_t at;

	if ((insn & 0x3b200000) != 0x38000000 || (mode & 1) == 0 ||
	    field(insn, 5, 5) != AARCH64_SP)
		return false;
	at = stack_address(
	    w, mode == 3, mode == 1, signed_field(insn, 12, 9));
	if ((insn & 0xffe00000) == 0xf8400000)
		load(w, field(insn, 0, 5), at);
	return true;
}

/* ldr xt, [sp, #imm] */
static bool
do_load(struct way *w, uint32_t insn)
{
	if ((insn & 0xffc00000) != 0xf9400000 ||
	    field(insn, 5, 5) != AARCH64_SP)
		return false;
	load(w, field(insn, 0, 5),
	    w->regs.r[AARCH64_SP] + 8 * (uint64_t)field(insn, 10, 12));
	return true;
}

/* add, sub of a number to or from sp or fp; mov between the two is an add. */
static bool
do_add(struct way *w, uint32_t insn)
{
	unsigned to = field(insn, 0, 5), from = field(insn, 5, 5);
	uint64_t n = (uint64_t)field(insn, 10, 12)
		     << (field(insn, 22, 1) != 0 ? 12 : 0);

	if ((insn & 0xbf800000) != 0x91000000 ||
	    (to != AARCH64_SP && to != AARCH64_FP) ||
	    (from != AARCH64_SP && from != AARCH64_FP))
		return false;
	if (!regs_known(&w->regs, from))
		regs_forget(&w->regs, to);
	else
		regs_set(&w->regs, to,
		    field(insn, 30, 1) != 0 ? w->regs.r[from] - n
					    : w->regs.r[from] + n);
	return true;
}

/* False: it leads no further. */
static bool
do_insn(struct way *w, uint32_t insn)
{
	int64_t off;

	if (is_any(insn, ends, ARRAY_SIZE(ends)))
		return false;
	if (is_jump(insn, &off)) {
		w->pc += (uint64_t)off;
		return true;
	}
	if (a64_is_call(insn))
		regs_forget(&w->regs, AARCH64_LR);
	else if (is_any(insn, wild, ARRAY_SIZE(wild)))
		regs_forget(&w->regs, AARCH64_SP);
	else if (!do_pair(w, insn) && !do_single(w, insn) &&
		 !do_load(w, insn))
		(void)do_add(w, insn);
	w->pc += INSN_SIZE;
	return true;
}

static bool
guess_of(const struct way *w, struct guess *ret)
{
	const struct regs *regs = &w->regs;

	if (!regs_known(regs, AARCH64_LR) || !regs_known(regs, AARCH64_SP))
		return false;
	*ret = (struct guess){.caller = *regs,
	    .ra_addr = w->lr_slot,
	    .is_ra_known = w->lr_slot == 0,
	    .ra = regs->r[AARCH64_LR]};
	return true;
}

static bool
read_insn(const struct mem *code, uint64_t pc, uint32_t *ret)
{
	return pc % INSN_SIZE == 0 && mem_read(code, pc, ret, sizeof(*ret));
}

/*
 * What has just been returned to has a return address in x30 that is not its
 * own. Behind the call of what never returns stands another function's start.
 */
size_t
a64_code_find_return(const struct mem *code, const struct mem *mem,
    const struct regs *regs, unsigned max_insns, struct guess *ret)
{
	struct way w = {
	    .mem = mem, .pc = regs->r[AARCH64_PC], .first = *regs};
	const uint64_t bits = arch_aarch64.signed_bits;
	uint32_t insn;

	if ((w.first.r[AARCH64_LR] & ~bits) == w.pc)
		regs_forget(&w.first, AARCH64_LR);
	w.regs = w.first;
	for (unsigned i = 0; i < max_insns; i++) {
		if (!read_insn(code, w.pc, &insn) ||
		    (i > 0 && a64_is_start(insn)))
			return 0;
		if (a64_is_return(insn))
			return guess_of(&w, ret) ? 1 : 0;
		if (!do_insn(&w, insn))
			return 0;
	}
	return 0;
}

bool
a64_code_leads_to(const struct mem *code, uint64_t from, uint64_t to)
{
	uint32_t insn;
	int64_t off;

	for (; from < to; from += INSN_SIZE)
		if (!read_insn(code, from, &insn) || is_jump(insn, &off) ||
		    a64_is_return(insn) ||
		    is_any(insn, ends, ARRAY_SIZE(ends)))
			return false;
	return from == to;
}
