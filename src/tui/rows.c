/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/rows.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* More are forgotten: they come from what was once opened by itself. */
#define MAX_FOLDS 65536

void
fold_deinit(struct fold *f)
{
	free(f->rows);
	hash_deinit(&f->index);
	*f = (struct fold){0};
}

static struct fold_row *
find_fold(const struct fold *f, uint64_t id)
{
	struct hash_probe at;
	uint32_t i;

	if (f->n == 0)
		return NULL;
	at = hash_find(&f->index, hash_u64(id));
	while ((i = hash_next(&f->index, &at)) != HASH_NONE)
		if (f->rows[i].id == id)
			return &f->rows[i];
	return NULL;
}

bool
fold_is_open(const struct fold *f, uint64_t id)
{
	const struct fold_row *row = find_fold(f, id);

	return row != NULL ? row->is_open : f->are_open;
}

void
fold_set(struct fold *f, uint64_t id, bool is_open)
{
	struct fold_row *row = find_fold(f, id);

	f->changes++;
	if (row != NULL) {
		row->is_open = is_open;
		return;
	}
	if (f->n == MAX_FOLDS)
		fold_all(f, f->are_open);
	GROW(f->rows, f->n, f->cap);
	f->rows[f->n] = (struct fold_row){id, is_open};
	hash_add(&f->index, hash_u64(id), (uint32_t)f->n++);
}

void
fold_all(struct fold *f, bool are_open)
{
	bool is_by_hand = f->is_by_hand;
	unsigned changes = f->changes;

	fold_deinit(f);
	f->are_open = are_open;
	f->is_by_hand = is_by_hand;
	f->changes = changes + 1;
}

void
fold_carry(struct fold *f, uint64_t from, uint64_t to)
{
	const struct fold_row *old = find_fold(f, from);
	const struct fold_row *new = find_fold(f, to);

	/* Of two that are one now, one was open. */
	if (old != NULL && (new == NULL || old->is_open))
		fold_set(f, to, old->is_open);
}

/* The child that carries at least half of its parent's weight. */
static uint32_t
main_child(const struct view *v, uint32_t row)
{
	uint32_t child = view_first_child(v, row);

	for (; child != VIEW_NONE; child = v->rows[child].next)
		if (v->rows[child].total >= v->rows[row].total / 2)
			return child;
	return VIEW_NONE;
}

/* Whether it may be opened by itself: nobody has closed it. */
static bool
open_by_itself(struct fold *f, uint64_t id)
{
	const struct fold_row *row = find_fold(f, id);

	if (row == NULL)
		fold_set(f, id, true);
	return row == NULL || row->is_open;
}

void
fold_open_hot(struct fold *f, const struct view *v, uint32_t row)
{
	fold_set(f, v->rows[row].id, true);
	while ((row = main_child(v, row)) != VIEW_NONE &&
	    open_by_itself(f, v->rows[row].id))
		;
}

static uint32_t
heaviest_root(const struct view *v)
{
	uint32_t best = v->first_root;

	for (uint32_t row = best; row != VIEW_NONE; row = v->rows[row].next)
		if (v->rows[row].total > v->rows[best].total)
			best = row;
	return best;
}

void
fold_follow_hot(struct fold *f, const struct view *v)
{
	uint32_t row = heaviest_root(v);

	if (row == VIEW_NONE || f->is_by_hand)
		return;
	if (open_by_itself(f, v->rows[row].id))
		fold_open_hot(f, v, row);
}

void
fold_reveal(struct fold *f, const struct view *v, uint32_t row)
{
	while ((row = v->rows[row].parent) != VIEW_NONE)
		fold_set(f, v->rows[row].id, true);
}

void
lines_deinit(struct lines *l)
{
	free(l->lines);
	free(l->ids);
	free(l->path);
	*l = (struct lines){0};
}

static bool
is_only(const struct view *v, uint32_t row)
{
	uint32_t parent = v->rows[row].parent;

	return parent == VIEW_NONE ||
	    v->rows[v->rows[parent].first_child].next == VIEW_NONE;
}

static uint64_t
with_guide(uint64_t guides, unsigned depth, bool goes_on)
{
	if (depth >= LINE_MAX_GUIDES)
		return guides;
	return goes_on ? guides | 1ull << depth : guides & ~(1ull << depth);
}

