/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui_private.h"

#include "tui/head.h"
#include "tui/screen.h"

#include <curses.h>
#include <stdio.h>

/* Rows a turn of the wheel goes. */
#define WHEEL 3

/* --- prompts */

static void
ask(struct ui *ui, enum asking what)
{
	ui->asking = what;
	if (what < ASKING_NR)
		prompt_start(&ui->prompts[what]);
}

static void
ask_filter(struct ui *ui, enum view_field field)
{
	ui->asked_field = field;
	ask(ui, ASKING_FILTER);
}

static enum ui_event
take_answer(struct ui *ui, enum asking what, const char *text)
{
	struct state *s = &ui->state;

	switch ((int)what) {
	case ASKING_SEARCH:
		if (state_set_search(s, text) && s->search.is_set)
			find_match(ui, false);
		break;
	case ASKING_FILTER:
		(void)state_set_filter(s, ui->asked_field, text);
		break;
	default:
		if (*text != '\0' && state_set_delay(s, text))
			return UI_SETTINGS;
		break;
	}
	return UI_REDRAW;
}

static enum ui_event
answer(struct ui *ui, int code)
{
	enum asking what = ui->asking;
	struct prompt *p = &ui->prompts[what];

	if (code == '\t' && what == ASKING_FILTER) {
		ui->asked_field =
		    (enum view_field)((ui->asked_field + 1) %
			(FIELD_THREAD + 1));
		return UI_REDRAW;
	}
	switch (prompt_key(p, code)) {
	case PROMPT_ENTERED:
		ui->asking = ASKING_NOTHING;
		return take_answer(ui, what, p->text);
	case PROMPT_GIVEN_UP:
		ui->asking = ASKING_NOTHING;
		break;
	case PROMPT_GOES_ON:
	case PROMPT_UNKNOWN_KEY:
		break;
	}
	return UI_REDRAW;
}

static enum ui_event
answer_write(struct ui *ui, int code)
{
	ui->asking = ASKING_NOTHING;
	if (code == 'w' || code == 'W' || code == '\r')
		return UI_WRITE_WINDOW;
	if (code == 'a' || code == 'A')
		return UI_WRITE_ALL;
	ui_message(ui, "nothing written");
	return UI_REDRAW;
}

/* --- help */

static enum ui_event
act_on_help(struct ui *ui, enum act act)
{
	int page = ui->canvas.rows - UI_HEADS_Y - 2;
	int *top = &ui->state.help_top;

	switch ((int)act) {
	case ACT_UP:
		--*top;
		break;
	case ACT_DOWN:
		++*top;
		break;
	case ACT_PAGE_UP:
		*top -= page;
		break;
	case ACT_PAGE_DOWN:
	case ACT_PAUSE:
		*top += page;
		break;
	case ACT_SUSPEND:
		return UI_SUSPEND;
	default:
		ui->state.has_help = false;
		break;
	}
	if (*top > ui->help_max_top)
		*top = ui->help_max_top;
	if (*top < 0)
		*top = 0;
	return UI_REDRAW;
}

/* --- rows */

static bool
has_rows(const struct ui *ui)
{
	return ui_has_answer(ui) &&
	    ui->state.screen != UI_THREADS && ui->state.screen != UI_FLAME &&
	    ui->lines.n > 0;
}

/* The row that is chosen; VIEW_NONE. */
static uint32_t
chosen_row(const struct ui *ui)
{
	const struct place *place = &ui->state.places[ui->state.screen];

	if (has_rows(ui))
		return ui->lines.lines[place->at].row;
	if (ui->state.screen == UI_FLAME && ui->view != NULL &&
	    place->is_chosen)
		return view_row_of_id(ui->view, place->id);
	return VIEW_NONE;
}

static void
show_callers(struct ui *ui)
{
	uint32_t row = chosen_row(ui);
	struct view_key key;

	if (row != VIEW_NONE) {
		key = view_key(ui->viewer, ui->view->rows[row].key);
		state_choose_callee(&ui->state, key.name, key.object);
	}
	state_show(&ui->state, UI_CALLERS);
}

static void
pick_thread(struct ui *ui)
{
	size_t at = ui->state.places[UI_THREADS].at;

	if (at >= ui->n_threads)
		return;
	state_choose_thread(&ui->state, (pid_t)(ui->threads[at] >> 32),
	    (pid_t)(uint32_t)ui->threads[at]);
	state_show(&ui->state, ui->state.stacks);
}

/* In a list of threads there is nothing but moves. */
static bool
move_in_threads(struct ui *ui, enum act act)
{
	static const struct view none = {.first_root = VIEW_NONE};
	struct lines lines = {.ids = ui->threads, .n = ui->n_threads};

	if (act == ACT_ENTER) {
		pick_thread(ui);
		return true;
	}
	return state_move(&ui->state, act, &none, &lines, ui->page);
}

/* There are to be so many lines to move in, if there are. */
static void
reach(struct ui *ui, size_t n)
{
	if (ui->listed == ui->built)
		lines_reach(
		    &ui->lines, ui->view, state_fold(&ui->state), n);
}

static bool
move_in_rows(struct ui *ui, enum act act)
{
	if (ui->state.screen == UI_THREADS)
		return move_in_threads(ui, act);
	if (!ui_has_answer(ui))
		return false;
	if (ui->state.screen == UI_FLAME)
		return flame_screen_act(ui, act);
	if (act == ACT_ENTER && ui->state.screen == UI_FLAT) {
		show_callers(ui);
		return true;
	}
	reach(ui, act == ACT_LAST ? SIZE_MAX : state_place(&ui->state)->at +
		      ui->page + 1);
	return state_move(&ui->state, act, ui->view, &ui->lines, ui->page);
}

/* --- clicks */

