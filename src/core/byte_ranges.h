/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * byte_ranges.h - bytes of a target, kept with the addresses they stood at
 *
 * What a walk read beside the snapshot, so that it can be saved and walked
 * again: put byte_recorder_mem() between the walk and what it reads from.
 */
#ifndef SCRAPE_CORE_BYTE_RANGES_H
#define SCRAPE_CORE_BYTE_RANGES_H

#include "core/mem.h"

#include <obstack.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

struct byte_range {
	uint64_t addr;
	size_t len;
	const uint8_t *bytes;
};

/* In the order of addition, until byte_ranges_merge(). Owns the bytes. */
struct byte_ranges {
	struct byte_range *v;
	size_t n, cap;
	struct obstack bytes;
};

void byte_ranges_init(struct byte_ranges *r);
void byte_ranges_deinit(struct byte_ranges *r);
/* Copies; a range that wraps around, or is empty, is not added. */
void byte_ranges_add(
    struct byte_ranges *r, uint64_t addr, const void *bytes, size_t len);
/*
 * Reads len bytes at addr and adds them; false when they cannot be read. ret
 * may be NULL, else it holds them too.
 */
bool byte_ranges_fetch(struct byte_ranges *r, const struct mem *from,
    uint64_t addr, void *ret, size_t len);
/*
 * What was added since the mark was taken is dropped again, its bytes with it.
 * Merging renumbers: no mark outlives it.
 */
size_t byte_ranges_mark(const struct byte_ranges *r);
void byte_ranges_rewind(struct byte_ranges *r, size_t mark);
/*
 * Sorts by address and joins what touches or overlaps, the earlier added bytes
 * staying where two differ.
 */
void byte_ranges_merge(struct byte_ranges *r);

/* Passes every read on, and keeps what it gave. */
struct byte_recorder {
	const struct mem *from;
	struct byte_ranges *to;
	const struct snapshot *but; /* what it holds is not kept; or NULL */
};

struct mem byte_recorder_mem(struct byte_recorder *rec);

#endif
