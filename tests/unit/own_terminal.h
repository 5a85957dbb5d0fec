/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * own_terminal.h - a terminal of a type and a size that nobody looks at
 *
 * Curses draws on it as on any other; its cells are read back from curses.
 */
#ifndef SCRAPE_TESTS_UNIT_OWN_TERMINAL_H
#define SCRAPE_TESTS_UNIT_OWN_TERMINAL_H

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define OWN_TERMINAL_LINE 512

struct own_terminal {
	FILE *nowhere;
	SCREEN *screen;
};

/* The locale is to be set before. */
static inline struct own_terminal
own_terminal_open(const char *type, int rows, int columns)
{
	struct own_terminal t = {.nowhere = fopen("/dev/null", "r+")};
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", rows);
	(void)setenv("LINES", number, 1);
	(void)snprintf(number, sizeof(number), "%d", columns);
	(void)setenv("COLUMNS", number, 1);
	if (t.nowhere != NULL)
		t.screen = newterm(type, t.nowhere, t.nowhere);
	if (t.screen == NULL)
		abort();
	(void)set_term(t.screen);
	return t;
}

static inline void
own_terminal_close(struct own_terminal *t)
{
	(void)endwin();
	delscreen(t->screen);
	(void)fclose(t->nowhere);
}

/* A row's characters, without the blanks at its end. */
static inline const char *
own_terminal_row(int y)
{
	static char text[OWN_TERMINAL_LINE * 4];
	wchar_t cells[OWN_TERMINAL_LINE];
	size_t n;

	if (mvinnwstr(y, 0, cells, OWN_TERMINAL_LINE - 1) == ERR ||
	    wcstombs(text, cells, sizeof(text)) == (size_t)-1)
		abort();
	n = strlen(text);
	while (n > 0 && text[n - 1] == ' ')
		text[--n] = '\0';
	return text;
}

/* The attributes of a cell; its colours, which are 0 where it has none. */
static inline attr_t
own_terminal_attrs(int y, int x)
{
	return mvinch(y, x) & A_ATTRIBUTES & ~A_COLOR;
}

static inline int
own_terminal_colors(int y, int x)
{
	return PAIR_NUMBER(mvinch(y, x));
}

#endif
