/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threads_view.h - rows of threads: PID TID NAME STATE CPU% DOING
 *
 * Where the terminal is narrow STATE is its letter, then PID goes and NAME gets
 * shorter; what is left over at the right is DOING's.
 */
#ifndef SCRAPE_TUI_THREADS_VIEW_H
#define SCRAPE_TUI_THREADS_VIEW_H

#include "core/top.h"

#include <regex.h>
#include <stdbool.h>

struct canvas;

enum threads_column {
	THREADS_PID,
	THREADS_TID,
	THREADS_NAME,
	THREADS_STATE,
	THREADS_CPU,
	THREADS_DOING,
	THREADS_COLUMNS,
};

/* A column that has no place has the width 0. */
struct threads_columns {
	struct {
		int x, width;
	} at[THREADS_COLUMNS];
};

/* Pure. */
void threads_fit(struct threads_columns *ret, int width, bool has_process);
/* "sleeping" for 'S', or "S" in less cells; "gone" for '?'. */
const char *threads_state_word(char state, int width);

void threads_draw_heads(
    struct canvas *c, int y, const struct threads_columns *columns);
/* search: marks a name that matches; NULL: none. */
void threads_draw_row(struct canvas *c, int y,
    const struct threads_columns *columns, const struct top_thread *t,
    const regex_t *search, bool chosen);

#endif
