/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * head.h - the three lines above: what is looked at, and how true it is
 *
 * Pure, no terminal. A colour warns, and so does a word beside it.
 */
#ifndef SCRAPE_TUI_HEAD_H
#define SCRAPE_TUI_HEAD_H

#include "core/top.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define HEAD_LINES     3
#define HEAD_MAX_PARTS 8

/* Stands two cells from the one before it. */
struct head_part {
	char text[120];	   /* raw: may hold a target's name */
	unsigned paint;	   /* enum paint */
	unsigned leaves;   /* where the line is short: highest first; 0: never */
};

struct head_line {
	struct head_part parts[HEAD_MAX_PARTS];
	size_t n;
	bool last_at_right; /* the last part stands at the right end */
};

/* What the screen adds to the numbers. */
struct head_marks {
	bool is_paused;
	pid_t only_tid; /* 0: all */
};

void head_lines(const struct top_head *head, const struct head_marks *marks,
    struct head_line ret[HEAD_LINES]);
/* Takes parts out until the rest fits into that many cells, or none can go. */
void head_fit(struct head_line *line, int columns);

#endif
