/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/tree.h"

#include "tui/canvas.h"

#include <stdbool.h>

/* Cells a depth, cells of the sign, and what is kept for the name. */
#define STEP	 2
#define SIGN	 2
#define MIN_NAME 14

struct marks {
	const char *through, *branch, *corner, *blank;
};
static const struct marks ascii = {"| ", "|-", "`-", "  "};
static const struct marks lines = {
    "\u2502 ", "\u251c\u2500", "\u2514\u2500", "  "};

static const char *
mark_at(const struct marks *m, const struct line *line, unsigned depth)
{
	bool goes_on =
	    depth < LINE_MAX_GUIDES && (line->guides >> depth & 1) != 0;

	if (line->is_branch && depth == line->indent)
		return goes_on ? m->branch : m->corner;
	return goes_on ? m->through : m->blank;
}

static const char *
sign_of(const struct view *v, const struct fold *f, uint32_t row)
{
	if (v->rows[row].first_child == VIEW_NONE)
		return "  ";
	return fold_is_open(f, v->rows[row].id) ? "- " : "+ ";
}

int
tree_draw_branch(struct canvas *c, int y, int x, int width, unsigned paint,
    const struct view *v, const struct fold *f, const struct line *line)
{
	const struct marks *marks = c->utf8 ? &lines : &ascii;
	int room = (width - SIGN - MIN_NAME) / STEP;
	unsigned depths = room < 0 ? 0 : (unsigned)room;
	unsigned skipped = line->indent > depths ? line->indent - depths : 0;
	int used = 0;

	/* Where it is deeper than there is room, the innermost are seen. */
	for (unsigned i = 1 + skipped; i <= line->indent; i++, used += STEP)
		canvas_text(c, y, x + used, STEP,
		    paint == PAINT_PLAIN ? PAINT_WEAK : paint,
		    mark_at(marks, line, i));
	if (width - used > SIGN) {
		canvas_text(c, y, x + used, SIGN, paint,
		    sign_of(v, f, line->row));
		used += SIGN;
	}
	return used;
}
