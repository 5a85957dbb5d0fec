/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui_private.h"

#include "base/attr.h"
#include "tui/fit.h"
#include "tui/head.h"
#include "tui/help.h"
#include "tui/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

static void
draw_head_line(struct canvas *c, int y, struct head_line *line)
{
	int x = 0;

	head_fit(line, c->columns);
	canvas_clear_row(c, y);
	for (size_t i = 0; i < line->n; i++) {
		const struct head_part *part = &line->parts[i];
		int cells;

		free(fit_text(part->text, c->columns, c->utf8, &cells));
		if (i == line->n - 1 && line->last_at_right)
			x = c->columns - cells;
		canvas_text(c, y, x, cells, part->paint, part->text);
		x += cells + GAP;
	}
}

static void
draw_head(struct ui *ui, const struct top_head *head)
{
	struct head_marks marks = {
	    .is_paused = ui->state.is_paused,
	    .only_tid = ui->state.only_tid,
	};
	struct head_line lines[HEAD_LINES];

	head_lines(head, &marks, lines);
	for (int y = 0; y < HEAD_LINES; y++)
		draw_head_line(&ui->canvas, y, &lines[y]);
}

/* --- the list */

static const char *
why_empty(const struct ui *ui)
{
	if (ui->state.filter.is_set && ui->view->all_n > 0)
		return "nothing in this window matches the filter: Esc clears "
		       "it";
	if (ui->state.only_tid != 0)
		return "no samples of this thread in this window";
	if (ui->state.screen == UI_CALLERS && ui->view->all_n > 0)
		return "no samples of this function in this window";
	if (ui->state.settings.measure == MEASURE_WALL)
		return "no samples in this window so far";
	return "no samples in this window: no CPU was used; a shows where it "
	       "waits";
}

static void
draw_list(struct ui *ui, const struct ui_data *data)
{
	struct canvas *c = &ui->canvas;
	const struct place *place = state_place(&ui->state);
	struct table t = {
	    .view = ui->view,
	    .viewer = data->viewer,
	    .lines = &ui->lines,
	    .fold = state_fold(&ui->state),
	    .columns = &ui->columns,
	    .head = data->head,
	    .search = ui->state.search.is_set ? &ui->state.search.re : NULL,
	    .sort = state_order(&ui->state)->sort,
	    .inverted = state_order(&ui->state)->inverted,
	    .grain = ui->state.grain,
	};

	columns_fit(&ui->columns, c->columns,
	    ui->state.several && ui->state.screen == UI_FLAT);
	table_draw_heads(c, UI_HEADS_Y, &t);
	for (size_t i = 0; i < ui->page; i++) {
		int y = UI_FIRST_ROW + (int)i;
		size_t line = place->top + i;

		if (line < ui->lines.n)
			table_draw_row(c, y, &t, line, line == place->at);
		else
			canvas_clear_row(c, y);
	}
	if (ui->lines.n == 0 && ui->page > 1)
		canvas_text(c, UI_FIRST_ROW + 1, 2, c->columns - 2, PAINT_WEAK,
		    why_empty(ui));
}

/* --- the last line */

static void
draw_prompt(struct ui *ui, int y)
{
	const struct prompt *p = &ui->prompts[ui->asking];
	struct canvas *c = &ui->canvas;
	char label[64];
	size_t start = 0;
	int x, cells;

	if (ui->asking == ASKING_FILTER)
		(void)snprintf(label, sizeof(label), "filter by %s (Tab): ",
		    state_field_name(ui->asked_field));
	else
		(void)snprintf(label, sizeof(label), "%s",
		    ui->asking == ASKING_SEARCH ? "search: "
						: "seconds between refreshes: ");
	x = (int)strlen(label);
	canvas_text(c, y, 0, x, PAINT_STRONG, label);
	/* The beginning leaves the line so that the cursor stays on it. */
	for (;; start++) {
		char *before = strndup(p->text + start, p->at - start);

		free(fit_text(before != NULL ? before : "", PROMPT_SIZE,
		    c->utf8, &cells));
		free(before);
		if (x + cells < c->columns || start >= p->at)
			break;
	}
	canvas_text(c, y, x, c->columns - x, PAINT_PLAIN, p->text + start);
	screen_cursor(y, x + cells);
}

