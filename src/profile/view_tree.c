/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/view_private.h"

#include "base/xalloc.h"

#include <stdlib.h>

void
view_tree(
    struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	uint32_t i = 0;

	ROOM(v->row_of, c->n, v->cap_row_of);
	for (; (i = bits_from(&v->live, i)) != VIEW_NONE; i++) {
		const struct call *call = &c->calls[i];
		struct load load = call_load(v, i);

		if (!load_shows(&load))
			continue;
		v->row_of[i] = (uint32_t)v->n_rows;
		(void)row_add(v, opts,
		    call->parent != VIEW_NONE ? v->row_of[call->parent]
					      : VIEW_NONE,
		    c->cells[call->cell], &load);
	}
	rows_sort(v, opts);
}
