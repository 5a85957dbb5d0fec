/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fde_table.h - the FDEs of one section, in order of address
 *
 * Either the table in .eh_frame_hdr where it lies, or one made here by walking
 * the section once. Never changes after fde_table_init().
 */
#ifndef SCRAPE_OBJECT_FDE_TABLE_H
#define SCRAPE_OBJECT_FDE_TABLE_H

#include "object/cfi.h"
#include "object/eh_frame.h"
#include "object/eh_frame_hdr.h"

#include <stddef.h>
#include <stdint.h>

struct fde_entry {
	uint64_t start;
	uint64_t off; /* in the section */
};

/* All zero is a table without FDEs. */
struct fde_table {
	struct frame_section section;
	struct eh_frame_hdr hdr; /* hdr.n != 0: this is the table, else: */
	struct fde_entry *made;
	size_t n;
};

/* hdr may be NULL or without a table. */
void fde_table_init(struct fde_table *t, const struct frame_section *s,
    const struct eh_frame_hdr *hdr);
void fde_table_deinit(struct fde_table *t);

/* Where entry i of t->n says that its code begins; never falls with i. */
uint64_t fde_table_start(const struct fde_table *t, size_t i);
/* Entry i of t->n; false where its record makes no sense. */
bool fde_table_get(const struct fde_table *t, size_t i, struct fde *ret);
/* The FDE that covers vaddr, judged by its own start and end. */
enum cfi_result fde_table_find(
    const struct fde_table *t, uint64_t vaddr, struct fde *ret);

#endif
