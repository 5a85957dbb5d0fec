/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>
#include <string.h>

static enum view_trend
trend_of_load(const struct viewer *v, enum view_sort sort, const struct load *l)
{
	if (sort == SORT_SELF)
		return trend_of(
		    l->self_n, v->view.all_n, l->self_before, v->before_all);
	return trend_of(
	    l->total_n, v->view.all_n, l->total_before, v->before_all);
}

/* Puts a row before its siblings so far. */
static void
link_row(struct viewer *v, uint32_t row)
{
	uint32_t parent = v->rows[row].parent;
	uint32_t *list = parent != VIEW_NONE ? &v->rows[parent].first_child
					     : &v->view.first_root;

	v->rows[row].next = *list;
	*list = row;
}

uint64_t
row_id(uint64_t above, struct cell cell)
{
	return hash_u64((above != 0 ? above : (uint32_t)cell.pid) +
			hash_u64(cell.key));
}

uint32_t
row_add(struct viewer *v, uint32_t parent, struct cell cell,
    const struct load *l, bool has_children)
{
	const struct view_row *above;

	GROW(v->rows, v->n_rows, v->cap_rows);
	above = parent != VIEW_NONE ? &v->rows[parent] : NULL;
	v->rows[v->n_rows++] = (struct view_row){
	    .key = cell.key,
	    .parent = parent,
	    .first_child = has_children ? VIEW_LATER : VIEW_NONE,
	    .depth = above != NULL ? above->depth + 1 : 0,
	    .id = row_id(above != NULL ? above->id : 0, cell),
	    .self = l->self,
	    .total = l->total,
	    .self_n = l->self_n,
	    .total_n = l->total_n,
	    .trend = trend_of_load(v, v->sort, l),
	    .pid = cell.pid,
	};
	link_row(v, (uint32_t)v->n_rows - 1);
	return (uint32_t)v->n_rows - 1;
}

/* --- order */

/* What a row is sorted by: both from high to low, then text. */
struct sort_item {
	uint64_t first, second;
	uint32_t row;
};

static struct sort_item
item_of(const struct viewer *v, enum view_sort sort, uint32_t row)
{
	static const uint64_t trend_rank[] = {
	    [TREND_UP] = 2, [TREND_NONE] = 1, [TREND_DOWN] = 0};
	const struct view_row *r = &v->rows[row];

	switch (sort) {
	case SORT_TOTAL:
		return (struct sort_item){r->total, r->self, row};
	case SORT_TREND:
		return (struct sort_item){trend_rank[r->trend], r->self, row};
	case SORT_PROCESS:
		return (struct sort_item){
		    UINT32_MAX - (uint32_t)r->pid, r->self, row};
	case SORT_NAME:
	case SORT_FILE:
	case SORT_OBJECT:
		return (struct sort_item){0, 0, row};
	case SORT_SELF:
		break;
	}
	return (struct sort_item){r->self, r->total, row};
}

static int
compare_strings(const struct viewer *v, uint32_t a, uint32_t b)
{
	if (a == b)
		return 0;
	return strcmp(interned(&v->strings, a), interned(&v->strings, b));
}

/* Rows without a file or an object come last, not first. */
static int
compare_given(const struct viewer *v, uint32_t a, uint32_t b)
{
	if ((a == 0) != (b == 0))
		return a == 0 ? 1 : -1;
	return compare_strings(v, a, b);
}

static int
compare_texts(
    const struct viewer *v, const struct view_row *a, const struct view_row *b)
{
	const struct key *ka = &v->keys[a->key], *kb = &v->keys[b->key];
	int order = 0;

	if (v->sort == SORT_FILE) {
		order = compare_given(v, ka->file, kb->file);
		if (order == 0 && ka->line != kb->line)
			order = ka->line < kb->line ? -1 : 1;
	}
	if (v->sort == SORT_OBJECT)
		order = compare_given(v, ka->object, kb->object);
	if (order == 0)
		order = compare_strings(v, ka->name, kb->name);
	if (order == 0)
		order = compare_strings(v, ka->object, kb->object);
	if (order == 0)
		order = (a->key > b->key) - (a->key < b->key);
	return order != 0 ? order : (a->pid > b->pid) - (a->pid < b->pid);
}

static int
compare_items(const void *pa, const void *pb, void *ctx)
{
	const struct sort_item *a = pa, *b = pb;
	const struct viewer *v = ctx;
	int order;

	if (a->first != b->first)
		order = a->first > b->first ? -1 : 1;
	else if (a->second != b->second)
		order = a->second > b->second ? -1 : 1;
	else
		order = compare_texts(v, &v->rows[a->row], &v->rows[b->row]);
	return v->inverted ? -order : order;
}

