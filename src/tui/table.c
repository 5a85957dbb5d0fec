/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/table.h"

#include "tui/canvas.h"
#include "tui/tree.h"
#include "tui/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct column {
	const char *title;
	int gap, width; /* cells before it; at least */
	enum view_sort sort;
	bool is_number;
} columns[COLUMN_NR] = {
    [COLUMN_SELF_SHARE] = {"SELF%", 1, 6, SORT_SELF, true},
    [COLUMN_TOTAL_SHARE] = {"TOTAL%", 1, 7, SORT_TOTAL, true},
    [COLUMN_SELF] = {"SELF", 1, 8, SORT_SELF, true},
    [COLUMN_TOTAL] = {"TOTAL", 1, 8, SORT_TOTAL, true},
    [COLUMN_NAME] = {"FUNCTION", 2, 0, SORT_NAME, false},
    [COLUMN_FILE] = {"FILE:LINE", 2, 18, SORT_FILE, false},
    [COLUMN_OBJECT] = {"OBJECT", 2, 12, SORT_OBJECT, false},
    [COLUMN_PROCESS] = {"PROCESS", 2, 16, SORT_PROCESS, false},
};

/* What goes first, and how wide the name has to be for it to stay. */
static const struct {
	enum column_kind kind;
	int name;
} leaving[] = {
    {COLUMN_OBJECT, 30},
    {COLUMN_FILE, 30},
    {COLUMN_SELF, 20},
    {COLUMN_TOTAL, 20},
    {COLUMN_PROCESS, 12},
};

/* As wide as a file and an object ever get: what is left is the name's. */
#define MAX_FILE   40
#define MAX_OBJECT 28

static int
name_width(const struct columns *c, int width)
{
	width -= columns[COLUMN_NAME].gap;
	for (int i = 0; i < COLUMN_NR; i++)
		if (i != COLUMN_NAME && c->at[i].width > 0)
			width -= columns[i].gap + c->at[i].width;
	return width;
}

/* A quarter and an eighth of what the name has to spare. */
static void
share_out(struct columns *c, int spare)
{
	int *file = &c->at[COLUMN_FILE].width;
	int *object = &c->at[COLUMN_OBJECT].width;

	if (*file > 0)
		*file += spare / 4;
	if (*file > MAX_FILE)
		*file = MAX_FILE;
	if (*object > 0)
		*object += spare / 8;
	if (*object > MAX_OBJECT)
		*object = MAX_OBJECT;
}

static void
place_columns(struct columns *c)
{
	int x = 0;

	for (int i = 0; i < COLUMN_NR; i++) {
		if (c->at[i].width == 0)
			continue;
		x += columns[i].gap;
		c->at[i].x = x;
		x += c->at[i].width;
	}
}

void
columns_fit(struct columns *c, int width, bool has_process)
{
	int name;

	memset(c, 0, sizeof(*c));
	for (int i = 0; i < COLUMN_NR; i++)
		if (i != COLUMN_PROCESS || has_process)
			c->at[i].width = columns[i].width;
	for (size_t i = 0; i < sizeof(leaving) / sizeof(leaving[0]); i++)
		if (name_width(c, width) < leaving[i].name)
			c->at[leaving[i].kind].width = 0;
	name = name_width(c, width);
	if (name > leaving[0].name) {
		share_out(c, name - leaving[0].name);
		name = name_width(c, width);
	}
	c->at[COLUMN_NAME].width = name > 1 ? name : 1;
	place_columns(c);
}

bool
columns_sort_at(const struct columns *c, int x, enum view_sort *ret)
{
	for (int i = 0; i < COLUMN_NR; i++) {
		/* A title may be wider than what is to the left of it. */
		if (c->at[i].width == 0 || x < c->at[i].x ||
		    x >= c->at[i].x + c->at[i].width)
			continue;
		*ret = columns[i].sort;
		return true;
	}
	return false;
}

static const char *
title_of(const struct table *t, enum column_kind kind)
{
	static const char *const names[GRAIN_NR] = {
	    [GRAIN_FUNCTION] = "FUNCTION",
	    [GRAIN_LINE] = "LINE OF",
	    [GRAIN_OBJECT] = "OBJECT",
	    [GRAIN_ADDRESS] = "ADDRESS",
	};

	return kind == COLUMN_NAME ? names[t->grain] : columns[kind].title;
}

/* The column that the rows are sorted by is bold and bears a mark. */
static void
draw_head(
    struct canvas *c, int y, const struct table *t, enum column_kind kind)
{
	bool is_sorted = columns[kind].sort == t->sort &&
	    kind != COLUMN_SELF && kind != COLUMN_TOTAL;
	const char *down = c->utf8 ? "\u25be" : "v";
	const char *up = c->utf8 ? "\u25b4" : "^";
	bool is_falling = (kind <= COLUMN_TOTAL) != t->inverted;
	char text[32];

