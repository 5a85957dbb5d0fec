/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.h - rows of a view in columns: functions, call tree, callers
 *
 * Where the terminal is narrow columns go: OBJECT first, then FILE:LINE, SELF,
 * TOTAL, and PROCESS last.
 */
#ifndef SCRAPE_TUI_TABLE_H
#define SCRAPE_TUI_TABLE_H

#include "core/top.h"
#include "profile/view.h"
#include "tui/rows.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct canvas;

enum column_kind {
	COLUMN_SELF_SHARE,
	COLUMN_TOTAL_SHARE,
	COLUMN_SELF,
	COLUMN_TOTAL,
	COLUMN_NAME,
	COLUMN_FILE,
	COLUMN_OBJECT,
	COLUMN_PROCESS,
	COLUMN_NR,
};

/* A column that has no place has the width 0. The trend's mark is at x 0. */
struct columns {
	struct {
		int x, width;
	} at[COLUMN_NR];
};

/* Pure. */
void columns_fit(struct columns *c, int width, bool has_process);
/* What a click on a column's head sorts by; false: there is no head at x. */
bool columns_sort_at(const struct columns *c, int x, enum view_sort *ret);

struct table {
	const struct view *view;
	const struct viewer *viewer;
	const struct lines *lines;
	const struct fold *fold; /* NULL: flat */
	const struct columns *columns;
	const struct top_head *head; /* for names of processes */
	const regex_t *search;	     /* NULL: none */
	enum view_sort sort;
	bool inverted;
	enum view_grain grain;
};

void table_draw_heads(struct canvas *c, int y, const struct table *t);
void table_draw_row(
    struct canvas *c, int y, const struct table *t, size_t line, bool chosen);

#endif
