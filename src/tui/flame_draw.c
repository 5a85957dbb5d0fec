/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/flame_draw.h"

#include "base/hash.h"
#include "base/xalloc.h"
#include "tui/canvas.h"
#include "tui/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name shorter than that is no name. */
#define NAME_WIDTH_MIN 3
/* Between the numbers and what else is to know. */
#define GAP 2
/* More numbers than there are, in words. */
#define NUMBERS_SIZE 256

/* What a row stands for: a key, or everything. */
static struct view_key
key_of(const struct flame_picture *p, uint32_t row)
{
	static const struct view_key all = {.name = "all", .file = "",
		.object = "", .is_marker = true};

	return row == VIEW_NONE ? all :
				  view_key(p->viewer, p->view->rows[row].key);
}

static bool
is_match(const struct flame_picture *p, const struct view_key *key)
{
	return p->search != NULL &&
	       regexec(p->search, key->name, 0, NULL, 0) == 0;
}

static unsigned
paint_of(const struct canvas *c, const struct flame_picture *p, size_t box,
    const struct view_key *key)
{
	if (box == p->chosen)
		return PAINT_CURSOR;
	if (is_match(p, key))
		return PAINT_MATCH;
	if (key->is_marker)
		return PAINT_FLAME_MARKER;
	if (c->n_flames == 0)
		return PAINT_PLAIN;
	return PAINT_FLAME +
	       (unsigned)(hash_bytes(key->name, strlen(key->name)) %
			  c->n_flames);
}

/* Two boxes of one paint, side by side, would look like one. */
static unsigned
told_apart(const struct canvas *c, unsigned paint, unsigned left)
{
	if (paint != left || paint < PAINT_FLAME ||
	    paint >= PAINT_FLAME_MARKER)
		return paint;
	return PAINT_FLAME + (paint - PAINT_FLAME + 1) % c->n_flames;
}

static void
draw_box(struct canvas *c, int y, const struct flame_box *box, unsigned paint,
    const char *name)
{
	int bar = c->n_flames == 0 ? 1 : 0, width = box->width - bar;

	if (bar > 0)
		canvas_text(c, y, box->x, bar, paint, "|");
	canvas_name(c, y, box->x + bar, width, paint,
	    width < NAME_WIDTH_MIN ? "" : name);
}

void
flame_draw(struct canvas *c, const struct flame_picture *p)
{
	unsigned left = PAINT_NR;
	int end = 0;

	for (int i = 0; i < p->rows; i++)
		canvas_clear_row(c, p->y + i);
	for (size_t i = 0; i < p->flame->n; i++) {
		const struct flame_box *box = &p->flame->boxes[i];
		int n = box->level - p->first;
		struct view_key key;

		if (n < 0 || n >= p->rows)
			continue;
		key = key_of(p, box->row);
		left = told_apart(c, paint_of(c, p, i, &key),
		    box->x > 0 && box->x == end ? left : PAINT_NR);
		end = box->x + box->width;
		draw_box(c, p->y + flame_turn(n, p->rows, p->upward), box, left,
		    key.name);
	}
}

size_t
flame_clicked(const struct flame_picture *p, int y, int x)
{
	if (y < p->y || y >= p->y + p->rows)
		return SIZE_MAX;
	return flame_at(p->flame,
	    p->first + flame_turn(y - p->y, p->rows, p->upward), x);
}

/* Levels that are not on the screen, frames that are not in the picture. */
static char *
what_is_left_out(const struct flame_picture *p)
{
	char share[UNITS_SIZE];
	char *ret = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&ret, &size);
	int last = p->first + p->rows;

	if (p->first > 0 || last < p->flame->n_levels)
		(void)fprintf(fp, "  levels %d-%d of %d", p->first + 1,
		    last < p->flame->n_levels ? last : p->flame->n_levels,
		    p->flame->n_levels);
	if (p->flame->hidden > 0)
		(void)fprintf(fp, "  %s%% too narrow to show",
		    units_share(share, p->flame->hidden, p->view->all));
	xclose_memstream(fp);
	return ret;
}

static void
draw_name(struct canvas *c, const struct flame_picture *p, int y,
    const struct view_key *key)
{
	char *note = what_is_left_out(p);
	int width = (int)strlen(note);

	/* Of the two the name matters more. */
	if (width > c->columns / 2)
		width = 0;
	canvas_name(c, y, 0, c->columns - width, PAINT_STRONG, key->name);
	canvas_text(c, y, c->columns - width, width, PAINT_WEAK, note);
	free(note);
}

static void
write_numbers(char *buf, const struct flame_picture *p, uint32_t row)
{
	const struct view *v = p->view;
	uint32_t zoom = p->flame->zoom;
	uint64_t total = row == VIEW_NONE ? v->shown : v->rows[row].total;
	uint64_t self = row == VIEW_NONE ? 0 : v->rows[row].self;
	char t[4][UNITS_SIZE], of_zoom[UNITS_SIZE];
	int n;

	n = snprintf(buf, NUMBERS_SIZE, "total %s %s%%  self %s %s%%",
	    units_time(t[0], total), units_share(t[1], total, v->all),
	    units_time(t[2], self), units_share(t[3], self, v->all));
	if (zoom != VIEW_NONE && total <= v->rows[zoom].total)
		(void)snprintf(buf + n, NUMBERS_SIZE - (size_t)n,
		    "  %s%% of the zoom",
		    units_share(of_zoom, total, v->rows[zoom].total));
}

/* "file:line  object", what there is of it. */
static char *
origin(const struct view_key *key)
{
	char line[16] = "";
	bool both = key->file[0] != '\0' && key->object[0] != '\0';

	if (key->file[0] != '\0' && key->line > 0)
		(void)snprintf(line, sizeof(line), ":%u", (unsigned)key->line);
	return xasprintf("%s%s%s%s", key->file, line, both ? "  " : "",
	    key->object);
}

void
flame_draw_info(struct canvas *c, const struct flame_picture *p, int y)
{
	char numbers[NUMBERS_SIZE];
	struct view_key key;
	uint32_t row;
	char *from;
	int x;

	if (p->chosen >= p->flame->n) {
		canvas_clear_row(c, y);
		canvas_clear_row(c, y + 1);
		return;
	}
	row = p->flame->boxes[p->chosen].row;
	key = key_of(p, row);
	draw_name(c, p, y, &key);
	write_numbers(numbers, p, row);
	from = origin(&key);
	x = (int)strlen(numbers) + GAP;
	canvas_text(c, y + 1, 0, x, PAINT_PLAIN, numbers);
	canvas_name(c, y + 1, x, c->columns - x, PAINT_PLAIN, from);
	free(from);
}
