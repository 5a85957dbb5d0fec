/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * glyphs.h - foreign text taken apart into what a terminal shows in cells
 *
 * A glyph is a character with the marks that combine with it: what must not be
 * cut through. What no terminal should get has become '?' in here already.
 */
#ifndef SCRAPE_TUI_GLYPHS_H
#define SCRAPE_TUI_GLYPHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct glyph {
	const char *bytes; /* of the text, or static */
	uint8_t len, width;
};

/* All zero is valid, and empty; free by glyphs_deinit(). */
struct glyphs {
	struct glyph *v;
	size_t n, cap;
	int width; /* of all, in cells */
};

void glyphs_deinit(struct glyphs *g);
/*
 * Appends the n bytes at s, which end with a NUL or are followed by more. Stops
 * behind the glyph that leaves the width; with INT_MAX, at the end.
 */
void glyphs_read(
    struct glyphs *g, const char *s, size_t n, bool utf8, int width);
void glyphs_add(struct glyphs *g, struct glyph glyph);
/* As a string: those in [0, n). */
char *glyphs_join(const struct glyphs *g, size_t n);

#endif
