/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree stood on its head. Where the chosen key is called it has an origin,
 * which then climbs from call to call, and origins that are at equal keys, by
 * the same way, are one row. Level by level: a row's origins are put into
 * groups by what calls them, and each group is a row below.
 *
 *	order:	| a b c d e |			origins of the first row
 *		| a c | d | b e |		... of its callers
 */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>

struct origin {
	uint32_t at; /* the call it has climbed to; VIEW_NONE: there is none */
	struct load load;
};

/* The origins of a row, as a part of the order. */
struct range {
	size_t start, end;
};

struct group {
	uint32_t cell;
	size_t n, end;
	struct load load;
};

struct climb {
	struct viewer *v;
	const struct calls *c;
	const struct view_opts *opts;
	struct origin *origins;
	size_t n_origins, cap_origins;
	uint32_t *order, *scratch;
	struct range *ranges; /* by row */
	size_t n_ranges, cap_ranges;
	/* Those of the row at hand; and by cell where it is in them, or not. */
	struct group *groups;
	size_t n_groups, cap_groups;
	uint32_t *group_of;
};

static void
load_add(struct load *to, const struct load *l)
{
	to->self += l->self;
	to->total += l->total;
	to->self_n += l->self_n;
	to->total_n += l->total_n;
	to->self_before += l->self_before;
	to->total_before += l->total_before;
}

static uint32_t
key_at(const struct climb *k, uint32_t call)
{
	return k->c->cells[k->c->calls[call].cell].key;
}

/* --- origins */

static uint32_t
add_origin(struct climb *k, uint32_t call)
{
	const struct subtree *s = &k->v->subtrees[call];

	GROW(k->origins, k->n_origins, k->cap_origins);
	k->origins[k->n_origins] = (struct origin){
	    .at = call,
	    .load = {.total = s->total,
		.total_n = s->total_n,
		.total_before = s->total_before},
	};
	return (uint32_t)k->n_origins++;
}

/* The key's own code, also where it is called from within itself. */
static void
add_self(struct origin *o, const struct own *own)
{
	o->load.self += own->value;
	o->load.self_n += own->n;
	o->load.self_before += own->before;
}

/* A live call may have lost its load. */
static bool
has_load(const struct viewer *v, uint32_t call)
{
	return v->subtrees[call].total != 0 || v->subtrees[call].total_n != 0;
}

/* An outermost call of the key is an origin, which all calls under it have. */
static void
find_origins(struct climb *k)
{
	struct viewer *v = k->v;
	uint32_t *origin_of = v->row_of;
	uint32_t i = 0;

	for (; (i = bits_from(&v->live, i)) != VIEW_NONE; i++) {
		uint32_t parent = k->c->calls[i].parent;
		bool is_key = key_at(k, i) == k->opts->callers_of;

		origin_of[i] =
		    parent != VIEW_NONE ? origin_of[parent] : VIEW_NONE;
		if (is_key && k->c->calls[i].is_outermost && has_load(v, i))
			origin_of[i] = add_origin(k, i);
		if (is_key && origin_of[i] != VIEW_NONE &&
		    v->subtrees[i].own != VIEW_NONE)
			add_self(&k->origins[origin_of[i]],
			    &v->owns[v->subtrees[i].own]);
	}
}

/* --- groups */

static void
add_to_group(struct climb *k, const struct origin *o)
{
	uint32_t cell = k->c->calls[o->at].cell;
	uint32_t *g = &k->group_of[cell];

	if (*g == VIEW_NONE) {
		GROW(k->groups, k->n_groups, k->cap_groups);
		*g = (uint32_t)k->n_groups;
		k->groups[k->n_groups++] = (struct group){.cell = cell};
	}
	k->groups[*g].n++;
	load_add(&k->groups[*g].load, &o->load);
}

/* By groups, and in each as before; those without a call drop out. */
static void
put_in_order(struct climb *k, struct range r)
{
	size_t end = r.start;

	for (size_t i = 0; i < k->n_groups; i++) {
		k->groups[i].end = end; /* so far */
		end += k->groups[i].n;
	}
	for (size_t i = r.start; i < r.end; i++) {
		uint32_t origin = k->order[i], at = k->origins[origin].at;

		if (at != VIEW_NONE)
			k->scratch[k->groups[k->group_of[k->c->calls[at].cell]]
				       .end++] = origin;
	}
	for (size_t i = r.start; i < end; i++)
		k->order[i] = k->scratch[i];
}