static enum ui_event
click_row(struct ui *ui, size_t row)
{
	const uint64_t *ids = ui->lines.ids;
	size_t n = has_rows(ui) ? ui->lines.n : 0;
	struct place *place = state_place(&ui->state);

	if (ui->state.screen == UI_THREADS) {
		ids = ui->threads;
		n = ui->n_threads;
	}
	if (row >= ui->page || place->top + row >= n)
		return UI_NONE;
	place_choose(place, ids, n, place->top + row);
	if (ui_is_second_click(ui, place->id))
		(void)move_in_rows(ui, ACT_ENTER);
	return UI_REDRAW;
}

static enum ui_event
click(struct ui *ui, int y, int x)
{
	enum view_sort sort;

	if (y == ui->canvas.rows - 1)
		return UI_NONE;
	if (ui->state.screen == UI_FLAME) {
		if (ui_has_answer(ui))
			flame_screen_click(ui, y, x);
		return UI_REDRAW;
	}
	if (y >= UI_FIRST_ROW)
		return click_row(ui, (size_t)(y - UI_FIRST_ROW));
	if (y == UI_HEADS_Y && ui->state.screen != UI_THREADS &&
	    columns_sort_at(&ui->columns, x, &sort)) {
		state_sort_by(&ui->state, sort);
		return UI_REDRAW;
	}
	return UI_NONE;
}

static enum ui_event
turn_wheel(struct ui *ui, long rows)
{
	struct place *place = state_place(&ui->state);

	if (ui->state.screen == UI_FLAME) {
		(void)move_in_rows(ui, rows < 0 ? ACT_UP : ACT_DOWN);
		return UI_REDRAW;
	}
	if (ui->state.screen == UI_THREADS)
		place_scroll(place, ui->threads, ui->n_threads, ui->page, rows);
	else if (has_rows(ui)) {
		reach(ui, place->top + ui->page + WHEEL);
		place_scroll(
		    place, ui->lines.ids, ui->lines.n, ui->page, rows);
	}
	return UI_REDRAW;
}

static enum ui_event
point(struct ui *ui)
{
	int y = 0, x = 0;
	enum mouse_act act = screen_mouse(&y, &x);

	if (act == MOUSE_NONE || ui->asking != ASKING_NOTHING ||
	    ui_is_too_small(ui))
		return UI_NONE;
	if (ui->state.has_help)
		return act_on_help(ui,
		    act == MOUSE_CLICK		? ACT_ENTER
			: act == MOUSE_WHEEL_UP ? ACT_UP
						: ACT_DOWN);
	if (act == MOUSE_CLICK)
		return click(ui, y, x);
	return turn_wheel(ui, act == MOUSE_WHEEL_UP ? -WHEEL : WHEEL);
}

/* --- keys */

static enum ui_event
act_on_rows(struct ui *ui, enum act act)
{
	if (!move_in_rows(ui, act))
		return UI_NONE;
	return UI_REDRAW;
}

static enum ui_event
act_on_state(struct ui *ui, enum act act, int code)
{
	enum ui_event event = state_act(&ui->state, act, code);

	if (ui->state.said[0] != '\0')
		ui_message(ui, "%s", ui->state.said);
	if (event == UI_NONE)
		return act_on_rows(ui, act);
	return event;
}

static enum ui_event
act(struct ui *ui, enum act act, int code)
{
	switch ((int)act) {
	case ACT_SEARCH:
		ask(ui, ASKING_SEARCH);
		break;
	case ACT_FILTER:
		ask_filter(ui, FIELD_FUNCTION);
		break;
	case ACT_FILTER_THREADS:
		ask_filter(ui, FIELD_THREAD);
		break;
	case ACT_DELAY:
		ask(ui, ASKING_DELAY);
		break;
	case ACT_WRITE:
		ask(ui, ASKING_WRITE);
		break;
	case ACT_SEARCH_NEXT:
	case ACT_SEARCH_PREVIOUS:
		find_match(ui, act == ACT_SEARCH_PREVIOUS);
		break;
	case ACT_CALLERS:
		show_callers(ui);
		break;
	case ACT_REDRAW:
		screen_redraw();
		break;
	case ACT_NONE:
		ui_message(ui, "press ? for keys");
		break;
	default:
		return act_on_state(ui, act, code);
	}
	return UI_REDRAW;
}

static enum ui_event
type(struct ui *ui, int code)
{
	enum act what = keys_find(code);
	enum ui_event event;

	if (code == FUNCTION_KEY(KEY_RESIZE))
		return UI_NONE;
	if (code == FUNCTION_KEY(KEY_MOUSE))
		return point(ui);
	ui->message[0] = '\0';
	ui->state.said[0] = '\0';
	ui->was_clicked = false;
	if (what == ACT_SUSPEND)
		return UI_SUSPEND;
	if (ui->asking == ASKING_WRITE)
		return answer_write(ui, code);
	if (ui->asking != ASKING_NOTHING) {
		event = answer(ui, code);
		if (ui->state.said[0] != '\0')
			ui_message(ui, "%s", ui->state.said);
		return event;
	}
	if (ui->state.has_help && code != CONTROL_KEY('c'))
		return act_on_help(ui, what);
	event = act(ui, what, code);
	/* The message that stood there is gone. */
	return event == UI_NONE ? UI_REDRAW : event;
}

enum ui_event
ui_key(struct ui *ui)
{
	enum ui_event event = UI_NONE;
	int code;

	if (ui->is_resized) {
		ui->is_resized = false;
		if (screen_fit(&ui->canvas))
			return UI_REDRAW;
	}
	while (event == UI_NONE) {
		code = screen_key();
		if (code == 0)
			return UI_NONE;
		event = code < 0 ? UI_QUIT : type(ui, code);
	}
	return event;
}
