/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compact_row.h - a compact rule back into the row that it was made of
 */
#ifndef SCRAPE_TESTS_COMPACT_ROW_H
#define SCRAPE_TESTS_COMPACT_ROW_H

#include "object/cfi.h"
#include "object/cfi_compact.h"

/*
 * What the rule says at an address for which cfi_row_at() answered found and
 * row: puts the rule's own words in place of the row's, but for the range,
 * which it does not have, and returns its own answer. What is slow stays as it is.
 */
static inline enum cfi_result
compact_expand(const struct cfi_compact *c, int machine, enum cfi_result found,
    struct cfi_row *row)
{
	const uint8_t *regs = compact_regs(machine);

	switch ((enum compact_kind)c->kind) {
	case COMPACT_SLOW:
		return found;
	case COMPACT_NONE:
		return CFI_NONE;
	case COMPACT_BAD:
		return CFI_BAD;
	case COMPACT_END:
		/* Of a frame that has no caller nothing else is told. */
		row->ruled |= 1ull << row->ra_reg;
		row->regs[row->ra_reg] =
		    (struct cfi_rule){.kind = CFI_UNDEFINED};
		return CFI_FOUND;
	case COMPACT_FRAME:
	case COMPACT_LEAF:
		break;
	}
	*row = (struct cfi_row){.start = row->start,
	    .end = row->end,
	    .cfa = {.kind = CFI_REGISTER,
		.reg = c->cfa_reg,
		.off = COMPACT_WORD * (int64_t)c->cfa_words},
	    .ra_reg = regs[COMPACT_RA]};
	for (unsigned i = 0; i < c->n; i++) {
		unsigned code = c->codes >> 4 * i & 0xf;

		if (code == 0)
			continue;
		row->ruled |= 1ull << regs[code];
		row->regs[regs[code]] = (struct cfi_rule){.kind = CFI_OFFSET,
		    .off = -COMPACT_WORD * (int64_t)(c->top + i)};
	}
	return CFI_FOUND;
}

#endif
