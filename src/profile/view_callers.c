/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree stood on its head. Where the chosen key is called it has an origin,
 * which then climbs from call to call, and origins that are at equal keys, by
 * the same way, are one row. A row's callers: its origins climb on by one, and
 * are put into groups by where they have come to; each group is a row below.
 *
 *	order:	| a b c d e |			origins of the first row
 *		| a c | d | b e |		... of its callers
 */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>

void
climb_deinit(struct climb *k)
{
	free(k->origins);
	free(k->order);
	free(k->scratch);
	free(k->ranges);
	free(k->groups);
	free(k->group_of);
}

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

/* --- origins */

static void
add_origin(struct viewer *v, uint32_t call)
{
	struct climb *k = &v->climb;

	GROW(k->origins, k->n_origins, k->cap_origins);
	k->origins[k->n_origins] = (struct origin){
	    .at = call,
	    .load = call_load(v, call),
	};
	v->origin_of[call] = (uint32_t)k->n_origins++;
}

/* The key's own code, also where it is called from within itself. */
static void
add_self(struct origin *o, const struct own *own)
{
	o->load.self += own->value;
	o->load.self_n += own->n;
	o->load.self_before += own->before;
}

static uint32_t
outermost(const struct calls *c, uint32_t call)
{
	uint32_t cell = c->calls[call].cell;

	while (!c->calls[call].is_outermost || c->calls[call].cell != cell)
		call = c->calls[call].parent;
	return call;
}

/* An outermost call of the key is an origin, which all calls under it have. */
static void
find_origins(
    struct viewer *v, const struct calls *c, const struct cell_calls *of)
{
	for (size_t i = 0; i < of->outermost.n; i++)
		if (call_shows(v, of->outermost.v[i]))
			add_origin(v, of->outermost.v[i]);
	for (size_t i = 0; i < of->inner.n; i++) {
		uint32_t call = of->inner.v[i], own = v->subtrees[call].own;

		if (own != 0 && call_shows(v, call))
			add_self(&v->climb.origins[v->origin_of[outermost(
				     c, call)]],
			    &v->owns[own - 1]);
	}
}

/* --- groups */

