/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal.h - what standard output can show */
#ifndef SCRAPE_CLI_TERMINAL_H
#define SCRAPE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* auto: a terminal that is not dumb, and no NO_COLOR (no-color.org). */
bool terminal_wants_colour(enum color_when when);
/* Columns; 0: no terminal, so no limit. */
size_t terminal_width(void);

#endif
