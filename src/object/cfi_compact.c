/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_compact.h"

#include "object/cfi.h"

#include <elf.h>

/* rip rbp rbx r12-r15, which functions save; the rest, which stubs do. */
static const uint8_t regs_x86_64[COMPACT_CODES] = {
    REGS_NONE, 16, 6, 3, 12, 13, 14, 15, 0, 1, 2, 4, 5, 8, 9, 10};
/* x30 x29 x19-x28; then three that thunks use. */
static const uint8_t regs_aarch64[COMPACT_CODES] = {
    REGS_NONE, 30, 29, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 18, 17, 16};

const uint8_t *
compact_regs(int machine)
{
	switch (machine) {
	case EM_X86_64:
		return regs_x86_64;
	case EM_AARCH64:
		return regs_aarch64;
	default:
		return NULL;
	}
}

/* 0 where it has none. */
static unsigned
code_of(const uint8_t *regs, unsigned reg)
{
	for (unsigned code = 1; code < COMPACT_CODES; code++)
		if (regs[code] == reg)
			return code;
	return 0;
}

static bool
fits_cfa(const struct cfi_rule *cfa, struct cfi_compact *ret)
{
	int64_t words = cfa->off / COMPACT_WORD;

	if (cfa->kind != CFI_REGISTER || cfa->off % COMPACT_WORD != 0 ||
	    words < INT16_MIN || words > INT16_MAX)
		return false;
	ret->cfa_reg = cfa->reg;
	ret->cfa_words = (int16_t)words;
	return true;
}

/* How many words below the CFA a register is saved; 0: not so. */
static uint16_t
words_below(const struct cfi_rule *rule)
{
	if (rule->kind != CFI_OFFSET || rule->off >= 0 ||
	    rule->off % COMPACT_WORD != 0 ||
	    rule->off < -COMPACT_WORD * (int64_t)UINT16_MAX)
		return 0;
	return (uint16_t)(-rule->off / COMPACT_WORD);
}

/* The range of slots, when all rules are such. */
static bool
find_slots(const struct cfi_row *row, struct cfi_compact *ret)
{
	uint16_t top = UINT16_MAX, bottom = 0;

	for (uint64_t left = row->ruled; left != 0; left &= left - 1) {
		uint16_t at = words_below(&row->regs[__builtin_ctzll(left)]);

		if (at == 0)
			return false;
		top = at < top ? at : top;
		bottom = at > bottom ? at : bottom;
	}
	if (row->ruled == 0 || bottom - top >= COMPACT_SLOTS_MAX)
		return row->ruled == 0;
	ret->top = top;
	ret->n = (uint8_t)(bottom - top + 1);
	return true;
}

static bool
fill_slots(
    const struct cfi_row *row, const uint8_t *regs, struct cfi_compact *ret)
{
	for (uint64_t left = row->ruled; left != 0; left &= left - 1) {
		unsigned reg = (unsigned)__builtin_ctzll(left);
		unsigned shift =
		    4u * (unsigned)(words_below(&row->regs[reg]) - ret->top);
		unsigned code = code_of(regs, reg);

		if (code == 0 || (ret->codes >> shift & 0xf) != 0)
			return false;
		ret->codes |= (uint64_t)code << shift;
	}
	return true;
}

struct cfi_compact
compact_of_row(const struct cfi_row *row, int machine)
{
	const struct cfi_compact slow = {.kind = COMPACT_SLOW};
	struct cfi_compact c = {.kind = COMPACT_FRAME};
	const uint8_t *regs = compact_regs(machine);
	bool has_ra = (row->ruled >> row->ra_reg & 1) != 0;

	if (has_ra && row->regs[row->ra_reg].kind == CFI_UNDEFINED)
		return (struct cfi_compact){.kind = COMPACT_END};
	if (regs == NULL || row->is_signal || row->ra_reg != regs[COMPACT_RA] ||
	    !fits_cfa(&row->cfa, &c) || !find_slots(row, &c) ||
	    !fill_slots(row, regs, &c))
		return slow;
	if (!has_ra)
		c.kind = COMPACT_LEAF;
	return c;
}
