/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfa_program.h - DW_CFA instructions to the rows of a CFI table
 *
 * The program of a CIE sets up the initial row, that of the FDE changes it
 * while it advances through the code (DWARF 5, 6.4.2). Yields one row after the
 * other; whoever wants the row of one address stops there:
 *
 *	if (!cfa_run_start(&run, &fde, machine, &row))
 *		bad
 *	while (cfa_run_next(&run))
 *		row holds for [row.start, row.end), though its CFA may be
 *		CFI_UNDEFINED
 *	if (run.bad)
 *		bad
 */
#ifndef SCRAPE_OBJECT_CFA_PROGRAM_H
#define SCRAPE_OBJECT_CFA_PROGRAM_H

#include "base/cursor.h"
#include "object/cfi.h"
#include "object/eh_frame.h"

#include <stdbool.h>
#include <stdint.h>

/* DW_CFA_remember_state within one another; stock files do not nest them. */
#define CFA_REMEMBER_MAX 16

/* What DW_CFA_remember_state keeps. */
struct cfa_state {
	struct cfi_row row;
	uint64_t cfa_off;
};

struct cfa_run {
	const struct fde *fde;
	int machine; /* EM_X86_64, ...: a few opcodes mean what it says */
	struct cfi_row *row;
	struct cursor code;
	uint64_t loc; /* where the next row starts */
	bool in_cie;  /* there is no code to advance through yet */
	bool done, bad;
	unsigned steps;
	uint64_t cfa_off;	/* of the last CFA that was register + offset */
	unsigned depth;		/* of remembered */
	struct cfi_row initial; /* what DW_CFA_restore goes back to */
	struct cfa_state remembered[CFA_REMEMBER_MAX];
};

/* fde and row must outlive the run; false where the CIE makes no sense. */
bool cfa_run_start(struct cfa_run *run, const struct fde *fde, int machine,
    struct cfi_row *row);
/* Fills the row with the next one; false after the last, or if it is bad. */
bool cfa_run_next(struct cfa_run *run);

/* Whether a row is of use: else it is CFI_BAD, though the run goes on. */
bool cfa_row_is_whole(const struct cfi_row *row);
/* The one row that holds vaddr, which the FDE covers. */
enum cfi_result cfa_row_at(
    const struct fde *fde, int machine, uint64_t vaddr, struct cfi_row *ret);

#endif