/* above: the line of its parent, or NULL. */
static struct line
line_of(const struct view *v, uint32_t row, const struct line *above)
{
	struct line line = {.row = row};

	if (above == NULL)
		return line;
	line.indent = above->indent;
	line.guides = above->guides;
	if (!is_only(v, row)) {
		line.is_branch = true;
		line.indent++;
		line.guides = with_guide(line.guides, line.indent,
		    v->rows[row].next != VIEW_NONE);
	}
	return line;
}

static void
push(struct lines *l, const struct view *v, struct line line)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 256 : l->cap * 2;
		l->lines = xreallocarray(l->lines, l->cap, sizeof(*l->lines));
		l->ids = xreallocarray(l->ids, l->cap, sizeof(*l->ids));
	}
	l->ids[l->n] = v->rows[line.row].id;
	l->lines[l->n++] = line;
}

void
lines_begin(struct lines *l, const struct view *v)
{
	l->n = l->n_path = 0;
	l->next = v->first_root;
}

/* The row below it that is seen, or else the next one, of it or of one above. */
static uint32_t
row_after(struct lines *l, const struct view *v, const struct fold *f,
    uint32_t row)
{
	const struct view_row *r = &v->rows[row];

	if (r->first_child != VIEW_NONE &&
	    (f == NULL || fold_is_open(f, r->id))) {
		GROW(l->path, l->n_path, l->cap_path);
		l->path[l->n_path++] = l->n - 1;
		return view_first_child(v, row);
	}
	while (v->rows[row].next == VIEW_NONE && l->n_path > 0)
		row = l->lines[l->path[--l->n_path]].row;
	return v->rows[row].next;
}

/*
 * Down the rows' links, no recursion: stacks are as deep as a target likes.
 * path[] has the line of each row above the one that is next.
 */
void
lines_reach(
    struct lines *l, const struct view *v, const struct fold *f, size_t n)
{
	while (l->next != VIEW_NONE && l->n < n) {
		const struct line *above =
		    l->n_path > 0 ? &l->lines[l->path[l->n_path - 1]] : NULL;
		uint32_t row = l->next;

		push(l, v, line_of(v, row, above));
		l->next = row_after(l, v, f, row);
	}
}

void
lines_list(struct lines *l, const struct view *v, const struct fold *f)
{
	lines_begin(l, v);
	lines_reach(l, v, f, SIZE_MAX);
}

static void
keep_on_page(struct place *p, size_t n, size_t page)
{
	if (page == 0)
		page = 1;
	if (p->top > p->at)
		p->top = p->at;
	if (p->at - p->top >= page)
		p->top = p->at - page + 1;
	if (n >= page && p->top > n - page)
		p->top = n - page;
	if (n < page)
		p->top = 0;
}

void
place_settle(struct place *p, const uint64_t *ids, size_t n, size_t page)
{
	size_t at = p->at;

	if (n == 0) {
		p->at = p->top = 0;
		return;
	}
	if (at >= n)
		at = n - 1;
	if (p->is_chosen && ids[at] != p->id)
		for (size_t i = 0; i < n; i++)
			if (ids[i] == p->id) {
				at = i;
				break;
			}
	p->at = p->is_chosen ? at : 0;
	keep_on_page(p, n, page);
}

void
place_choose(struct place *p, const uint64_t *ids, size_t n, size_t at)
{
	if (at >= n)
		return;
	p->at = at;
	p->id = ids[at];
	p->is_chosen = true;
}

/* at + lines, but from 0 to last. */
static size_t
moved(size_t at, long lines, size_t last)
{
	if (lines < 0)
		return at < (size_t)-lines ? 0 : at - (size_t)-lines;
	return (size_t)lines > last - (at < last ? at : last)
	    ? last
	    : at + (size_t)lines;
}

void
place_move(struct place *p, const uint64_t *ids, size_t n, size_t page,
    long lines)
{
	if (n == 0)
		return;
	place_choose(p, ids, n, moved(p->at, lines, n - 1));
	keep_on_page(p, n, page);
}

void
place_first(struct place *p)
{
	*p = (struct place){0};
}

void
place_scroll(struct place *p, const uint64_t *ids, size_t n, size_t page,
    long lines)
{
	size_t at;

	if (n <= page || page == 0)
		return;
	p->top = moved(p->top, lines, n - page);
	at = p->at;
	if (at < p->top)
		at = p->top;
	if (at >= p->top + page)
		at = p->top + page - 1;
	if (at != p->at)
		place_choose(p, ids, n, at);
}
