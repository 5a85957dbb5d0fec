/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/view_private.h"

void
view_flat(struct viewer *v, const struct calls *c)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		struct cell cell = c->cells[i];

		if (load_shows(&v->sums[i]) &&
		    v->keys[cell.key].grain != GRAIN_PROCESS)
			(void)row_add(v, VIEW_NONE, cell, &v->sums[i], false);
	}
	rows_sort_flat(v);
}
