/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The CFA programs of a CIE and an FDE, for code at [0x1000, 0x2000).
 *
 *	u8  bit 0: aarch64, and code advances by 4
 *	u8  length of the CIE's program
 *	    the CIE's program, then the FDE's, to the end
 *
 * Going through all rows and asking for one address must agree.
 */
#include "config.h"

#include "object/cfa_program.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
same_rule(const struct cfi_rule *a, const struct cfi_rule *b)
{
	return a->kind == b->kind && a->reg == b->reg &&
	       a->expr_len == b->expr_len && a->off == b->off;
}

static void
check_same(const struct cfi_row *a, const struct cfi_row *b)
{
	check(a->start == b->start && a->end == b->end);
	check(a->ruled == b->ruled && same_rule(&a->cfa, &b->cfa));
	for (unsigned i = 0; i < REGS_MAX; i++)
		check(same_rule(&a->regs[i], &b->regs[i]));
}

static bool
is_whole(const struct cfi_row *row)
{
	return row->cfa.kind != CFI_UNDEFINED ||
	       row->regs[row->ra_reg].kind == CFI_UNDEFINED;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cfa_run run;
	struct cursor c = cursor_of(data, size);
	bool is_aarch64 = cursor_u8(&c) & 1;
	int machine = is_aarch64 ? EM_AARCH64 : EM_X86_64;
	struct cursor initial = cursor_sub(&c, cursor_u8(&c));
	struct cfi_row row, asked;
	struct fde fde = {
	    .cie = {.initial = {initial.pos, cursor_left(&initial)},
		.code_align = is_aarch64 ? 4 : 1,
		.data_align = -8,
		.ra_reg = is_aarch64 ? 30 : X86_64_RIP,
		.space = {.data = data, .vaddr = 0x3000, .address_size = 8},
		.pointer_enc = 0x1b},
	    .start = 0x1000,
	    .end = 0x2000,
	    .code = {c.pos, cursor_left(&c)},
	};

	if (c.bad || !cfa_run_start(&run, &fde, machine, &row))
		return 0;
	while (cfa_run_next(&run)) {
		enum cfi_result result = is_whole(&row) ? CFI_FOUND : CFI_BAD;

		check(cfa_row_at(&fde, machine, row.start, &asked) == result);
		check_same(&row, &asked);
		check(cfa_row_at(&fde, machine, row.end - 1, &asked) == result);
		check_same(&row, &asked);
	}
	return 0;
}
