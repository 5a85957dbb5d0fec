/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/canvas.h"

#include "base/attr.h"
#include "tui/fit.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

/* Of terminals with 8 colours, with 16, and with 256; -1: the default. */
enum palette { PALETTE_8, PALETTE_16, PALETTE_256, PALETTE_NR };

struct look {
	attr_t attrs;
	short fg[PALETTE_NR], bg[PALETTE_NR];
	attr_t mono; /* the attributes where there are no colours */
};

#define BRIGHT(color) ((color) + 8)
#define NO_COLORS     {-1, -1, -1}
/* Dark on light backgrounds: both are set, so any theme can be read. */
#define FLAME(bg8, bg16, bg256)                                        \
	{A_NORMAL, {COLOR_BLACK, COLOR_BLACK, 16}, {bg8, bg16, bg256}, \
	    A_NORMAL}

static const struct look looks[] = {
	[PAINT_PLAIN] = {A_NORMAL, NO_COLORS, NO_COLORS, A_NORMAL},
	[PAINT_HEAD] = {A_REVERSE, NO_COLORS, NO_COLORS, A_REVERSE},
	[PAINT_CURSOR] = {A_REVERSE | A_BOLD, NO_COLORS, NO_COLORS,
	    A_REVERSE | A_BOLD},
	[PAINT_STRONG] = {A_BOLD, NO_COLORS, NO_COLORS, A_BOLD},
	[PAINT_WEAK] = {A_DIM, NO_COLORS, NO_COLORS, A_DIM},
	[PAINT_WARN] = {A_BOLD, {COLOR_YELLOW, COLOR_YELLOW, 178}, NO_COLORS,
	    A_BOLD},
	[PAINT_BAD] = {A_BOLD, {COLOR_RED, BRIGHT(COLOR_RED), 196}, NO_COLORS,
	    A_BOLD | A_REVERSE},
	[PAINT_MATCH] = {A_UNDERLINE, {COLOR_BLACK, COLOR_BLACK, 16},
	    {COLOR_CYAN, BRIGHT(COLOR_CYAN), 81}, A_UNDERLINE | A_BOLD},
	[PAINT_UP] = {A_NORMAL, {COLOR_RED, BRIGHT(COLOR_RED), 203}, NO_COLORS,
	    A_NORMAL},
	[PAINT_DOWN] = {A_NORMAL, {COLOR_GREEN, COLOR_GREEN, 71}, NO_COLORS,
	    A_NORMAL},
	[PAINT_FLAME + 0] = FLAME(COLOR_YELLOW, COLOR_YELLOW, 214),
	[PAINT_FLAME + 1] = FLAME(COLOR_RED, COLOR_RED, 209),
	[PAINT_FLAME + 2] = FLAME(COLOR_YELLOW, BRIGHT(COLOR_YELLOW), 221),
	[PAINT_FLAME + 3] = FLAME(COLOR_RED, BRIGHT(COLOR_RED), 203),
	[PAINT_FLAME + 4] = FLAME(COLOR_YELLOW, COLOR_YELLOW, 228),
	[PAINT_FLAME + 5] = FLAME(COLOR_RED, COLOR_RED, 173),
	[PAINT_FLAME + 6] = FLAME(COLOR_YELLOW, BRIGHT(COLOR_YELLOW), 179),
	[PAINT_FLAME + 7] = FLAME(COLOR_RED, BRIGHT(COLOR_RED), 216),
	[PAINT_FLAME_MARKER] = {A_NORMAL, {COLOR_BLACK, COLOR_BLACK, 16},
	    {COLOR_WHITE, COLOR_WHITE, 250}, A_DIM},
};

/* How many flames differ: those come first. */
static const unsigned n_flames[] = {
	[PALETTE_8] = 2,
	[PALETTE_16] = 4,
	[PALETTE_256] = PAINT_FLAMES,
};

_Static_assert(ARRAY_SIZE(looks) == PAINT_NR, "each paint has a look");

/* Pair 0 is the terminal's own. */
static short
pair_of(unsigned paint)
{
	return (short)(paint + 1);
}

static enum palette
palette(void)
{
	return COLORS >= 256 ? PALETTE_256
	    : COLORS >= 16   ? PALETTE_16
			     : PALETTE_8;
}

/* False where the terminal cannot do what the looks ask for. */
static bool
start_colors(void)
{
	enum palette p;

	if (!has_colors() || start_color() == ERR ||
	    use_default_colors() == ERR || COLORS < 8 ||
	    COLOR_PAIRS <= (int)ARRAY_SIZE(looks))
		return false;
	p = palette();
	for (unsigned i = 0; i < ARRAY_SIZE(looks); i++)
		(void)init_pair(pair_of(i), looks[i].fg[p], looks[i].bg[p]);
	return true;
}

void
canvas_init(struct canvas *c, bool colors)
{
	c->has_colors = colors && start_colors();
	c->n_flames = c->has_colors ? n_flames[palette()] : 0;
	c->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	getmaxyx(stdscr, c->rows, c->columns);
}

void
canvas_clear_row(struct canvas *c, int y)
{
	canvas_text(c, y, 0, c->columns, PAINT_PLAIN, "");
}

static void
set_paint(const struct canvas *c, unsigned paint)
{
	const struct look *look;

	look = &looks[paint < ARRAY_SIZE(looks) ? paint : PAINT_PLAIN];
	if (c->has_colors)
		(void)attr_set(look->attrs, pair_of((unsigned)(look - looks)),
		    NULL);
	else
		(void)attr_set(look->mono, 0, NULL);
}

/*
 * The cursor cannot go behind the screen's last cell, and curses says ERR when
 * it should, but has drawn the character by then: that error is no news.
 */
static void
put(int y, int x, const char *s)
{
	(void)mvaddstr(y, x, s);
}

static void
put_blanks(int y, int x, int n)
{
	if (n > 0)
		(void)mvhline(y, x, ' ', n);
}

/* The part of the cells that is on the screen; false: none of them. */
static bool
clip(const struct canvas *c, int y, int x, int *width)
{
	if (y < 0 || y >= c->rows || x < 0 || x >= c->columns)
		return false;
	if (*width > c->columns - x)
		*width = c->columns - x;
	return *width > 0;
}

/* Takes text over, which has cells, and puts skip blanks before it. */
static void
draw(const struct canvas *c, int y, int x, int width, unsigned paint,
    char *text, int cells, int skip)
{
	set_paint(c, paint);
	put_blanks(y, x, skip);
	put(y, x + skip, text);
	put_blanks(y, x + skip + cells, width - skip - cells);
	set_paint(c, PAINT_PLAIN);
	free(text);
}

void
canvas_text(struct canvas *c, int y, int x, int width, unsigned paint,
    const char *text)
{
	int cells;
	char *fit;

	if (!clip(c, y, x, &width))
		return;
	fit = fit_text(text, width, c->utf8, &cells);
	draw(c, y, x, width, paint, fit, cells, 0);
}

void
canvas_text_right(struct canvas *c, int y, int x, int width, unsigned paint,
    const char *text)
{
	int cells;
	char *fit;

	if (!clip(c, y, x, &width))
		return;
	fit = fit_text(text, width, c->utf8, &cells);
	draw(c, y, x, width, paint, fit, cells, width - cells);
}

void
canvas_name(struct canvas *c, int y, int x, int width, unsigned paint,
    const char *name)
{
	int cells;
	char *fit;

	if (!clip(c, y, x, &width))
		return;
	fit = fit_name(name, width, c->utf8, &cells);
	draw(c, y, x, width, paint, fit, cells, 0);
}
