/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flame_draw.h - a flame graph on the screen
 *
 * A box's colour is of its name's hash, so that a function keeps it. Without
 * colours boxes begin with a bar.
 */
#ifndef SCRAPE_TUI_FLAME_DRAW_H
#define SCRAPE_TUI_FLAME_DRAW_H

#include "tui/flame.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct canvas;

struct flame_picture {
	const struct flame *flame;
	const struct view *view; /* that the flame was laid out of */
	const struct viewer *viewer;
	const regex_t *search; /* marks the names that match; NULL: none */
	size_t chosen;	       /* a box; SIZE_MAX: none */
	bool upward;	       /* else the leaves hang down ("icicle") */
	int first;	       /* the level that is shown first */
	int y, rows;	       /* where on the screen */
};

void flame_draw(struct canvas *c, const struct flame_picture *p);
/* The box at a cell of the screen, or SIZE_MAX. */
size_t flame_clicked(const struct flame_picture *p, int y, int x);

/* What is to know about the chosen box, in so many rows from y on. */
#define FLAME_INFO_ROWS 2
void flame_draw_info(struct canvas *c, const struct flame_picture *p, int y);

#endif
