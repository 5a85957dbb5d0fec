/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/help.h"

#include "base/attr.h"
#include "tui/canvas.h"
#include "tui/keys.h"

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

static void
draw_key(struct canvas *c, int y, int x, const struct key *key)
{
	canvas_text(c, y, x, KEYS_WIDTH, PAINT_STRONG, key->shown);
	canvas_text(c, y, x + KEYS_WIDTH + GAP, WORDS_WIDTH, PAINT_PLAIN,
	    key->words);
}

int
help_draw(struct canvas *c, int first, int last, int top)
{
	size_t n;
	const struct key *keys = keys_each(&n);
	int columns = c->columns >= 3 * COLUMN ? 3
	    : c->columns >= 2 * COLUMN	       ? 2
					       : 1;
	int per_column = ((int)n + columns - 1) / columns;
	int height = last - first + 1;
	int total = per_column + 1 + (int)ARRAY_SIZE(notes);
	int max_top = total > height ? total - height : 0;

	if (top > max_top)
		top = max_top;
	for (int y = first; y <= last; y++) {
		int line = y - first + top;

		canvas_clear_row(c, y);
		for (int i = 0; i < columns && line < per_column; i++)
			if (line + i * per_column < (int)n)
				draw_key(c, y, i * COLUMN,
				    &keys[line + i * per_column]);
		if (line > per_column && line < total)
			canvas_text(c, y, 0, c->columns, PAINT_PLAIN,
			    notes[line - per_column - 1]);
	}
	return max_top;
}