/* The range's origins by where they are now. */
static void
put_in_groups(struct climb *k, struct range r)
{
	k->n_groups = 0;
	for (size_t i = r.start; i < r.end; i++)
		if (k->origins[k->order[i]].at != VIEW_NONE)
			add_to_group(k, &k->origins[k->order[i]]);
	put_in_order(k, r);
	for (size_t i = 0; i < k->n_groups; i++)
		k->group_of[k->groups[i].cell] = VIEW_NONE;
}

/* --- rows */

static void
add_row(struct climb *k, uint32_t parent, struct cell cell,
    const struct load *load, struct range r)
{
	(void)row_add(k->v, k->opts, parent, cell, load);
	GROW(k->ranges, k->n_ranges, k->cap_ranges);
	k->ranges[k->n_ranges++] = r;
}

/* Each group as a row under parent. */
static void
add_callers(struct climb *k, uint32_t parent)
{
	for (size_t i = 0; i < k->n_groups; i++) {
		const struct group *g = &k->groups[i];

		add_row(k, parent, k->c->cells[g->cell], &g->load,
		    (struct range){g->end - g->n, g->end});
	}
}

/* The first groups are of the key, in a process each, which stand above. */
static void
add_processes(struct climb *k)
{
	for (size_t i = 0; i < k->n_groups; i++) {
		const struct group *g = &k->groups[i];
		struct cell cell = k->c->cells[g->cell];
		struct cell process = {
		    keys_process(k->v, cell.pid, NULL), cell.pid};
		uint32_t row = (uint32_t)k->v->n_rows;

		add_row(k, VIEW_NONE, process, &g->load, (struct range){0, 0});
		add_row(k, row, cell, &g->load,
		    (struct range){g->end - g->n, g->end});
	}
}

/* --- the climb */

static void
climb_one(struct climb *k, struct range r)
{
	for (size_t i = r.start; i < r.end; i++) {
		struct origin *o = &k->origins[k->order[i]];

		o->at = k->c->calls[o->at].parent;
		/* A process calls nobody. */
		if (o->at != VIEW_NONE &&
		    k->v->keys[key_at(k, o->at)].grain == GRAIN_PROCESS)
			o->at = VIEW_NONE;
	}
}

/* What the key stands for, everywhere. */
static struct load
load_of_key(const struct climb *k)
{
	struct load all = {0};

	for (size_t i = 0; i < k->n_origins; i++)
		load_add(&all, &k->origins[i].load);
	return all;
}

static void
climb_all(struct climb *k)
{
	struct load all = load_of_key(k);
	uint64_t least = 1 + (uint64_t)((double)all.total * CALLERS_MIN_SHARE);
	uint64_t least_n =
	    1 + (uint64_t)((double)all.total_n * CALLERS_MIN_SHARE);

	put_in_groups(k, (struct range){0, k->n_origins});
	if (k->opts->by_process)
		add_processes(k);
	else
		add_callers(k, VIEW_NONE);
	for (uint32_t i = 0; i < k->v->n_rows; i++) {
		const struct view_row *row = &k->v->rows[i];

		if (row->total < least && row->total_n < least_n)
			continue;
		climb_one(k, k->ranges[i]);
		put_in_groups(k, k->ranges[i]);
		add_callers(k, i);
	}
}

static uint32_t *
no_groups(size_t n)
{
	uint32_t *ids = xcalloc(n, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = VIEW_NONE;
	return ids;
}

void
view_callers(
    struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	struct climb k = {.v = v, .c = c, .opts = opts};

	ROOM(v->row_of, c->n, v->cap_row_of);
	find_origins(&k);
	k.group_of = no_groups(c->n_cells);
	k.order = xcalloc(k.n_origins, sizeof(*k.order));
	k.scratch = xcalloc(k.n_origins, sizeof(*k.scratch));
	for (size_t i = 0; i < k.n_origins; i++)
		k.order[i] = (uint32_t)i;
	climb_all(&k);
	rows_sort_roots(v);
	free(k.origins);
	free(k.order);
	free(k.scratch);
	free(k.ranges);
	free(k.groups);
	free(k.group_of);
}
