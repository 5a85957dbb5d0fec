/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_compact.h"
#include "unwind/step.h"

/* Slots are read lowest first; the codes begin with the highest. */
static void
restore(const struct cfi_compact *rule, const uint8_t *numbers,
    const uint64_t *words, struct regs *regs)
{
	uint64_t codes = rule->codes;

	for (unsigned i = rule->n; i-- > 0; codes >>= 4)
		if ((codes & 0xf) != 0)
			regs_set(regs, numbers[codes & 0xf], words[i]);
}

/*
 * All slots in one read. Where that fails, or a register is lost, nothing has
 * changed yet, and step_by_cfi() finds out what is to be said of it.
 */
bool
step_by_compact(const struct cfi_compact *rule, const uint8_t *numbers,
    const struct arch *arch, const struct mem *mem, struct regs *regs)
{
	uint64_t words[COMPACT_SLOTS_MAX], cfa;
	unsigned ra = numbers[COMPACT_RA];

	if (!regs_known(regs, rule->cfa_reg))
		return false;
	if (rule->kind == COMPACT_LEAF &&
	    (!regs_known(regs, ra) || ra == arch->pc))
		return false;
	cfa = regs->r[rule->cfa_reg] +
	      COMPACT_WORD * (uint64_t)(int64_t)rule->cfa_words;
	if (rule->n > 0 &&
	    !mem_read(mem,
		cfa - COMPACT_WORD * ((uint64_t)rule->top + rule->n - 1), words,
		COMPACT_WORD * (size_t)rule->n))
		return false;
	restore(rule, numbers, words, regs);
	/* No compact rule is about the stack pointer: so it is the CFA. */
	regs_set(regs, arch->sp, cfa);
	regs_set(regs, arch->pc, regs->r[ra]);
	return true;
}
