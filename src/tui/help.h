/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help.h - the table of keys, and all that was counted, laid over the screen */
#ifndef SCRAPE_TUI_HELP_H
#define SCRAPE_TUI_HELP_H

struct canvas;
struct stats;

/*
 * Fills the rows from `first` to `last`, from the help's line `top` on, and
 * returns how far top may go.
 */
int help_draw(struct canvas *c, int first, int last, int top,
    const struct stats *stats);

#endif
