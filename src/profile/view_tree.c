/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

/* What is called from a call weighs what that does beside its own code. */
static bool
has_children(const struct viewer *v, const struct load *l)
{
	return (l->total >= v->least || l->total_n >= v->least_n) &&
	       (l->total != l->self || l->total_n != l->self_n);
}

/* The rows of a list of calls. */
static void
add_rows(struct viewer *v, uint32_t parent, uint32_t call)
{
	const struct calls *c = v->source;

	for (; call != VIEW_NONE; call = c->calls[call].next) {
		struct load load;

		if (!call_shows(v, call))
			continue;
		load = call_load(v, call);
		KEEP_ROOM(v->call_of, v->n_rows, v->cap_call_of);
		v->call_of[v->n_rows] = call;
		(void)row_add(v, parent, c->cells[c->calls[call].cell], &load,
		    has_children(v, &load));
	}
}

void
tree_add_children(struct viewer *v, uint32_t row)
{
	add_rows(v, row, v->source->calls[v->call_of[row]].first_child);
}

void
view_tree(struct viewer *v, const struct calls *c)
{
	v->least = (uint64_t)((double)v->view.shown * TREE_MIN_SHARE) + 1;
	v->least_n = (uint64_t)((double)v->view.shown_n * TREE_MIN_SHARE) + 1;
	add_rows(v, VIEW_NONE, c->first_root);
	rows_sort_roots(v);
}
