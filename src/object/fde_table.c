/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/fde_table.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* How many entries that start at one address a search looks at. */
#define SAME_START_MAX 8

static int
compare_entries(const void *a, const void *b)
{
	const struct fde_entry *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

/*
 * A function that the linker dropped leaves an FDE at address 0 or of length 0
 * behind, in .debug_frame more often than not: they cover nothing. (No code
 * stands at vaddr 0, the ELF header does.)
 */
static void
make_table(struct fde_table *t)
{
	struct fde_walk walk = {.section = &t->section};
	struct fde fde;
	uint64_t off;
	size_t cap = 0;

	while (fde_walk_next(&walk, &off, &fde)) {
		if (fde.start == 0 || fde.start == fde.end)
			continue;
		GROW(t->made, t->n, cap);
		t->made[t->n++] = (struct fde_entry){fde.start, off};
	}
	if (t->n > 1)
		qsort(t->made, t->n, sizeof(*t->made), compare_entries);
}

void
fde_table_init(struct fde_table *t, const struct frame_section *s,
    const struct eh_frame_hdr *hdr)
{
	*t = (struct fde_table){.section = *s};
	if (hdr != NULL && hdr->n != 0) {
		t->hdr = *hdr;
		t->n = hdr->n;
	} else {
		make_table(t);
	}
}

void
fde_table_deinit(struct fde_table *t)
{
	free(t->made);
	*t = (struct fde_table){0};
}

uint64_t
fde_table_start(const struct fde_table *t, size_t i)
{
	return t->made != NULL ? t->made[i].start
			       : eh_frame_hdr_start(&t->hdr, i);
}

bool
fde_table_get(const struct fde_table *t, size_t i, struct fde *ret)
{
	uint64_t off;

	if (t->made != NULL)
		off = t->made[i].off;
	else
		off = eh_frame_hdr_fde(&t->hdr, i) - t->section.vaddr;
	return fde_at(&t->section, off, ret);
}

/* How many entries start at or below vaddr. */
static size_t
count_up_to(const struct fde_table *t, uint64_t vaddr)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fde_table_start(t, mid) <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * The last entry at or below vaddr is the one, except that duplicates and empty
 * FDEs share a start with the one that matters.
 */
enum cfi_result
fde_table_find(const struct fde_table *t, uint64_t vaddr, struct fde *ret)
{
	size_t below = count_up_to(t, vaddr);
	enum cfi_result result = CFI_NONE;

	for (size_t k = 1; k <= below && k <= SAME_START_MAX; k++) {
		size_t i = below - k;

		if (fde_table_start(t, i) != fde_table_start(t, below - 1))
			break;
		if (!fde_table_get(t, i, ret))
			result = CFI_BAD;
		else if (vaddr >= ret->start && vaddr < ret->end)
			return CFI_FOUND;
	}
	return result;
}
