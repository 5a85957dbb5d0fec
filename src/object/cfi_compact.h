/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfi_compact.h - what a CFI row says, in 16 bytes
 *
 * Of ten thousand rows all but a few say the same kind of thing: the CFA is a
 * register and an offset, and registers lie in a handful of neighbouring words
 * below it. Such a row fits here, and a walk can obey it with one read:
 *
 *	CFA	    |           |
 *	CFA - 8	    | rip       |  top = 1, code 1
 *	CFA - 16    | rbp       |	    code 2
 *	CFA - 24    | (a local) |	    code 0
 *	CFA - 32    | rbx       |	    code 3: n = 4
 *
 * What does not fit is COMPACT_SLOW, and asked of cfi_row_at(). No field is
 * padding: equal rules are equal bytes.
 */
#ifndef SCRAPE_OBJECT_CFI_COMPACT_H
#define SCRAPE_OBJECT_CFI_COMPACT_H

#include <assert.h>
#include <stdint.h>

struct cfi_row;

enum compact_kind {
	COMPACT_SLOW,  /* whatever it is, it does not fit */
	COMPACT_NONE,  /* CFI_NONE: no FDE covers the address */
	COMPACT_BAD,   /* CFI_BAD */
	COMPACT_END,   /* the return address is undefined: outermost */
	COMPACT_FRAME, /* the return address is in one of the slots */
	COMPACT_LEAF,  /* ... still in its register */
};

#define COMPACT_SLOTS_MAX 16
#define COMPACT_WORD	  8

struct cfi_compact {
	uint8_t kind;
	uint8_t cfa_reg;
	int16_t cfa_words; /* CFA = cfa_reg + 8 * cfa_words */
	uint16_t top;	   /* the highest slot is at CFA - 8 * top */
	uint8_t n;	   /* slots, from there downward */
	uint8_t zero;
	uint64_t codes;	   /* 4 bits a slot, the highest one's lowest */
};

static_assert(sizeof(struct cfi_compact) == 16, "one of four in a cache line");

/*
 * DWARF numbers by code: 0 is REGS_NONE, 1 the return address column, 2 the
 * frame pointer, the others are what else functions save. NULL for a machine
 * that has no compact rules.
 */
#define COMPACT_CODES 16
#define COMPACT_RA    1
#define COMPACT_FP    2
const uint8_t *compact_regs(int machine);

/* The rule for a row that is whole; machine says what its registers are. */
struct cfi_compact compact_of_row(const struct cfi_row *row, int machine);

#endif
