/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * range_map.h - which of many nested or overlapping ranges holds an address
 *
 * Functions within compilation units, inlined calls within functions, symbols
 * over symbols: all ask for the innermost range. Ranges are added in any order
 * and then made flat, once, into disjoint pieces that a binary search finds.
 * Where ranges overlap, the one that starts last wins, and of those that start
 * together the one with the greatest id: number what is inner, or better,
 * higher.
 */
#ifndef SCRAPE_OBJECT_RANGE_MAP_H
#define SCRAPE_OBJECT_RANGE_MAP_H

#include <stddef.h>
#include <stdint.h>

#define RANGE_NONE UINT32_MAX

struct range {
	uint64_t start, end; /* end exclusive */
	uint32_t id;
};

/*
 * All zero is a valid, empty map. After range_map_flatten() no two of v
 * overlap, and v is sorted.
 */
struct range_map {
	struct range *v;
	size_t n, cap;
};

/* An empty range is not added. */
void range_map_add(
    struct range_map *rm, uint64_t start, uint64_t end, uint32_t id);
void range_map_flatten(struct range_map *rm);
/* The id of the range that holds addr, or RANGE_NONE. O(log n). */
uint32_t range_map_find(const struct range_map *rm, uint64_t addr);
void range_map_deinit(struct range_map *rm);

#endif
