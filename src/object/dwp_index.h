/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dwp_index.h - .debug_cu_index: where in a .dwp the parts of one unit stand
 *
 * A .dwp is many .dwo files in one; offsets in a unit count from where its own
 * part of a section begins. DWARF 5, 7.3.5.3; version 2 of the table is GNU's,
 * for DWARF 4 (https://gcc.gnu.org/wiki/DebugFissionDWP).
 */
#ifndef SCRAPE_OBJECT_DWP_INDEX_H
#define SCRAPE_OBJECT_DWP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What of the table we use; the rest is locations and macros. */
enum dwp_part {
	DWP_INFO,
	DWP_ABBREV,
	DWP_LINE,
	DWP_STR_OFFSETS,
	DWP_RNGLISTS,
	DWP_PARTS,
};

struct dwp_slice {
	uint64_t off, len; /* len 0: the unit has none */
};

bool dwp_index_find(const void *table, size_t size, uint64_t dwo_id,
    struct dwp_slice ret[DWP_PARTS]);

#endif
