/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/range_map.h"

#include "base/xalloc.h"

#include <stdlib.h>

void
range_map_add(struct range_map *rm, uint64_t start, uint64_t end, uint32_t id)
{
	if (start >= end)
		return;
	GROW(rm->v, rm->n, rm->cap);
	rm->v[rm->n++] = (struct range){.start = start, .end = end, .id = id};
}

static int
by_start_then_id(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

/* Most callers add in order, and then a check is cheaper than the sort. */
static void
sort(struct range_map *rm)
{
	size_t i = 1;

	while (i < rm->n && by_start_then_id(&rm->v[i - 1], &rm->v[i]) <= 0)
		i++;
	if (i < rm->n)
		qsort(rm->v, rm->n, sizeof(*rm->v), by_start_then_id);
}

/*
 * A sweep from low to high addresses. open holds the ranges that have begun,
 * the innermost on top; everything below at is in flat already.
 */
struct sweep {
	struct range_map flat;
	struct range_map open;
	uint64_t at;
};

/* The innermost open range holds the addresses from s->at up to end. */
static void
give(struct sweep *s, uint64_t end)
{
	const struct range *top = &s->open.v[s->open.n - 1];
	struct range *last =
	    s->flat.n > 0 ? &s->flat.v[s->flat.n - 1] : NULL;

	if (last != NULL && last->end == s->at && last->id == top->id &&
	    end > s->at)
		last->end = end;
	else
		range_map_add(&s->flat, s->at, end, top->id);
	if (end > s->at)
		s->at = end;
}

static void
advance(struct sweep *s, uint64_t to)
{
	while (s->open.n > 0 && s->open.v[s->open.n - 1].end <= to) {
		give(s, s->open.v[s->open.n - 1].end);
		s->open.n--;
	}
	if (s->open.n > 0)
		give(s, to);
	s->at = to;
}

void
range_map_flatten(struct range_map *rm)
{
	struct sweep s = {0};

	if (rm->n == 0)
		return;
	sort(rm);
	for (size_t i = 0; i < rm->n; i++) {
		advance(&s, rm->v[i].start);
		range_map_add(
		    &s.open, rm->v[i].start, rm->v[i].end, rm->v[i].id);
	}
	advance(&s, UINT64_MAX);
	range_map_deinit(&s.open);
	range_map_deinit(rm);
	*rm = s.flat;
}

uint32_t
range_map_find(const struct range_map *rm, uint64_t addr)
{
	size_t lo = 0, hi = rm->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr < rm->v[mid].start)
			hi = mid;
		else if (addr >= rm->v[mid].end)
			lo = mid + 1;
		else
			return rm->v[mid].id;
	}
	return RANGE_NONE;
}

void
range_map_deinit(struct range_map *rm)
{
	free(rm->v);
	*rm = (struct range_map){0};
}
