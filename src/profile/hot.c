/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/hot.h"

#include "base/xalloc.h"
#include "profile/view.h"

#include <stdlib.h>

size_t
hot_functions(const struct profile *p, struct hot_function *ret, size_t n)
{
	const struct view_opts opts = {.kind = VIEW_FLAT,
	    .sort = SORT_SELF,
	    .measure = profile_measure(p)};
	struct viewer *viewer = viewer_new(p);
	const struct view *view = view_build(viewer, &opts, NULL);
	size_t found = 0;

	for (; found < n && found < view->n_rows; found++) {
		const struct view_row *row = &view->rows[found];
		struct view_key key = view_key(viewer, row->key);

		ret[found] = (struct hot_function){
		    .name = xstrdup(key.name),
		    .object = xstrdup(key.object),
		    .self = row->self,
		    .total = row->total,
		};
	}
	viewer_free(viewer);
	return found;
}

void
hot_functions_deinit(struct hot_function *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].name);
		free(v[i].object);
	}
}