static void
describe_patterns(const struct state *s, char *buf, size_t size)
{
	int n = 0;

	buf[0] = '\0';
	if (s->filter.is_set)
		n = snprintf(buf, size, "only %s /%.60s/  ",
		    state_field_name(s->filter_field), s->filter.text);
	if (s->search.is_set && (size_t)n < size)
		(void)snprintf(buf + n, size - (size_t)n, "found /%.60s/",
		    s->search.text);
}

static void
draw_tabs(struct ui *ui, int y, int width)
{
	static const char *const names[UI_SCREENS] = {
	    [UI_FLAT] = "functions",
	    [UI_TREE] = "tree",
	    [UI_CALLERS] = "callers",
	    [UI_FLAME] = "flame",
	    [UI_THREADS] = "threads",
	};
	int x = 0;

	for (int i = 0; i < UI_SCREENS; i++) {
		bool is_shown = i == (int)ui->state.screen;
		char text[16];
		int cells = snprintf(text, sizeof(text),
		    is_shown ? "[%s]" : "%s", names[i]);

		if (x + cells > width)
			return;
		canvas_text(&ui->canvas, y, x, cells,
		    is_shown ? PAINT_STRONG : PAINT_PLAIN, text);
		x += cells + 1;
	}
}

static void
draw_words(struct ui *ui, int y)
{
	struct canvas *c = &ui->canvas;
	char patterns[192];
	int cells, width = c->columns;

	describe_patterns(&ui->state, patterns, sizeof(patterns));
	free(fit_text(patterns, width / 2, c->utf8, &cells));
	if (cells > 0) {
		width -= cells + 1;
		canvas_text(c, y, width + 1, cells, PAINT_WARN, patterns);
	}
	draw_tabs(ui, y, width);
}

static void
draw_last_line(struct ui *ui)
{
	struct canvas *c = &ui->canvas;
	int y = c->rows - 1;

	canvas_clear_row(c, y);
	screen_cursor(y, -1);
	if (ui->state.has_help)
		canvas_text(c, y, 0, c->columns, PAINT_STRONG,
		    "any key closes this; arrows scroll");
	else if (ui->asking < ASKING_NR)
		draw_prompt(ui, y);
	else if (ui->asking == ASKING_WRITE)
		canvas_text(c, y, 0, c->columns, PAINT_STRONG,
		    "write a pprof file of the [w]indow or of [a]ll?");
	else if (ui->message[0] != '\0')
		canvas_text(c, y, 0, c->columns, PAINT_STRONG, ui->message);
	else
		draw_words(ui, y);
}

/* Word by word, for there may not be room for one line either. */
static void
draw_too_small(struct canvas *c)
{
	char text[80], *rest = text, *word;
	int y = 0, x = 0;

	(void)snprintf(text, sizeof(text),
	    "terminal too small (have %dx%d, need %dx%d)", c->columns, c->rows,
	    UI_MIN_COLUMNS, UI_MIN_ROWS);
	for (int i = 0; i < c->rows; i++)
		canvas_clear_row(c, i);
	while ((word = strsep(&rest, " ")) != NULL) {
		int cells = (int)strlen(word);

		if (x > 0 && x + cells > c->columns) {
			x = 0;
			y++;
		}
		canvas_text(c, y, x, cells, PAINT_PLAIN, word);
		x += cells + 1;
	}
	screen_cursor(0, -1);
}

void
picture_draw(struct ui *ui, const struct ui_data *data)
{
	struct canvas *c = &ui->canvas;

	if (ui_is_too_small(ui)) {
		draw_too_small(c);
		return;
	}
	draw_head(ui, data->head);
	if (ui->state.has_help)
		ui->help_max_top = help_draw(
		    c, UI_HEADS_Y, c->rows - 2, ui->state.help_top, data->stats);
	else if (ui->state.screen == UI_FLAME)
		flame_screen_draw(ui, data);
	else if (ui->state.screen == UI_THREADS)
		threads_screen_draw(ui, data);
	else
		draw_list(ui, data);
	draw_last_line(ui);
}
