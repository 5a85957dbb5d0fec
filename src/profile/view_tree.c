/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>

/*
 * Where a call's row hangs; false: it has none. row_of[] has no row for a call
 * whose callees have none. Most calls of a large profile are of that kind, and
 * this is all that is looked at of them.
 */
static bool
find_parent(const struct viewer *v, const struct call *call, uint32_t *ret)
{
	*ret = VIEW_NONE;
	if (call->parent == VIEW_NONE)
		return true;
	*ret = v->row_of[call->parent];
	return *ret != VIEW_NONE;
}

void
view_tree(struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	const uint64_t least =
	    (uint64_t)((double)v->view.shown * TREE_MIN_SHARE) + 1;
	const uint64_t least_n =
	    (uint64_t)((double)v->view.shown_n * TREE_MIN_SHARE) + 1;
	uint32_t i = 0, parent;

	ROOM(v->row_of, c->n, v->cap_row_of);
	for (; (i = bits_from(&v->live, i)) != VIEW_NONE; i++) {
		const struct call *call = &c->calls[i];
		struct load load;

		v->row_of[i] = VIEW_NONE;
		if (!find_parent(v, call, &parent))
			continue;
		load = call_load(v, i);
		if (!load_shows(&load))
			continue;
		if (load.total >= least || load.total_n >= least_n)
			v->row_of[i] = (uint32_t)v->n_rows;
		(void)row_add(v, opts, parent, c->cells[call->cell], &load);
	}
	rows_sort_roots(v);
}
