/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file's .eh_frame_hdr and .eh_frame, whole: every FDE is found, read and run
 * to its last row.
 *
 *	u8   bit 0: .debug_frame instead
 *	u16  size of .eh_frame_hdr
 *	     .eh_frame_hdr, which stands at vaddr 0x10000
 *	     .eh_frame, to the end, at 0x20000
 */
#include "config.h"

#include "object/cfa_program.h"
#include "object/fde_table.h"
#include "object/module.h"

#include <elf.h>
#include <stdlib.h>

#define HDR_VADDR   0x10000
#define FRAME_VADDR 0x20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
lies_in(const struct frame_section *s, const uint8_t *p, size_t len)
{
	return p >= s->data && len <= s->size &&
	       (size_t)(p - s->data) <= s->size - len;
}

static void
check_rules(const struct frame_section *s, const struct cfi_row *row)
{
	for (unsigned i = 0; i < REGS_MAX; i++) {
		const struct cfi_rule *r = &row->regs[i];

		check((r->kind != CFI_SAME) == (row->ruled >> i & 1));
		if (r->kind == CFI_EXPR || r->kind == CFI_VAL_EXPR)
			check(lies_in(s, r->expr, r->expr_len));
		if (r->kind == CFI_REGISTER)
			check(r->reg < REGS_MAX);
	}
}

/* Rows follow one another without a gap, from the FDE's start on. */
static void
run_rows(const struct frame_section *s, const struct fde *fde)
{
	static struct cfa_run run;
	struct cfi_row row;
	uint64_t at = fde->start;

	if (!cfa_run_start(&run, fde, EM_X86_64, &row))
		return;
	while (cfa_run_next(&run)) {
		check(row.start == at && row.end > at && row.end <= fde->end);
		check(row.ra_reg < REGS_MAX);
		check_rules(s, &row);
		at = row.end;
	}
	check(run.bad || at == fde->end);
}

static void
try_table(const struct frame_section *s, const struct eh_frame_hdr *hdr)
{
	struct fde_table table;
	struct fde fde, found;

	fde_table_init(&table, s, hdr);
	for (size_t i = 0; i < table.n; i++) {
		if (!fde_table_get(&table, i, &fde))
			continue;
		run_rows(s, &fde);
		if (fde_table_find(&table, fde.start, &found) == CFI_FOUND)
			check(
			    found.start <= fde.start && found.end > fde.start);
	}
	fde_table_deinit(&table);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size);
	bool is_debug = cursor_u8(&c) & 1;
	struct cursor hdr_bytes = cursor_sub(&c, cursor_u16(&c));
	struct eh_frame_hdr hdr;
	struct section hdr_section = {.data = hdr_bytes.pos,
	    .size = cursor_left(&hdr_bytes),
	    .vaddr = HDR_VADDR};
	struct frame_section frames = {.data = c.pos,
	    .size = cursor_left(&c),
	    .vaddr = FRAME_VADDR,
	    .is_eh = !is_debug};

	if (c.bad)
		return 0;
	try_table(&frames, NULL);
	if (eh_frame_hdr_parse(&hdr_section, &hdr))
		try_table(&frames, &hdr);
	return 0;
}
