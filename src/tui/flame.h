/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flame.h - a tree of stacks as a flame graph in terminal cells
 *
 * Roots at the bottom row or at the top ("icicle"), callees beside each other
 * above their caller, each as wide as its share. The layout is pure and tested
 * without a terminal; drawing it is canvas.h's.
 */
#ifndef SCRAPE_TUI_FLAME_H
#define SCRAPE_TUI_FLAME_H

#include "profile/view.h"

#include <stddef.h>
#include <stdint.h>

struct canvas;

/* A frame of the graph that has a cell at least. */
struct flame_box {
	uint32_t row; /* of the view */
	int level;    /* 0: the root, or what is zoomed on */
	int x, width; /* cells */
};

struct flame {
	struct flame_box *boxes; /* by level, then x */
	size_t n, cap;
	int n_levels;
	uint64_t hidden; /* value of frames too narrow for a cell */
};

/*
 * Lays out what stands below the row `zoom` (VIEW_NONE: everything) in columns
 * cells. What a level's boxes have left over stays blank at its right.
 */
void flame_layout(struct flame *f, const struct view *v, uint32_t zoom,
    int columns);
void flame_deinit(struct flame *f);
/* The box at a place, or SIZE_MAX. */
size_t flame_at(const struct flame *f, int level, int x);
/* The box to move to: dx to the side on its level, dy towards the leaves. */
size_t flame_move(const struct flame *f, size_t from, int dx, int dy);

#endif
