/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfi_table.h - the FDEs of one section, compiled when they are first hit
 *
 * The FDEs stand where they do, in .eh_frame_hdr; beside them this keeps
 *
 *	blocks	for each stretch of code, how many FDEs start before it: so a
 *		search has one or two left to choose from
 *	slots	for each FDE, where in words it is
 *	words	u32 length of the FDE's code, u32 number of rows, the rows
 *
 * A row is one word, u16 where it begins, u16 the number of its rule; where the
 * code is longer than that can tell, it is two words, u32 each. A row holds up
 * to the next one. Everything has a bound, and beyond that is slow, not wrong:
 * cfi_row_at() answers.
 */
#ifndef SCRAPE_OBJECT_CFI_TABLE_H
#define SCRAPE_OBJECT_CFI_TABLE_H

#include "object/cfi_compact.h"

#include <stddef.h>
#include <stdint.h>

struct cfi_rules;
struct fde_table;

/* All zero is a table without FDEs. */
struct cfi_table {
	const struct fde_table *fdes;
	struct cfi_rules *rules;
	int machine;
	unsigned unit_shift; /* rows begin at multiples of 1 << unit_shift */

	uint64_t base; /* vaddr of the first block */
	unsigned block_shift;
	uint32_t *blocks; /* n_blocks + 1; NULL: not made yet */
	size_t n_blocks;
	const uint8_t *pairs; /* of .eh_frame_hdr, as usual; or NULL */
	uint64_t pairs_base;
	uint32_t *slots; /* by FDE */
	uint32_t *words;
	size_t n_words, cap_words;
	size_t n_compiled, n_rows, n_slow; /* FDEs, rows, FDEs left out */
};

/* Both are borrowed; fdes does not change any more. */
void cfi_table_init(struct cfi_table *t, const struct fde_table *fdes,
    struct cfi_rules *rules, int machine);
void cfi_table_deinit(struct cfi_table *t);

/* Never NULL; of kind COMPACT_NONE where no FDE covers vaddr. */
const struct cfi_compact *cfi_table_find(struct cfi_table *t, uint64_t vaddr);
/* Compiles what was not yet. */
void cfi_table_compile_all(struct cfi_table *t);
/* Bytes of blocks and slots. */
size_t cfi_table_index_bytes(const struct cfi_table *t);

#endif
