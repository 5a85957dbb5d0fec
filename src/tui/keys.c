/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/keys.h"

#include "base/attr.h"

#include <curses.h>

#define FN(name) FUNCTION_KEY(KEY_##name)

/* Words of 25 characters at most: two columns of these fill 80. */
static const struct key keys[] = {
    {"j Down", "a row down", ACT_DOWN, {'j', FN(DOWN)}},
    {"k Up", "a row up", ACT_UP, {'k', FN(UP)}},
    {"PgDn ^F", "a page down", ACT_PAGE_DOWN, {FN(NPAGE), CONTROL_KEY('f')}},
    {"PgUp ^B", "a page up", ACT_PAGE_UP, {FN(PPAGE), CONTROL_KEY('b')}},
    {"g Home", "the first row", ACT_FIRST, {'g', FN(HOME)}},
    {"G End", "the last row", ACT_LAST, {'G', FN(END)}},
    {"Enter", "open, close, zoom, pick", ACT_ENTER,
	{'\r', '\n', FN(ENTER)}},
    {"+", "open the row", ACT_OPEN, {'+', '='}},
    {"-", "close the row", ACT_CLOSE, {'-'}},
    {"Right", "open, or the next frame", ACT_RIGHT, {FN(RIGHT)}},
    {"Left", "close, or to the caller", ACT_LEFT, {FN(LEFT)}},
    {"E", "open all rows", ACT_OPEN_ALL, {'E'}},
    {"C", "close all rows", ACT_CLOSE_ALL, {'C'}},
    {"Backspace", "zoom out, go back", ACT_BACK,
	{FN(BACKSPACE), 0x7f, CONTROL_KEY('h')}},
    {"Tab V", "the next view", ACT_NEXT_VIEW, {'\t', 'V'}},
    {"S-Tab", "the view before", ACT_PREVIOUS_VIEW, {FN(BTAB)}},
    {"t F5", "functions or call tree", ACT_TREE, {'t', FN(F(5))}},
    {"b", "callers of the function", ACT_CALLERS, {'b'}},
    {"F", "flame graph", ACT_FLAME, {'F'}},
    {"H", "threads", ACT_THREADS, {'H'}},
    {"1 2 3 4", "sort: self total name file", ACT_SORT, {'1', '2', '3', '4'}},
    {"5 6 7", "sort: object trend process", ACT_SORT, {'5', '6', '7'}},
    {"> s F6", "sort by the next column", ACT_SORT_NEXT,
	{'>', 's', FN(F(6))}},
    {"<", "sort by the one before", ACT_SORT_PREVIOUS, {'<'}},
    {"i", "sort the other way round", ACT_INVERT, {'i'}},
    {"l", "function line object addr.", ACT_GRAIN, {'l'}},
    {"/", "search", ACT_SEARCH, {'/'}},
    {"n", "the next match", ACT_SEARCH_NEXT, {'n'}},
    {"N", "the match before", ACT_SEARCH_PREVIOUS, {'N'}},
    {"f F4 \\", "filter; Tab: by what", ACT_FILTER, {'f', FN(F(4)), '\\'}},
    {"T", "filter by thread name", ACT_FILTER_THREADS, {'T'}},
    {"Esc", "clear filter and search", ACT_CLEAR, {KEY_ESCAPE}},
    {"Space z", "hold the picture", ACT_PAUSE, {' ', 'z'}},
    {"w", "window: 5 s, 30 s, 60 s, all", ACT_WINDOW, {'w'}},
    {"a", "CPU time or all time", ACT_MODE, {'a'}},
    {"K", "kernel's part of sleepers", ACT_KERNEL, {'K'}},
    {"r R", "forget all samples", ACT_RESET, {'r', 'R'}},
    {",", "fewer samples a second", ACT_SLOWER, {','}},
    {".", "more samples a second", ACT_FASTER, {'.'}},
    {"d", "delay between refreshes", ACT_DELAY, {'d'}},
    {"W", "write a pprof file", ACT_WRITE, {'W'}},
    {"^L", "draw it all again", ACT_REDRAW, {CONTROL_KEY('l')}},
    {"^Z", "suspend", ACT_SUSPEND, {CONTROL_KEY('z')}},
    {"? h F1", "this help", ACT_HELP, {'?', 'h', FN(F(1))}},
    {"q F10 ^C", "quit", ACT_QUIT, {'q', FN(F(10)), CONTROL_KEY('c')}},
};

const struct key *
keys_each(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(keys);
	return keys;
}

static bool
has_code(const struct key *key, int code)
{
	for (size_t i = 0; i < KEY_MAX_CODES && key->codes[i] != 0; i++)
		if (key->codes[i] == code)
			return true;
	return false;
}

enum act
keys_find(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (has_code(&keys[i], code))
			return keys[i].act;
	return ACT_NONE;
}

void
keys_print(FILE *fp)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		(void)fprintf(fp, "%s\t%s\n", keys[i].shown, keys[i].words);
}
