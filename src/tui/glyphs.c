/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/glyphs.h"

#include "base/attr.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/*
 * Marks on one character: curses has room for four (CCHARW_MAX less the
 * character), and no language needs more. What is stacked higher is left out.
 */
#define MARKS_MAX 4

static const struct glyph unknown = {"?", 1, 1};

void
glyphs_deinit(struct glyphs *g)
{
	free(g->v);
	*g = (struct glyphs){0};
}

void
glyphs_add(struct glyphs *g, struct glyph glyph)
{
	GROW(g->v, g->n, g->cap);
	g->v[g->n++] = glyph;
	g->width += glyph.width;
}

/* Of a character that is well-formed. */
static uint32_t
code_point(const char *s, size_t len)
{
	static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c = u[0] & lead[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (u[i] & 0x3fu);
	return c;
}

/*
 * What shows nothing, but lets two names look alike, or has terminals disagree
 * about the width of its neighbours.
 */
static bool
is_invisible(uint32_t c)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{0x00ad, 0x00ad},   /* soft hyphen */
		{0x034f, 0x034f},   /* grapheme joiner */
		{0x115f, 0x115f},   /* Hangul fillers */
		{0x1160, 0x1160},
		{0x180b, 0x180f},
		{0x200b, 0x200d},   /* zero-width space and joiners */
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},   /* variation selectors */
		{0xfeff, 0xfeff},
		{0xfff9, 0xfffb},
		{0xe0000, 0xe0fff}, /* tags */
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Cells of the character, 0 for a mark; -1: it cannot be shown. */
static int
cells_of(const char *s, size_t len, bool utf8)
{
	uint32_t c = code_point(s, len);

	if (!utf8 || is_invisible(c))
		return -1;
	return wcwidth((wchar_t)c);
}

/* The first character of s, alone; returns its bytes there. */
static size_t
read_one(const char *s, bool utf8, struct glyph *ret)
{
	struct escaped e;
	size_t len, taken;
	int width;

	/* Nearly all of them. */
	if (*s >= 0x20 && *s < 0x7f) {
		*ret = (struct glyph){s, 1, 1};
		return 1;
	}
	len = utf8_char_len(s);
	taken = escape_next(s, &e);
	*ret = unknown;
	if (len == 0 || e.bytes != s)
		return taken;
	width = cells_of(s, len, utf8);
	if (width >= 0)
		*ret = (struct glyph){s, (uint8_t)len, (uint8_t)width};
	return taken;
}

/* Makes the mark part of the last glyph, which it stands behind in the text. */
static void
combine(struct glyphs *g, const struct glyph *mark, unsigned *marks)
{
	struct glyph *last = &g->v[g->n - 1];

	if (last->bytes + last->len != mark->bytes || ++*marks > MARKS_MAX)
		return;
	last->len = (uint8_t)(last->len + mark->len);
}

void
glyphs_read(struct glyphs *g, const char *s, size_t n, bool utf8, int width)
{
	const char *end = s + n;
	size_t first = g->n;
	unsigned marks = 0;
	struct glyph one;

	while (s < end && *s != '\0' && g->width <= width) {
		s += read_one(s, utf8, &one);
		if (one.width == 0 && g->n > first) {
			combine(g, &one, &marks);
			continue;
		}
		/* A mark with nothing to stand on. */
		glyphs_add(g, one.width == 0 ? unknown : one);
		marks = 0;
	}
}

char *
glyphs_join(const struct glyphs *g, size_t n)
{
	size_t len = 0;
	char *ret, *p;

	for (size_t i = 0; i < n; i++)
		len += g->v[i].len;
	p = ret = xmalloc(len + 1);
	for (size_t i = 0; i < n; i++) {
		memcpy(p, g->v[i].bytes, g->v[i].len);
		p += g->v[i].len;
	}
	*p = '\0';
	return ret;
}
