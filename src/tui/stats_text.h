/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats_text.h - the numbers of record --stats as lines of a screen; pure */
#ifndef SCRAPE_TUI_STATS_TEXT_H
#define SCRAPE_TUI_STATS_TEXT_H

#include <stddef.h>

struct stats;

/* "ticks 4200", "stop_us.p50 4.1": the names of the JSON object, in its order. */
#define STATS_LINE_SIZE 64
struct stats_line {
	char text[STATS_LINE_SIZE];
};

/* free() it. */
struct stats_line *stats_lines(const struct stats *s, size_t *ret_n);

#endif
