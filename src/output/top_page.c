/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/top_page.h"

#include "base/xalloc.h"

/* The one below, or else the next of the same level, or of one above. */
static uint32_t
row_after(const struct view *v, uint32_t row)
{
	if (v->rows[row].first_child != VIEW_NONE)
		return view_first_child(v, row);
	while (row != VIEW_NONE && v->rows[row].next == VIEW_NONE)
		row = v->rows[row].parent;
	return row != VIEW_NONE ? v->rows[row].next : VIEW_NONE;
}

uint32_t *
top_page_rows(const struct top_page *p, size_t *ret_n)
{
	uint32_t *rows = NULL, row = p->view->first_root;
	size_t n = 0, cap = 0;

	for (; row != VIEW_NONE && (p->max_rows == 0 || n < p->max_rows);
	     row = row_after(p->view, row)) {
		GROW(rows, n, cap);
		rows[n++] = row;
	}
	*ret_n = n;
	return rows;
}
