/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwp_index.h"

#include "base/cursor.h"

#include <string.h>

/* Both versions have eight kinds of sections. */
#define COLUMNS_MAX 8

struct index {
	uint16_t version;
	uint32_t columns, units, slots;
	struct cursor ids;  /* slots of u64 */
	struct cursor rows; /* slots of u32, from 1; 0: free */
	struct cursor offsets, sizes; /* units rows of columns of u32 */
	uint32_t kinds[COLUMNS_MAX];
};

/* Version 2 begins with the version as 32 bits, 5 with 16 and padding. */
static bool
parse(const void *table, size_t size, struct index *ix)
{
	struct cursor c = cursor_of(table, size);

	ix->version = cursor_u16(&c);
	(void)cursor_u16(&c);
	ix->columns = cursor_u32(&c);
	ix->units = cursor_u32(&c);
	ix->slots = cursor_u32(&c);
	if (c.bad || (ix->version != 2 && ix->version != 5) ||
	    ix->columns > COLUMNS_MAX ||
	    (ix->slots & (ix->slots - 1)) != 0 || ix->slots == 0)
		return false;
	ix->ids = cursor_sub(&c, (uint64_t)ix->slots * 8);
	ix->rows = cursor_sub(&c, (uint64_t)ix->slots * 4);
	for (uint32_t i = 0; i < ix->columns; i++)
		ix->kinds[i] = cursor_u32(&c);
	ix->offsets = cursor_sub(&c, (uint64_t)ix->units * ix->columns * 4);
	ix->sizes = cursor_sub(&c, (uint64_t)ix->units * ix->columns * 4);
	return !c.bad;
}

static uint64_t
u64_at(struct cursor c, uint64_t i)
{
	(void)cursor_skip(&c, i * 8);
	return cursor_u64(&c);
}

static uint32_t
u32_at(struct cursor c, uint64_t i)
{
	(void)cursor_skip(&c, i * 4);
	return cursor_u32(&c);
}

/* Open addressing with a second hash, as the standard lays down. 0: none. */
static uint32_t
find_row(const struct index *ix, uint64_t id)
{
	uint32_t mask = ix->slots - 1, at = (uint32_t)id & mask;
	uint32_t step = ((uint32_t)(id >> 32) & mask) | 1;

	for (uint32_t i = 0; i < ix->slots; i++) {
		uint32_t row = u32_at(ix->rows, at);

		if (row == 0)
			return 0;
		if (u64_at(ix->ids, at) == id)
			return row <= ix->units ? row : 0;
		at = (at + step) & mask;
	}
	return 0;
}

/* DW_SECT_*; 8 is .debug_rnglists in version 5 and macros in version 2. */
static enum dwp_part
part_of(const struct index *ix, uint32_t kind)
{
	switch (kind) {
	case 1:
		return DWP_INFO;
	case 3:
		return DWP_ABBREV;
	case 4:
		return DWP_LINE;
	case 6:
		return DWP_STR_OFFSETS;
	case 8:
		return ix->version == 5 ? DWP_RNGLISTS : DWP_PARTS;
	default:
		return DWP_PARTS;
	}
}

bool
dwp_index_find(const void *table, size_t size, uint64_t dwo_id,
    struct dwp_slice ret[DWP_PARTS])
{
	struct index ix;
	uint32_t row;

	if (!parse(table, size, &ix) || (row = find_row(&ix, dwo_id)) == 0)
		return false;
	memset(ret, 0, DWP_PARTS * sizeof(*ret));
	for (uint32_t i = 0; i < ix.columns; i++) {
		uint64_t cell = (uint64_t)(row - 1) * ix.columns + i;
		enum dwp_part part = part_of(&ix, ix.kinds[i]);

		if (part != DWP_PARTS)
			ret[part] = (struct dwp_slice){
			    .off = u32_at(ix.offsets, cell),
			    .len = u32_at(ix.sizes, cell)};
	}
	return ret[DWP_INFO].len != 0 && ret[DWP_ABBREV].len != 0;
}
