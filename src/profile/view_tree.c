/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/view_private.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* Where a call's row hangs; false: it has none. */
static bool
find_parent(const struct viewer *v, const struct call *call,
    const struct load *least, uint32_t *ret)
{
	const struct view_row *parent;

	*ret = VIEW_NONE;
	if (call->parent == VIEW_NONE)
		return true;
	*ret = v->row_of[call->parent];
	if (*ret == VIEW_NONE)
		return false;
	parent = &v->rows[*ret];
	return parent->total >= least->total ||
	    parent->total_n >= least->total_n;
}

void
view_tree(
    struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	const struct load least = {
	    .total = (uint64_t)((double)v->view.shown * TREE_MIN_SHARE) + 1,
	    .total_n =
		(uint64_t)((double)v->view.shown_n * TREE_MIN_SHARE) + 1,
	};
	uint32_t i = 0, parent;

	ROOM(v->row_of, c->n, v->cap_row_of);
	for (; (i = bits_from(&v->live, i)) != VIEW_NONE; i++) {
		const struct call *call = &c->calls[i];
		struct load load = call_load(v, i);

		v->row_of[i] = VIEW_NONE;
		if (!load_shows(&load) ||
		    !find_parent(v, call, &least, &parent))
			continue;
		v->row_of[i] = (uint32_t)v->n_rows;
		(void)row_add(v, opts, parent, c->cells[call->cell], &load);
	}
	rows_sort(v, opts);
}
