/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/help.h"

#include "base/attr.h"
#include "tui/canvas.h"
#include "tui/keys.h"
#include "tui/stats_text.h"

#include <stdlib.h>

#define KEYS_WIDTH  11
#define WORDS_WIDTH 28
#define GAP	    1
#define COLUMN	    (KEYS_WIDTH + GAP + WORDS_WIDTH)

/* What is on the screen and explains itself least. */
static const char *const notes[] = {
    "All four columns are of the window that the head names; shares are",
    "of what was sampled in it. SELF: in the function. TOTAL: and in what",
    "it calls. A mark before a row: more, or less, than the window before.",
    "CPU is the kernel's count, attributed what samples carry of it.",
    "Held on the picture, sampling goes on: the head shows it.",
    "Mouse: a click chooses, a second one opens; heads sort; wheel scrolls.",
};

/* All there is, line by line: keys, notes, what was counted. */
struct help {
	struct canvas *canvas;
	int columns; /* of keys and of numbers, beside each other */
	const struct key *keys;
	struct stats_line *stats;
	size_t n_keys, n_stats;
	int key_lines, stats_lines;
};

static const char stats_head[] =
    "Since the start, as scrape record --stats has it:";

/* Lines that n things take. */
static int
lines_of(const struct help *h, size_t n)
{
	return ((int)n + h->columns - 1) / h->columns;
}

static struct help
help_of(struct canvas *c, const struct stats *stats)
{
	struct help h = {
	    .canvas = c,
	    .columns = c->columns >= 3 * COLUMN	  ? 3
		: c->columns >= 2 * COLUMN ? 2
					   : 1,
	};

	h.keys = keys_each(&h.n_keys);
	h.stats = stats_lines(stats, &h.n_stats);
	h.key_lines = lines_of(&h, h.n_keys);
	h.stats_lines = lines_of(&h, h.n_stats);
	return h;
}

static void
draw_key(struct canvas *c, int y, int x, const struct key *key)
{
	canvas_text(c, y, x, KEYS_WIDTH, PAINT_STRONG, key->shown);
	canvas_text(c, y, x + KEYS_WIDTH + GAP, WORDS_WIDTH, PAINT_PLAIN,
	    key->words);
}

static void
draw_keys(const struct help *h, int y, int line)
{
	for (int i = 0; i < h->columns; i++)
		if (line + i * h->key_lines < (int)h->n_keys)
			draw_key(h->canvas, y, i * COLUMN,
			    &h->keys[line + i * h->key_lines]);
}

static void
draw_stats(const struct help *h, int y, int line)
{
	for (int i = 0; i < h->columns; i++)
		if (line + i * h->stats_lines < (int)h->n_stats)
			canvas_text(h->canvas, y, i * COLUMN, COLUMN - GAP,
			    PAINT_PLAIN,
			    h->stats[line + i * h->stats_lines].text);
}

/* Each part has an empty line behind it; the last one ends the help. */
static void
draw_line(const struct help *h, int y, int line)
{
	struct canvas *c = h->canvas;
	int n_notes = (int)ARRAY_SIZE(notes);

	canvas_clear_row(c, y);
	if (line < h->key_lines) {
		draw_keys(h, y, line);
		return;
	}
	line -= h->key_lines + 1;
	if (line >= 0 && line < n_notes)
		canvas_text(
		    c, y, 0, c->columns, PAINT_PLAIN, notes[line]);
	line -= n_notes + 1;
	if (line == 0)
		canvas_text(c, y, 0, c->columns, PAINT_STRONG, stats_head);
	else if (line > 0 && line <= h->stats_lines)
		draw_stats(h, y, line - 1);
}

int
help_draw(struct canvas *c, int first, int last, int top,
    const struct stats *stats)
{
	struct help h = help_of(c, stats);
	int total =
	    h.key_lines + 1 + (int)ARRAY_SIZE(notes) + 2 + h.stats_lines;
	int height = last - first + 1;
	int max_top = total > height ? total - height : 0;

	if (top > max_top)
		top = max_top;
	for (int y = first; y <= last; y++)
		draw_line(&h, y, y - first + top);
	free(h.stats);
	return max_top;
}
