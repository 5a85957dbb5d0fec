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

/* Of a terminal with 8 colours, and of one with 256; -1: the default. */
struct look {
	attr_t attrs;
	short fg8, bg8;
	short fg256, bg256;
	attr_t mono; /* the attributes where there are no colours */
};

/* Dark on light backgrounds: both are set, so any theme can be read. */
#define FLAME(bg8, bg256) {A_NORMAL, COLOR_BLACK, bg8, 16, bg256, A_NORMAL}

static const struct look looks[] = {
	[PAINT_PLAIN] = {A_NORMAL, -1, -1, -1, -1, A_NORMAL},
	[PAINT_HEAD] = {A_REVERSE, -1, -1, -1, -1, A_REVERSE},
	[PAINT_CURSOR] = {A_REVERSE | A_BOLD, -1, -1, -1, -1,
	    A_REVERSE | A_BOLD},
	[PAINT_STRONG] = {A_BOLD, -1, -1, -1, -1, A_BOLD},
	[PAINT_WEAK] = {A_DIM, -1, -1, -1, -1, A_DIM},
	[PAINT_WARN] = {A_BOLD, COLOR_YELLOW, -1, 178, -1, A_BOLD},
	[PAINT_BAD] = {A_BOLD, COLOR_RED, -1, 196, -1, A_BOLD | A_REVERSE},
	[PAINT_MATCH] = {A_UNDERLINE, COLOR_BLACK, COLOR_CYAN, 16, 81,
	    A_UNDERLINE | A_BOLD},
	[PAINT_UP] = {A_NORMAL, COLOR_RED, -1, 203, -1, A_NORMAL},
	[PAINT_DOWN] = {A_NORMAL, COLOR_GREEN, -1, 71, -1, A_NORMAL},
	[PAINT_FLAME + 0] = FLAME(COLOR_YELLOW, 214),
	[PAINT_FLAME + 1] = FLAME(COLOR_RED, 209),
	[PAINT_FLAME + 2] = FLAME(COLOR_YELLOW, 221),
	[PAINT_FLAME + 3] = FLAME(COLOR_RED, 203),
	[PAINT_FLAME + 4] = FLAME(COLOR_YELLOW, 228),
	[PAINT_FLAME + 5] = FLAME(COLOR_RED, 173),
	[PAINT_FLAME + 6] = FLAME(COLOR_YELLOW, 179),
	[PAINT_FLAME + 7] = FLAME(COLOR_RED, 216),
	[PAINT_FLAME_MARKER] = {A_NORMAL, COLOR_BLACK, COLOR_WHITE, 16, 250,
	    A_DIM},
};

/* What differs with few colours comes first. */
#define FLAMES_OF_8 2

_Static_assert(ARRAY_SIZE(looks) == PAINT_NR, "each paint has a look");

/* Pair 0 is the terminal's own. */
static short
pair_of(unsigned paint)
{
	return (short)(paint + 1);
}

static bool
has_many_colors(void)
{
	return COLORS >= 256;
}

/* False where the terminal cannot do what the looks ask for. */
static bool
start_colors(void)
{
	bool many;

	if (!has_colors() || start_color() == ERR ||
	    use_default_colors() == ERR || COLORS < 8 ||
	    COLOR_PAIRS <= (int)ARRAY_SIZE(looks))
		return false;
	many = has_many_colors();
	for (unsigned i = 0; i < ARRAY_SIZE(looks); i++)
		(void)init_pair(pair_of(i),
		    many ? looks[i].fg256 : looks[i].fg8,
		    many ? looks[i].bg256 : looks[i].bg8);
	return true;
}

void
canvas_init(struct canvas *c, bool colors)
{
	c->has_colors = colors && start_colors();
	c->n_flames = !c->has_colors	? 0 :
		      has_many_colors() ? PAINT_FLAMES :
					  FLAMES_OF_8;
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
