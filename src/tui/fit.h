/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit.h - text for a number of cells; pure, no terminal */
#ifndef SCRAPE_TUI_FIT_H
#define SCRAPE_TUI_FIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A copy that is safe to print and has as many cells as ret_cells says:
 * controls, bidirectional marks, what is invisible and broken UTF-8 as '?';
 * without utf8, whatever is not ASCII too. Cut at width cells. free() it.
 * utf8 goes with a locale that has it, whose idea of widths counts.
 */
char *fit_text(const char *s, int width, bool utf8, int *ret_cells);
/*
 * Likewise a name of C++, Rust or a path, longer than width: what tells it
 * apart stays, its end and its beginning; template arguments go first.
 */
char *fit_name(const char *s, int width, bool utf8, int *ret_cells);

#endif
