/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/fit.h"

#include "tui/fit_brackets.h"
#include "tui/glyphs.h"

#include <limits.h>
#include <string.h>

/* A longer name is known by as many bytes of its start, and of its end. */
#define NAME_HALF_MAX 1024
/* Below that, a mark for what is left out takes more than it tells. */
#define WIDTH_TO_SHORTEN 4

static struct glyph
ellipsis(bool utf8)
{
	static const struct glyph one = {"\xe2\x80\xa6", 3, 1}, two = {"..", 2, 2};

	return utf8 ? one : two;
}

/* How many glyphs, from the first on, have room in width. */
static size_t
fitting(const struct glyphs *g, int width, int *ret_cells)
{
	int cells = 0;
	size_t i;

	for (i = 0; i < g->n && cells + g->v[i].width <= width; i++)
		cells += g->v[i].width;
	*ret_cells = cells;
	return i;
}

static char *
cut(const struct glyphs *g, int width, int *ret_cells)
{
	size_t n = fitting(g, width, ret_cells);

	return glyphs_join(g, n);
}

char *
fit_text(const char *s, int width, bool utf8, int *ret_cells)
{
	struct glyphs g = {0};
	char *ret;

	width = width < 0 ? 0 : width;
	glyphs_read(&g, s, strlen(s), utf8, width);
	ret = cut(&g, width, ret_cells);
	glyphs_deinit(&g);
	return ret;
}

/* Where the last max bytes start, or the first character after that. */
static const char *
tail_of(const char *s, size_t len, size_t max)
{
	const char *p = s + len - max;

	while (((unsigned char)*p & 0xc0) == 0x80)
		p++;
	return p;
}

static void
read_name(struct glyphs *g, const char *s, bool utf8)
{
	size_t len = strlen(s);
	const char *tail;

	if (len <= (size_t)2 * NAME_HALF_MAX) {
		glyphs_read(g, s, len, utf8, INT_MAX);
		return;
	}
	tail = tail_of(s, len, NAME_HALF_MAX);
	glyphs_read(g, s, NAME_HALF_MAX, utf8, INT_MAX);
	glyphs_add(g, ellipsis(utf8));
	glyphs_read(g, tail, (size_t)(s + len - tail), utf8, INT_MAX);
}

static bool
is_char(const struct glyphs *g, size_t i, char c)
{
	return i < g->n && g->v[i].len == 1 && g->v[i].bytes[0] == c;
}

/* Where a part of a path or of a qualified name begins, with its separator. */
static bool
starts_part(const struct glyphs *g, size_t i)
{
	return is_char(g, i, '/') ||
	       (is_char(g, i, ':') && is_char(g, i + 1, ':'));
}

static int
width_from(const struct glyphs *g, size_t start)
{
	int width = 0;

	for (size_t i = start; i < g->n; i++)
		width += g->v[i].width;
	return width;
}

/* The cells of the function's or the file's own name, without what it is in. */
static int
last_part_width(const struct glyphs *g)
{
	size_t i = g->n;

	while (i > 0 && !is_char(g, i - 1, '/') && !is_char(g, i - 1, ':'))
		i--;
	return width_from(g, i);
}

/*
 * The first glyph of what stays at the end. That is two thirds of the room, or
 * all of it if the last part takes as much, and begins with a part where that
 * costs no more than half of it.
 */
static size_t
tail_start(const struct glyphs *g, int room)
{
	int last = last_part_width(g), cells = 0;
	size_t start = g->n, part = g->n;

	if (last > room || last < room * 2 / 3)
		last = room * 2 / 3;
	while (start > 0 && cells + g->v[start - 1].width <= last) {
		cells += g->v[--start].width;
		if (starts_part(g, start) && 2 * cells >= last)
			part = start;
	}
	return part < g->n ? part : start;
}

static bool
is_same(const struct glyph *a, const struct glyph *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static char *
cut_middle(const struct glyphs *g, int width, bool utf8, int *ret_cells)
{
	struct glyph dots = ellipsis(utf8);
	int room = width - dots.width;
	size_t tail = tail_start(g, room), head;
	struct glyphs ret = {0};
	char *s;

	head = fitting(g, room - width_from(g, tail), ret_cells);
	/* Brackets emptied next to the cut would double the dots. */
	while (tail < g->n && is_same(&g->v[tail], &dots))
		tail++;
	while (head > 0 && is_same(&g->v[head - 1], &dots))
		head--;
	for (size_t i = 0; i < head; i++)
		glyphs_add(&ret, g->v[i]);
	glyphs_add(&ret, dots);
	for (size_t i = tail; i < g->n; i++)
		glyphs_add(&ret, g->v[i]);
	s = cut(&ret, width, ret_cells);
	glyphs_deinit(&ret);
	return s;
}

static char *
shorten(struct glyphs *g, int width, bool utf8, int *ret_cells)
{
	brackets_empty(g, '<', width, ellipsis(utf8));
	brackets_empty(g, '(', width, ellipsis(utf8));
	if (g->width <= width)
		return cut(g, width, ret_cells);
	return cut_middle(g, width, utf8, ret_cells);
}

char *
fit_name(const char *s, int width, bool utf8, int *ret_cells)
{
	struct glyphs g = {0};
	char *ret;

	if (width < WIDTH_TO_SHORTEN)
		return fit_text(s, width, utf8, ret_cells);
	read_name(&g, s, utf8);
	if (g.width <= width)
		ret = cut(&g, width, ret_cells);
	else
		ret = shorten(&g, width, utf8, ret_cells);
	glyphs_deinit(&g);
	return ret;
}
