/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.h - a text that has an end, however much is added
 *
 * What does not fit is cut, at a whole UTF-8 character, and "..." stands for
 * it; from then on nothing is added.
 */
#ifndef SCRAPE_TARGET_LINE_H
#define SCRAPE_TARGET_LINE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_BYTES 200

/* All zero is an empty line. */
struct line {
	char text[LINE_MAX_BYTES + 1];
	size_t len;
	bool is_cut;
};

void line_add(struct line *l, const char *fmt, ...) printf_like(2, 3);
void line_add_text(struct line *l, const char *s);

#endif
