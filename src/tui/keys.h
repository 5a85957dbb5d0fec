/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h - the one table of keys
 *
 * What the screen obeys, what its help shows, what the man page and the tests
 * are compared with. A key is a character, or a function key of curses with
 * FUNCTION_KEY() around it, for those numbers are characters too.
 */
#ifndef SCRAPE_TUI_KEYS_H
#define SCRAPE_TUI_KEYS_H

#include <stddef.h>
#include <stdio.h>

/* Above all characters. */
#define FUNCTION_KEY(code) (0x200000 | (code))
#define CONTROL_KEY(c)	   ((c) & 0x1f)
#define KEY_ESCAPE	   033

enum act {
	ACT_NONE,
	ACT_UP, ACT_DOWN, ACT_PAGE_UP, ACT_PAGE_DOWN, ACT_FIRST, ACT_LAST,
	ACT_LEFT, ACT_RIGHT,
	ACT_ENTER, ACT_OPEN, ACT_CLOSE, ACT_OPEN_ALL, ACT_CLOSE_ALL, ACT_BACK,
	ACT_NEXT_VIEW, ACT_PREVIOUS_VIEW, ACT_TREE, ACT_CALLERS, ACT_FLAME,
	ACT_THREADS,
	ACT_SORT, /* by the key, '1' and on: state.h */
	ACT_SORT_NEXT, ACT_SORT_PREVIOUS, ACT_INVERT, ACT_GRAIN,
	ACT_SEARCH, ACT_SEARCH_NEXT, ACT_SEARCH_PREVIOUS, ACT_FILTER,
	ACT_FILTER_THREADS, ACT_CLEAR,
	ACT_PAUSE, ACT_WINDOW, ACT_MODE, ACT_KERNEL, ACT_RESET, ACT_SLOWER, ACT_FASTER,
	ACT_DELAY,
	ACT_WRITE, ACT_REDRAW, ACT_SUSPEND, ACT_HELP, ACT_QUIT,
};

#define KEY_MAX_CODES 7

struct key {
	const char *shown;	  /* "q F10 ^C" */
	const char *words;	  /* what it does */
	enum act act;
	int codes[KEY_MAX_CODES]; /* 0: no more */
};

const struct key *keys_each(size_t *ret_n);
/* ACT_NONE: it means nothing. */
enum act keys_find(int code);
/* "KEYS<tab>WORDS", a line each. */
void keys_print(FILE *fp);

#endif
