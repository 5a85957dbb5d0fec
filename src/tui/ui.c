/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui.h"

#include "base/xalloc.h"
#include "tui/screen.h"
#include "tui/ui_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is listed behind the chosen row: it may have moved there. */
#define PAGES_AHEAD 4

int
ui_open(const struct ui_opts *opts, struct ui **ret, struct err *err)
{
	struct ui *ui = xcalloc(1, sizeof(*ui));
	int r = screen_open(opts->color, &ui->canvas, err);

	if (r < 0) {
		free(ui);
		return r;
	}
	state_init(&ui->state, opts);
	ui->asking = ASKING_NOTHING;
	*ret = ui;
	return 0;
}

void
ui_close(struct ui *ui)
{
	if (ui == NULL)
		return;
	screen_close();
	state_deinit(&ui->state);
	lines_deinit(&ui->lines);
	flame_deinit(&ui->flame);
	free(ui->threads);
	free(ui);
}

void
ui_leave(struct ui *ui)
{
	(void)ui;
	screen_leave();
}

void
ui_enter(struct ui *ui)
{
	screen_enter(&ui->canvas);
}

void
ui_emergency(void)
{
	screen_emergency();
}

void
ui_resized(struct ui *ui)
{
	ui->is_resized = true;
}

const struct ui_settings *
ui_settings(const struct ui *ui)
{
	return &ui->state.settings;
}

enum ui_screen
ui_screen(const struct ui *ui)
{
	return ui->state.screen;
}

bool
ui_is_paused(const struct ui *ui)
{
	return ui->state.is_paused;
}

void
ui_visible_threads(const struct ui *ui, size_t *first, size_t *n)
{
	const struct place *place = &ui->state.places[UI_THREADS];

	*first = place->top;
	*n = ui->page;
}

void
ui_message(struct ui *ui, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(ui->message, sizeof(ui->message), fmt, ap);
	va_end(ap);
}

/* --- the question to the profile */

/* Nobody has chosen a function: the one at the top of all. */
static void
choose_hottest(struct ui *ui, const struct ui_data *data)
{
	struct view_opts opts = state_question(&ui->state);
	const struct view *view;
	struct view_key key;

	opts.kind = VIEW_FLAT;
	opts.sort = SORT_SELF;
	opts.inverted = false;
	view = view_build(data->viewer, &opts, data->window);
	for (uint32_t row = view->first_root; row != VIEW_NONE;
	     row = view->rows[row].next) {
		key = view_key(data->viewer, view->rows[row].key);
		if (!key.is_marker) {
			state_choose_callee(&ui->state, key.name, key.object);
			return;
		}
	}
}

static uint32_t
callee(struct ui *ui, const struct ui_data *data)
{
	if (ui->state.callee == NULL)
		choose_hottest(ui, data);
	if (ui->state.callee == NULL)
		return VIEW_NONE;
	return view_find(data->viewer, ui->state.grain, ui->state.callee,
	    ui->state.callee_object);
}

static void
build_view(struct ui *ui, const struct ui_data *data)
{
	struct view_opts opts = state_question(&ui->state);
	const struct view_move *moves;
	size_t n_moves;

	if (opts.kind == VIEW_CALLERS)
		opts.callers_of = callee(ui, data);
	ui->view = view_build(data->viewer, &opts, data->window);
	moves = view_take_moves(data->viewer, &n_moves);
	state_follow(&ui->state, moves, n_moves);
	ui->viewer = data->viewer;
	ui->built++;
	ui->answered = ui->state.question;
}

/* A held picture is built again only where another one was asked for. */
static bool
is_out_of_date(const struct ui *ui, const struct ui_data *data)
{
	if (!ui_has_answer(ui))
		return true;
	return !ui->state.is_paused && !data->is_known;
}

static void
list_threads(struct ui *ui, const struct ui_data *data)
{
	if (ui->cap_threads < data->n_threads) {
		ui->cap_threads = data->n_threads;
		ui->threads = xreallocarray(
		    ui->threads, ui->cap_threads, sizeof(*ui->threads));
	}
	ui->n_threads = data->n_threads;
	for (size_t i = 0; i < data->n_threads; i++)
		ui->threads[i] =
		    thread_id(data->threads[i].pid, data->threads[i].tid);
	place_settle(
	    state_place(&ui->state), ui->threads, ui->n_threads, ui->page);
}

/*
 * The chosen row is mostly where it was, or near: where it is not, it is looked
 * for in all there are.
 */
static void
find_place(struct ui *ui)
{
	struct place *place = state_place(&ui->state);
	const struct fold *fold = state_fold(&ui->state);
	struct lines *l = &ui->lines;

	lines_reach(l, ui->view, fold, place->at + PAGES_AHEAD * ui->page);
	place_settle(place, l->ids, l->n, ui->page);
	if (!place->is_chosen || l->n == 0 || l->ids[place->at] == place->id)
		return;
	lines_reach(l, ui->view, fold, SIZE_MAX);
	place_settle(place, l->ids, l->n, ui->page);
}

/* Not for each row that a cursor moves: a tree can have very many. */
static void
list_rows(struct ui *ui)
{
	struct fold *fold = state_fold(&ui->state);
	bool is_same = ui->listed == ui->built;

	if (fold != NULL && !is_same)
		fold_follow_hot(fold, ui->view);
	if (!is_same || (fold != NULL && ui->listed_folds != fold->changes)) {
		lines_begin(&ui->lines, ui->view);
		ui->listed = ui->built;
		ui->listed_folds = fold != NULL ? fold->changes : 0;
	}
	find_place(ui);
}

static void
settle(struct ui *ui, const struct ui_data *data)
{
	int page = ui->canvas.rows - UI_FIRST_ROW - 1;

	ui->page = page > 0 ? (size_t)page : 0;
	if (ui->state.screen == UI_THREADS) {
		list_threads(ui, data);
		return;
	}
	if (is_out_of_date(ui, data))
		build_view(ui, data);
	if (ui->state.screen == UI_FLAME)
		flame_screen_settle(ui);
	else
		list_rows(ui);
}

void
ui_draw(struct ui *ui, const struct ui_data *data)
{
	/* The next keys go by these rows, whether they can be seen or not. */
	if (!ui_is_too_small(ui))
		settle(ui, data);
	ui->is_left_out = screen_is_behind();
	if (ui->is_left_out)
		return;
	picture_draw(ui, data);
	screen_update();
}

int
ui_fd(const struct ui *ui)
{
	(void)ui;
	return screen_fd();
}

bool
ui_send(struct ui *ui)
{
	return !screen_is_behind() && ui->is_left_out;
}
