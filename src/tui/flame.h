/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flame.h - a tree of stacks as a flame graph in terminal cells
 *
 * Everything at the bottom row or at the top ("icicle"), callees beside each
 * other above their caller, each as wide as its share. The layout is pure and
 * tested without a terminal; drawing it is flame_draw.h's.
 */
#ifndef SCRAPE_TUI_FLAME_H
#define SCRAPE_TUI_FLAME_H

#include "profile/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame of the graph that has a cell at least. */
struct flame_box {
	uint32_t row; /* of the view; VIEW_NONE: everything, at level 0 */
	int level;    /* a row's depth + 1 */
	int x, width; /* cells */
	uint64_t from; /* the value at its left edge */
};

/* All zero is valid, and empty. */
struct flame {
	struct flame_box *boxes; /* by level, then x */
	size_t n, cap;
	int n_levels;
	uint32_t zoom; /* as it was laid out */
	uint64_t hidden; /* value of frames too narrow for a cell */
};

/*
 * Lays out what stands below the row zoom (VIEW_NONE: everything) in columns
 * cells. What it stands on is as wide as it is. What a frame's callees leave
 * over, its own time, stays blank at their right.
 */
void flame_layout(struct flame *f, const struct view *v, uint32_t zoom,
    int columns);
void flame_deinit(struct flame *f);
/* The box at a place, or SIZE_MAX. */
size_t flame_at(const struct flame *f, int level, int x);
/* The box of a row, by its id (VIEW_NONE's is 0), or SIZE_MAX. */
size_t flame_find(const struct flame *f, const struct view *v, uint64_t id);
/*
 * The box to move to: dx to the side on its level, dy towards the leaves, there
 * to the widest. The same one where there is none.
 */
size_t flame_move(const struct flame *f, size_t from, int dx, int dy);

/*
 * The first of rows levels to show, as near to first as can be, so that the box
 * (SIZE_MAX: none) is among them.
 */
int flame_scroll(const struct flame *f, size_t box, int first, int rows);
/*
 * Of a graph that grows upward: the row of the screen for the n-th level that
 * is shown, and the other way round. Both count from 0.
 */
int flame_turn(int n, int rows, bool upward);

#endif
