/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/view_private.h"

void
view_flat(struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		struct cell cell = c->cells[i];

		if (load_shows(&v->sums[i]) &&
		    v->keys[cell.key].grain != GRAIN_PROCESS)
			(void)row_add(v, opts, VIEW_NONE, cell, &v->sums[i]);
	}
	rows_sort_flat(v);
}
