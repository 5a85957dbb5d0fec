/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * canvas.h - text in cells, with what the terminal can do
 *
 * The one place that writes to curses. Every text is foreign: controls become
 * '?', characters that are two cells wide count as such, what does not fit is
 * cut, and a terminal without UTF-8 gets '?' for what it cannot show.
 */
#ifndef SCRAPE_TUI_CANVAS_H
#define SCRAPE_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Colours of flames. */
#define PAINT_FLAMES 8

/* What a cell means; a colour is never the only sign of it. */
enum paint {
	PAINT_PLAIN,
	PAINT_HEAD,   /* column heads: reverse */
	PAINT_CURSOR, /* the chosen row: reverse */
	PAINT_STRONG, /* bold */
	PAINT_WEAK,   /* dim: zeros, what is not code */
	PAINT_WARN,   /* yellow */
	PAINT_BAD,    /* red, bold */
	PAINT_MATCH,  /* found by the search */
	PAINT_UP, PAINT_DOWN, /* trends */
	PAINT_FLAME,  /* PAINT_FLAME + i, i < PAINT_FLAMES: of a name's hash */
	PAINT_FLAME_MARKER = PAINT_FLAME + PAINT_FLAMES, /* a box that is not code */
	PAINT_NR,
};

struct canvas {
	int rows, columns;
	bool has_colors;
	unsigned n_flames; /* how many of PAINT_FLAMES differ; 0: no colours */
	bool utf8; /* line drawing and marks beyond ASCII can be shown */
};

/* Of the open terminal; colors: whether they may be used where there are any */
void canvas_init(struct canvas *c, bool colors);
void canvas_clear_row(struct canvas *c, int y);
/*
 * Puts text at (y, x) into width cells: cut at the end if longer, filled with
 * blanks if shorter. Outside the screen nothing happens.
 */
void canvas_text(struct canvas *c, int y, int x, int width, unsigned paint,
    const char *text);
/* Likewise, to the right of the cells. */
void canvas_text_right(struct canvas *c, int y, int x, int width,
    unsigned paint, const char *text);
/* Likewise, shortened in the middle: "std::vector<...>::push_back". */
void canvas_name(struct canvas *c, int y, int x, int width, unsigned paint,
    const char *name);

#endif