/* Makes v->items[0...n) of a list of rows; returns n. */
static size_t
gather(struct viewer *v, uint32_t first)
{
	size_t n = 0;

	for (uint32_t i = first; i != VIEW_NONE; i = v->rows[i].next) {
		GROW(v->items, n, v->cap_items);
		v->items[n++] = item_of(v, v->sort, i);
	}
	return n;
}

static void
sort_items(struct viewer *v, size_t n)
{
	qsort_r(v->items, n, sizeof(*v->items), compare_items, v);
}

/* Returns the new first of the list. */
static uint32_t
sort_list(struct viewer *v, uint32_t first)
{
	size_t n;

	if (first == VIEW_NONE || v->rows[first].next == VIEW_NONE)
		return first;
	n = gather(v, first);
	sort_items(v, n);
	for (size_t i = 0; i < n; i++)
		v->rows[v->items[i].row].next =
		    i + 1 < n ? v->items[i + 1].row : VIEW_NONE;
	return v->items[0].row;
}

void
rows_sort_roots(struct viewer *v)
{
	v->view.first_root = sort_list(v, v->view.first_root);
}

static void
make_children(struct viewer *v, uint32_t row)
{
	v->rows[row].first_child = VIEW_NONE;
	if (v->kind == VIEW_TREE)
		tree_add_children(v, row);
	else
		callers_add_children(v, row);
	v->rows[row].first_child = sort_list(v, v->rows[row].first_child);
	v->view.rows = v->rows;
	v->view.n_rows = v->n_rows;
}

uint32_t
view_first_child(const struct view *view, uint32_t row)
{
	if (row == VIEW_NONE)
		return view->first_root;
	if (view->rows[row].first_child == VIEW_LATER)
		make_children(view->viewer, row);
	return view->rows[row].first_child;
}

/* --- a row that is known by its id */

/* Mostly the one that was asked for last. */
static uint32_t
call_of_id(struct viewer *v, uint64_t id)
{
	const struct calls *c = v->source;

	if (v->found < c->n && c->calls[v->found].id == id)
		return v->found;
	for (uint32_t i = 0; i < c->n; i++) {
		if (c->calls[i].id == id) {
			v->found = i;
			return i;
		}
	}
	return VIEW_NONE;
}

static uint32_t
row_among(const struct viewer *v, uint32_t first, uint32_t call)
{
	while (first != VIEW_NONE && v->call_of[first] != call)
		first = v->rows[first].next;
	return first;
}

/* Down from the root, by way of all that it is called from. */
static uint32_t
row_of_call(struct viewer *v, uint32_t call)
{
	uint32_t *path = NULL, row = VIEW_NONE;
	size_t n = 0, cap = 0;

	for (; call != VIEW_NONE; call = v->source->calls[call].parent) {
		GROW(path, n, cap);
		path[n++] = call;
	}
	do {
		row = row_among(
		    v, view_first_child(&v->view, row), path[--n]);
	} while (row != VIEW_NONE && n > 0);
	free(path);
	return row;
}

uint32_t
view_row_of_id(const struct view *view, uint64_t id)
{
	struct viewer *v = view->viewer;
	uint32_t call;

	for (uint32_t i = 0; i < view->n_rows; i++)
		if (view->rows[i].id == id)
			return i;
	if (v == NULL || v->kind != VIEW_TREE)
		return VIEW_NONE;
	call = call_of_id(v, id);
	return call != VIEW_NONE ? row_of_call(v, call) : VIEW_NONE;
}

/* --- flat */

void
rows_sort_flat(struct viewer *v)
{
	struct view_row *unsorted = v->rows;
	size_t cap = v->cap_rows, n = v->n_rows;

	if (n == 0)
		return;
	ROOM(v->items, n, v->cap_items);
	for (size_t i = 0; i < n; i++)
		v->items[i] = item_of(v, v->sort, (uint32_t)i);
	sort_items(v, n);
	ROOM(v->sorted, n, v->cap_sorted);
	for (size_t i = 0; i < n; i++) {
		v->sorted[i] = unsorted[v->items[i].row];
		v->sorted[i].next = i + 1 < n ? (uint32_t)i + 1 : VIEW_NONE;
	}
	v->view.first_root = 0;
	v->rows = v->sorted;
	v->cap_rows = v->cap_sorted;
	v->sorted = unsorted;
	v->cap_sorted = cap;
}