static void
add_to_group(struct viewer *v, const struct origin *o)
{
	struct climb *k = &v->climb;
	uint32_t cell = v->source->calls[o->at].cell;
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
put_in_order(const struct viewer *v, struct range r)
{
	const struct climb *k = &v->climb;
	const struct call *calls = v->source->calls;
	size_t end = r.start;

	for (size_t i = 0; i < k->n_groups; i++) {
		k->groups[i].end = end; /* so far */
		end += k->groups[i].n;
	}
	for (size_t i = r.start; i < r.end; i++) {
		uint32_t origin = k->order[i], at = k->origins[origin].at;

		if (at != VIEW_NONE)
			k->scratch[k->groups[k->group_of[calls[at].cell]]
				       .end++] = origin;
	}
	for (size_t i = r.start; i < end; i++)
		k->order[i] = k->scratch[i];
}

/* The range's origins by where they are now. */
static void
put_in_groups(struct viewer *v, struct range r)
{
	struct climb *k = &v->climb;

	k->n_groups = 0;
	for (size_t i = r.start; i < r.end; i++)
		if (k->origins[k->order[i]].at != VIEW_NONE)
			add_to_group(v, &k->origins[k->order[i]]);
	put_in_order(v, r);
	for (size_t i = 0; i < k->n_groups; i++)
		k->group_of[k->groups[i].cell] = VIEW_NONE;
}

/* --- rows */

/* The call above, or VIEW_NONE: a process calls nobody. */
static uint32_t
caller(const struct viewer *v, uint32_t call)
{
	const struct calls *c = v->source;
	uint32_t at = c->calls[call].parent;

	if (at == VIEW_NONE ||
	    v->keys[c->cells[c->calls[at].cell].key].grain == GRAIN_PROCESS)
		return VIEW_NONE;
	return at;
}

static bool
has_callers(const struct viewer *v, const struct group *g)
{
	const struct climb *k = &v->climb;

	if (g->load.total < v->least && g->load.total_n < v->least_n)
		return false;
	for (size_t i = g->end - g->n; i < g->end; i++)
		if (caller(v, k->origins[k->order[i]].at) != VIEW_NONE)
			return true;
	return false;
}

static void
add_row(struct viewer *v, uint32_t parent, const struct group *g)
{
	struct climb *k = &v->climb;
	uint32_t row = row_add(v, parent, v->source->cells[g->cell], &g->load,
	    has_callers(v, g));

	KEEP_ROOM(k->ranges, row, k->cap_ranges);
	k->ranges[row] = (struct range){g->end - g->n, g->end};
}

void
callers_add_children(struct viewer *v, uint32_t row)
{
	struct climb *k = &v->climb;
	struct range r = k->ranges[row];

	for (size_t i = r.start; i < r.end; i++) {
		struct origin *o = &k->origins[k->order[i]];

		o->at = caller(v, o->at);
	}
	put_in_groups(v, r);
	for (size_t i = 0; i < k->n_groups; i++)
		add_row(v, row, &k->groups[i]);
}

/* The first groups are of the key, in a process each, which stand above. */
static void
add_roots(struct viewer *v, bool by_process)
{
	const struct climb *k = &v->climb;

	for (size_t i = 0; i < k->n_groups; i++) {
		const struct group *g = &k->groups[i];
		pid_t pid = v->source->cells[g->cell].pid;
		struct cell process = {.pid = pid};
		uint32_t above = VIEW_NONE;

		if (by_process) {
			process.key = keys_process(v, pid, NULL);
			above = row_add(v, VIEW_NONE, process, &g->load, false);
		}
		add_row(v, above, g);
	}
}

/* --- rows that have other names now */

/*
 * What is inlined is a row of its own; where such a one has come in between, or
 * is gone, the rows beyond it are others.
 */
void
callers_note_moves(struct viewer *v, struct moves *m)
{
	uint64_t *now = xcalloc(v->n_rows, sizeof(*now));

	for (size_t i = 0; i < v->n_rows; i++) {
		const struct view_row *row = &v->rows[i];
		struct cell cell = {
		    .key = key_now(v, row->key), .pid = row->pid};

		now[i] = row_id(
		    row->parent != VIEW_NONE ? now[row->parent] : 0, cell);
		if (now[i] != row->id)
			moves_add(m, row->id, now[i]);
	}
	free(now);
}

/* --- all */

static void
begin(struct viewer *v, const struct calls *c)
{
	struct climb *k = &v->climb;

	ROOM(v->origin_of, c->n, v->cap_origin_of);
	k->n_origins = 0;
	if (k->n_group_of < c->n_cells) {
		free(k->group_of);
		k->group_of = xcalloc(c->n_cells, sizeof(*k->group_of));
		for (size_t i = 0; i < c->n_cells; i++)
			k->group_of[i] = VIEW_NONE;
		k->n_group_of = c->n_cells;
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

void
view_callers(
    struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	struct climb *k = &v->climb;
	struct load all;

	begin(v, c);
	for (size_t i = 0; i < c->n_cells; i++)
		if (c->cells[i].key == opts->callers_of)
			find_origins(v, c, &c->of_cell[i]);
	all = load_of_key(k);
	v->least = 1 + (uint64_t)((double)all.total * CALLERS_MIN_SHARE);
	v->least_n = 1 + (uint64_t)((double)all.total_n * CALLERS_MIN_SHARE);
	ROOM(k->order, k->n_origins, k->cap_order);
	ROOM(k->scratch, k->n_origins, k->cap_scratch);
	for (size_t i = 0; i < k->n_origins; i++)
		k->order[i] = (uint32_t)i;
	put_in_groups(v, (struct range){0, k->n_origins});
	add_roots(v, opts->by_process);
	rows_sort_roots(v);
}
