/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/flame.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* What the columns are shared by. */
static uint64_t
whole(const struct view *v, uint32_t zoom)
{
	return zoom == VIEW_NONE ? v->shown : v->rows[zoom].total;
}

/* Monotone, so that what lies in a frame lies in its box. */
static int
column_of(uint64_t value, uint64_t all, int columns)
{
	if (value >= all)
		return columns;
	return (int)((double)value / (double)all * columns);
}

static void
add_box(struct flame *f, struct flame_box box)
{
	GROW(f->boxes, f->n, f->cap);
	f->boxes[f->n++] = box;
	f->n_levels = box.level + 1;
}

/*
 * What row stands on, from everything to itself: as wide as the screen. No
 * recursion: stacks are as deep as a target likes.
 */
static void
add_path(struct flame *f, const struct view *v, uint32_t row, int columns)
{
	int depth = row == VIEW_NONE ? 0 : (int)v->rows[row].depth + 1;

	for (int level = 0; level <= depth; level++)
		add_box(f, (struct flame_box){.level = level, .width = columns});
	for (int level = depth; level >= 0; level--) {
		f->boxes[level].row = row;
		if (row != VIEW_NONE)
			row = v->rows[row].parent;
	}
}

static void
add_callees(
    struct flame *f, const struct view *v, struct flame_box under, int columns)
{
	uint64_t all = whole(v, f->zoom), from = under.from;
	uint32_t row = view_first_child(v, under.row);

	for (; row != VIEW_NONE; row = v->rows[row].next) {
		uint64_t total = v->rows[row].total;
		int x = column_of(from, all, columns);
		int end = column_of(from + total, all, columns);

		if (end > x)
			add_box(f,
			    (struct flame_box){row, under.level + 1, x, end - x,
				from});
		else
			f->hidden += total;
		from += total;
	}
}

void
flame_layout(struct flame *f, const struct view *v, uint32_t zoom, int columns)
{
	f->n = 0;
	f->n_levels = 0;
	f->hidden = 0;
	f->zoom = zoom;
	if (columns <= 0)
		return;
	add_path(f, v, zoom, columns);
	/* The list is the queue, too: so it comes out by level. */
	for (size_t i = f->n - 1; i < f->n; i++)
		add_callees(f, v, f->boxes[i], columns);
}

void
flame_deinit(struct flame *f)
{
	free(f->boxes);
	*f = (struct flame){0};
}

static bool
is_before(const struct flame_box *box, int level, int x)
{
	return box->level < level || (box->level == level && box->x < x);
}

/* The first box that does not stand before a place; n: they all do. */
static size_t
first_from(const struct flame *f, int level, int x)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (is_before(&f->boxes[mid], level, x))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
flame_at(const struct flame *f, int level, int x)
{
	size_t i = first_from(f, level, x + 1);
	const struct flame_box *box;

	if (i == 0)
		return SIZE_MAX;
	box = &f->boxes[i - 1];
	return box->level == level && x < box->x + box->width ? i - 1 :
								SIZE_MAX;
}

size_t
flame_find(const struct flame *f, const struct view *v, uint64_t id)
{
	for (size_t i = 0; i < f->n; i++) {
		uint32_t row = f->boxes[i].row;

		if (id == (row == VIEW_NONE ? 0 : v->rows[row].id))
			return i;
	}
	return SIZE_MAX;
}

/* The widest of the boxes on from; SIZE_MAX: it is a leaf. */
static size_t
widest_on(const struct flame *f, const struct flame_box *from)
{
	size_t best = SIZE_MAX, i = first_from(f, from->level + 1, from->x);
	int width = 0;

	for (; i < f->n && is_before(&f->boxes[i], from->level + 1,
			       from->x + from->width); i++)
		if (f->boxes[i].width > width) {
			width = f->boxes[i].width;
			best = i;
		}
	return best;
}

static size_t
beside(const struct flame *f, size_t from, int dx)
{
	size_t to = dx < 0 ? from - 1 : from + 1;

	/* Before the first one it wraps around, and is none either. */
	return to < f->n && f->boxes[to].level == f->boxes[from].level ?
	    to :
	    SIZE_MAX;
}

size_t
flame_move(const struct flame *f, size_t from, int dx, int dy)
{
	size_t to;

	if (from >= f->n)
		return f->n > 0 ? 0 : SIZE_MAX;
	if (dx != 0)
		to = beside(f, from, dx);
	else if (dy > 0)
		to = widest_on(f, &f->boxes[from]);
	else if (dy < 0)
		to = flame_at(f, f->boxes[from].level - 1, f->boxes[from].x);
	else
		to = from;
	return to == SIZE_MAX ? from : to;
}

int
flame_scroll(const struct flame *f, size_t box, int first, int rows)
{
	int last = f->n_levels - rows, level;

	if (first > last)
		first = last;
	level = box < f->n ? f->boxes[box].level : first;
	if (first < level - rows + 1)
		first = level - rows + 1;
	if (first > level)
		first = level;
	return first < 0 ? 0 : first;
}

int
flame_turn(int n, int rows, bool upward)
{
	return upward ? rows - 1 - n : n;
}
