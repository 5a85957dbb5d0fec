/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text_line.h - a line of text for people, that never wraps
 *
 * Everything goes through base/escape.h on its way, so that nothing a target is
 * called can reach the terminal as anything but text. What does not fit into
 * the width is cut, at the place that is missed least, and "..." stands there;
 * without a width, as in a file, nothing is cut.
 *
 *	struct text_line l = {.fp = stdout, .width = 80, .colour = true};
 *
 *	text_put(&l, TEXT_BOLD, name);
 *	text_end(&l);
 */
#ifndef SCRAPE_OUTPUT_TEXT_LINE_H
#define SCRAPE_OUTPUT_TEXT_LINE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum text_style {
	TEXT_PLAIN,
	TEXT_BOLD,
	TEXT_DIM,
	TEXT_CYAN,
	TEXT_RED,
	TEXT_YELLOW,
	TEXT_NR_STYLES,
};

struct text_line {
	FILE *fp;
	size_t width; /* in columns; 0: no limit */
	bool colour;
	size_t column; /* how many are used; not counted without a width */
	enum text_style style; /* what the terminal is in */
};

/*
 * The columns that s takes: never fewer than on any terminal. Wide characters
 * are counted by their block, not by wcwidth(), which asks for a locale; some
 * narrow ones are thought wide.
 */
size_t text_width(const char *s);
/* The columns that are left; SIZE_MAX without a width. */
size_t text_room(const struct text_line *l);

/* As much of s as there is room for. */
void text_put(struct text_line *l, enum text_style style, const char *s);
/* Own words, of no more than 127 bytes. */
void text_printf(struct text_line *l, enum text_style style, const char *fmt,
    ...) printf_like(3, 4);
/*
 * In at most max columns, where there is a width: head and tail, as what tells
 * names apart is there.
 */
void text_put_middle(
    struct text_line *l, enum text_style style, const char *s, size_t max);
/* The same, but of a path the tail says most. */
void text_put_tail(
    struct text_line *l, enum text_style style, const char *s, size_t max);
void text_spaces(struct text_line *l, size_t n);
void text_end(struct text_line *l);

#endif
