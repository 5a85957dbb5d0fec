/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.h - what stands before a name in a call tree: lines, and a sign */
#ifndef SCRAPE_TUI_TREE_H
#define SCRAPE_TUI_TREE_H

#include "profile/view.h"
#include "tui/rows.h"

struct canvas;

/*
 * Draws them at (y, x) in up to width cells, and returns how many it took: the
 * name has room behind them at any depth.
 */
int tree_draw_branch(struct canvas *c, int y, int x, int width, unsigned paint,
    const struct view *v, const struct fold *f, const struct line *line);

#endif