	(void)snprintf(text, sizeof(text), "%s%s", title_of(t, kind),
	    !is_sorted	 ? ""
		: is_falling ? down
			     : up);
	if (columns[kind].is_number)
		canvas_text_right(c, y, t->columns->at[kind].x,
		    t->columns->at[kind].width, PAINT_HEAD, text);
	else
		canvas_text(c, y, t->columns->at[kind].x,
		    t->columns->at[kind].width, PAINT_HEAD, text);
}

void
table_draw_heads(struct canvas *c, int y, const struct table *t)
{
	canvas_text(c, y, 0, c->columns, PAINT_HEAD,
	    t->sort == SORT_TREND ? "*" : "");
	for (int i = 0; i < COLUMN_NR; i++)
		if (t->columns->at[i].width > 0)
			draw_head(c, y, t, (enum column_kind)i);
}

static void
draw_trend(struct canvas *c, int y, enum view_trend trend, unsigned paint)
{
	const char *text = "";

	if (trend == TREND_UP)
		text = c->utf8 ? "\u25b2" : "^";
	else if (trend == TREND_DOWN)
		text = c->utf8 ? "\u25bc" : "v";
	if (paint == PAINT_PLAIN && trend != TREND_NONE)
		paint = trend == TREND_UP ? PAINT_UP : PAINT_DOWN;
	canvas_text(c, y, 0, 1, paint, text);
}

static void
draw_number(struct canvas *c, int y, const struct table *t,
    enum column_kind kind, unsigned paint, uint64_t value)
{
	char buf[UNITS_SIZE];

	if (t->columns->at[kind].width == 0)
		return;
	if (kind == COLUMN_SELF_SHARE || kind == COLUMN_TOTAL_SHARE)
		units_share(buf, value, t->view->all);
	else
		units_time(buf, value);
	if (value == 0 && paint == PAINT_PLAIN)
		paint = PAINT_WEAK;
	canvas_text_right(c, y, t->columns->at[kind].x,
	    t->columns->at[kind].width, paint, buf);
}

static void
draw_file(struct canvas *c, int y, const struct table *t, unsigned paint,
    const struct view_key *key)
{
	const char *slash = strrchr(key->file, '/');
	const char *base = slash != NULL ? slash + 1 : key->file;
	char text[512];

	if (key->line != 0)
		(void)snprintf(text, sizeof(text), "%s:%" PRIu32, base,
		    key->line);
	else
		(void)snprintf(text, sizeof(text), "%s", base);
	canvas_name(c, y, t->columns->at[COLUMN_FILE].x,
	    t->columns->at[COLUMN_FILE].width, paint, text);
}

static void
draw_process(struct canvas *c, int y, const struct table *t, unsigned paint,
    pid_t pid)
{
	const char *comm = "";
	char text[64];

	for (size_t i = 0; i < t->head->n_processes; i++)
		if (t->head->processes[i].pid == pid)
			comm = t->head->processes[i].comm;
	(void)snprintf(text, sizeof(text), "%d %s", pid, comm);
	canvas_text(c, y, t->columns->at[COLUMN_PROCESS].x,
	    t->columns->at[COLUMN_PROCESS].width, paint, text);
}

static void
draw_name(struct canvas *c, int y, const struct table *t, size_t line,
    unsigned paint, const struct view_key *key)
{
	int x = t->columns->at[COLUMN_NAME].x;
	int width = t->columns->at[COLUMN_NAME].width;
	int used = 0;

	if (t->fold != NULL)
		used = tree_draw_branch(c, y, x, width, paint, t->view, t->fold,
		    &t->lines->lines[line]);
	if (paint == PAINT_PLAIN && t->search != NULL &&
	    regexec(t->search, key->name, 0, NULL, 0) == 0)
		paint = PAINT_MATCH;
	else if (paint == PAINT_PLAIN && key->is_marker)
		paint = PAINT_WEAK;
	canvas_name(c, y, x + used, width - used, paint, key->name);
}

void
table_draw_row(
    struct canvas *c, int y, const struct table *t, size_t line, bool chosen)
{
	const struct view_row *row = &t->view->rows[t->lines->lines[line].row];
	struct view_key key = view_key(t->viewer, row->key);
	unsigned paint = chosen ? PAINT_CURSOR : PAINT_PLAIN;

	canvas_text(c, y, 0, c->columns, paint, "");
	draw_trend(c, y, row->trend, paint);
	draw_number(c, y, t, COLUMN_SELF_SHARE, paint, row->self);
	draw_number(c, y, t, COLUMN_TOTAL_SHARE, paint, row->total);
	draw_number(c, y, t, COLUMN_SELF, paint, row->self);
	draw_number(c, y, t, COLUMN_TOTAL, paint, row->total);
	draw_name(c, y, t, line, paint, &key);
	if (t->columns->at[COLUMN_FILE].width > 0)
		draw_file(c, y, t, paint, &key);
	if (t->columns->at[COLUMN_OBJECT].width > 0)
		canvas_name(c, y, t->columns->at[COLUMN_OBJECT].x,
		    t->columns->at[COLUMN_OBJECT].width, paint, key.object);
	if (t->columns->at[COLUMN_PROCESS].width > 0 && row->pid != 0)
		draw_process(c, y, t, paint, row->pid);
}
