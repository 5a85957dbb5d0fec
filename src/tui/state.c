/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/state.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/pattern.h"
#include "base/xalloc.h"
#include "tui/units.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What `w` goes through; 0: since the start. */
static const uint64_t windows[] = {
    5 * NS_PER_SEC, 30 * NS_PER_SEC, 60 * NS_PER_SEC, 0};
static const unsigned rates[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

/* A refresh more often than that could not be read, and one an hour is none. */
#define MIN_DELAY_NS (NS_PER_SEC / 10)
#define MAX_DELAY_NS (3600 * NS_PER_SEC)

static void
say(struct state *s, const char *fmt, ...) printf_like(2, 3);

static void
say(struct state *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->said, sizeof(s->said), fmt, ap);
	va_end(ap);
}

void
state_init(struct state *s, const struct ui_opts *opts)
{
	*s = (struct state){
	    .grain = opts->grain,
	    .several = opts->several,
	    .settings = opts->settings,
	    .max_rate = opts->max_rate,
	    .may_kernel = opts->may_kernel,
	};
	/* Self is of little use in a tree: its leaves have it. */
	for (int i = 0; i < UI_SCREENS; i++)
		s->orders[i].sort = i != UI_FLAT && opts->sort == SORT_SELF
		    ? SORT_TOTAL
		    : opts->sort;
	/* Frames keep their places while their shares change. */
	s->orders[UI_FLAME].sort = SORT_NAME;
	state_show(s, opts->screen);
}

static void
pattern_deinit(struct pattern *p)
{
	if (p->is_set)
		regfree(&p->re);
	*p = (struct pattern){0};
}

void
state_deinit(struct state *s)
{
	pattern_deinit(&s->search);
	pattern_deinit(&s->filter);
	fold_deinit(&s->tree);
	fold_deinit(&s->callers);
	free(s->callee);
	free(s->callee_object);
}

/* --- the question */

static bool
has_capital(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			return true;
	return false;
}

static bool
pattern_set(struct state *s, struct pattern *p, const char *text)
{
	struct pattern new = {0};
	char why[96];

	if (*text == '\0') {
		pattern_deinit(p);
		return true;
	}
	if (!pattern_compile(&new.re, text, has_capital(text) ? 0 : REG_ICASE,
		why, sizeof(why))) {
		say(s, "not a regular expression: %s", why);
		return false;
	}
	new.is_set = true;
	(void)snprintf(new.text, sizeof(new.text), "%s", text);
	pattern_deinit(p);
	*p = new;
	return true;
}

bool
state_set_search(struct state *s, const char *text)
{
	return pattern_set(s, &s->search, text);
}

bool
state_set_filter(struct state *s, enum view_field field, const char *text)
{
	if (!pattern_set(s, &s->filter, text))
		return false;
	s->filter_field = field;
	s->filter_serial++;
	s->question++;
	return true;
}

bool
state_set_delay(struct state *s, const char *text)
{
	uint64_t ns;

	if (!parse_duration(text, &ns)) {
		say(s, "a delay is like 2, 0.5 or 500ms");
		return false;
	}
	if (ns < MIN_DELAY_NS || ns > MAX_DELAY_NS) {
		say(s, "a delay is from 100ms to 1h");
		return false;
	}
	s->settings.delay_ns = ns;
	return true;
}

const char *
state_field_name(enum view_field field)
{
	static const char *const names[] = {
	    [FIELD_FUNCTION] = "function",
	    [FIELD_FILE] = "file",
	    [FIELD_OBJECT] = "object",
	    [FIELD_THREAD] = "thread",
	};

	return names[field];
}

void
state_choose_callee(struct state *s, const char *name, const char *object)
{
	char *new_name = xstrdup(name), *new_object = xstrdup(object);

	free(s->callee);
	free(s->callee_object);
	s->callee = new_name;
	s->callee_object = new_object;
	s->question++;
	fold_deinit(&s->callers);
	place_first(&s->places[UI_CALLERS]);
}

void
state_choose_thread(struct state *s, pid_t pid, pid_t tid)
{
	s->only_pid = pid;
	s->only_tid = tid;
	s->question++;
}

struct view_opts
state_question(const struct state *s)
{
	struct view_opts opts = {
	    .kind = VIEW_TREE,
	    .grain = s->grain,
	    .sort = s->orders[s->screen].sort,
	    .measure = s->settings.measure,
	    .inverted = s->orders[s->screen].inverted,
	    .filter = s->filter.is_set ? &s->filter.re : NULL,
	    .filter_field = s->filter_field,
	    .filter_serial = s->filter_serial,
	    .only_pid = s->only_pid,
	    .only_tid = s->only_tid,
	    .callers_of = VIEW_NONE,
	    .by_process = s->several,
	};

	if (s->screen == UI_FLAT)
		opts.kind = VIEW_FLAT;
	else if (s->screen == UI_CALLERS)
		opts.kind = VIEW_CALLERS;
	return opts;
}

/* --- what is shown */

void
state_show(struct state *s, enum ui_screen screen)
{
	s->screen = screen;
	s->question++;
	if (screen != UI_THREADS)
		s->stacks = screen;
}

static void
step_screen(struct state *s, int by)
{
	state_show(s,
	    (enum ui_screen)(((int)s->screen + by + UI_SCREENS) % UI_SCREENS));
}

/* The screen, or the table of functions if it is there already. */
static void
toggle_screen(struct state *s, enum ui_screen screen)
{
	if (s->screen != screen)
		state_show(s, screen);
	else
		state_show(s, screen == UI_THREADS ? s->stacks : UI_FLAT);
}

struct fold *
state_fold(struct state *s)
{
	if (s->screen == UI_TREE)
		return &s->tree;
	return s->screen == UI_CALLERS ? &s->callers : NULL;
}

static void
follow(uint64_t *id, const struct view_move *move)
{
	if (*id == move->from)
		*id = move->to;
}

void
state_follow(struct state *s, const struct view_move *moves, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fold_carry(&s->tree, moves[i].from, moves[i].to);
		fold_carry(&s->callers, moves[i].from, moves[i].to);
		for (int k = 0; k < UI_SCREENS; k++)
			follow(&s->places[k].id, &moves[i]);
		follow(&s->zoom, &moves[i]);
	}
}

struct place *
state_place(struct state *s)
{
	return &s->places[s->screen];
}

struct order *
state_order(struct state *s)
{
	return &s->orders[s->screen];
}

/* A step out of what was gone into. */
static void
go_back(struct state *s)
{
	if (s->screen == UI_FLAME && s->zoom != 0)
		s->zoom = 0;
	else if (s->screen == UI_THREADS)
		state_show(s, s->stacks);
	else if (s->only_tid != 0)
		state_choose_thread(s, 0, 0);
	else if (s->screen != UI_FLAT)
		state_show(s, UI_FLAT);
}

static void
clear(struct state *s)
{
	if (!s->search.is_set && !s->filter.is_set) {
		go_back(s);
		return;
	}
	pattern_deinit(&s->search);
	(void)state_set_filter(s, s->filter_field, "");
}

/* --- sorting */

static const char *const sort_names[] = {
    [SORT_SELF] = "self",
    [SORT_TOTAL] = "total",
    [SORT_NAME] = "name",
    [SORT_FILE] = "file",
    [SORT_OBJECT] = "object",
    [SORT_TREND] = "trend",
    [SORT_PROCESS] = "process",
};

/* The flame graph and the list of threads have orders of their own. */
static bool
can_sort(struct state *s)
{
	if (s->screen != UI_FLAME && s->screen != UI_THREADS)
		return true;
	say(s, "there is nothing to sort here");
	return false;
}

static void
sort_by(struct state *s, enum view_sort sort, bool inverted)
{
	*state_order(s) = (struct order){sort, inverted};
	s->question++;
	say(s, "sorted by %s%s", sort_names[sort],
	    inverted ? ", the other way round" : "");
}

/* Once more the same one: the other way round. */
void
state_sort_by(struct state *s, enum view_sort sort)
{
	struct order *order = state_order(s);

	if (can_sort(s))
		sort_by(s, sort, sort == order->sort && !order->inverted);
}

static int
count_sorts(const struct state *s)
{
	return s->several ? SORT_PROCESS + 1 : SORT_PROCESS;
}

static void
step_sort(struct state *s, int by)
{
	int n = count_sorts(s);

	if (can_sort(s))
		sort_by(s,
		    (enum view_sort)(((int)state_order(s)->sort + by + n) % n),
		    false);
}

static void
invert(struct state *s)
{
	if (can_sort(s))
		sort_by(s, state_order(s)->sort, !state_order(s)->inverted);
}

static void
sort_by_digit(struct state *s, int code)
{
	int sort = code - '1';

	if (sort >= 0 && sort < count_sorts(s))
		state_sort_by(s, (enum view_sort)sort);
	else
		say(s, "there is one process");
}

static void
step_grain(struct state *s)
{
	static const char *const names[GRAIN_NR] = {
	    [GRAIN_FUNCTION] = "functions",
	    [GRAIN_LINE] = "lines",
	    [GRAIN_OBJECT] = "objects",
	    [GRAIN_ADDRESS] = "addresses",
	};

	s->grain = (enum view_grain)((s->grain + 1) % GRAIN_NR);
	s->zoom = 0;
	s->question++;
	say(s, "rows are %s", names[s->grain]);
}

/* --- settings */

/* The next longer one, or after the last the first. */
static void
step_window(struct state *s)
{
	uint64_t ns = s->settings.window_ns;
	char buf[UNITS_SIZE];
	size_t i = 0;

	while (ns != 0 && windows[i] != 0 && windows[i] <= ns)
		i++;
	s->settings.window_ns = windows[i];
	s->question++;
	if (windows[i] == 0)
		say(s, "window: since the start");
	else
		say(s, "window: the last %s",
		    units_span(buf, (double)windows[i] / NS_PER_SEC));
}

/*
 * A picture that is held has nothing of a mode that comes after it: it goes on.
 */
static enum ui_event
switch_mode(struct state *s)
{
	bool is_wall = s->settings.measure == MEASURE_WALL;

	s->settings.measure = is_wall ? MEASURE_CPU : MEASURE_WALL;
	s->is_paused = false;
	s->question++;
	say(s, "%s", is_wall
		? "CPU time: where threads run"
		: "all time from now on: where threads run, wait and sleep");
	return UI_SETTINGS;
}

static enum ui_event
switch_kernel(struct state *s)
{
	if (!s->may_kernel) {
		say(s, "the kernel tells that to those with CAP_SYS_ADMIN alone");
		return UI_REDRAW;
	}
	s->settings.kernel = !s->settings.kernel;
	say(s, "%s%s",
	    s->settings.kernel ? "where in the kernel sleepers sleep, too"
			       : "sleepers without the kernel's frames",
	    s->settings.measure == MEASURE_CPU ? ": a shows sleepers" : "");
	return UI_SETTINGS;
}

static enum ui_event
set_rate(struct state *s, unsigned rate)
{
	if (rate == s->settings.rate) {
		say(s, "the rate stays at %u Hz", rate);
		return UI_REDRAW;
	}
	s->settings.rate = rate;
	say(s, "%u samples a second", rate);
	return UI_SETTINGS;
}

static enum ui_event
slower(struct state *s)
{
	unsigned rate = s->settings.rate;

	for (size_t i = ARRAY_SIZE(rates); i-- > 0;)
		if (rates[i] < rate)
			return set_rate(s, rates[i]);
	return set_rate(s, rate);
}

static enum ui_event
faster(struct state *s)
{
	unsigned rate = s->settings.rate;

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		if (rates[i] > rate && rates[i] <= s->max_rate)
			return set_rate(s, rates[i]);
	return set_rate(s, rate);
}

/* --- keys */

static enum ui_event
reset(struct state *s)
{
	s->question++;
	say(s, "all samples forgotten");
	return UI_RESET;
}

static void
pause_or_go_on(struct state *s)
{
	s->is_paused = !s->is_paused;
	/* What is held, and written, is of this moment: not the last refresh. */
	s->question++;
	say(s, "%s",
	    s->is_paused ? "the picture is held; sampling goes on" : "");
}

static void
open_all(struct state *s, bool are_open)
{
	struct fold *fold = state_fold(s);

	if (fold == NULL)
		return;
	fold_all(fold, are_open);
	/* Else the hot path would open by itself again. */
	fold->is_by_hand = true;
}

static enum ui_event
act_on_view(struct state *s, enum act act, int code)
{
	switch ((int)act) {
	case ACT_NEXT_VIEW:
		step_screen(s, 1);
		break;
	case ACT_PREVIOUS_VIEW:
		step_screen(s, -1);
		break;
	case ACT_TREE:
		toggle_screen(s, UI_TREE);
		break;
	case ACT_FLAME:
		toggle_screen(s, UI_FLAME);
		break;
	case ACT_THREADS:
		toggle_screen(s, UI_THREADS);
		break;
	case ACT_BACK:
		go_back(s);
		break;
	case ACT_CLEAR:
		clear(s);
		break;
	case ACT_SORT:
		sort_by_digit(s, code);
		break;
	case ACT_SORT_NEXT:
		step_sort(s, 1);
		break;
	case ACT_SORT_PREVIOUS:
		step_sort(s, -1);
		break;
	case ACT_INVERT:
		invert(s);
		break;
	case ACT_GRAIN:
		step_grain(s);
		break;
	case ACT_OPEN_ALL:
	case ACT_CLOSE_ALL:
		open_all(s, act == ACT_OPEN_ALL);
		break;
	default:
		return UI_NONE;
	}
	return UI_REDRAW;
}

enum ui_event
state_act(struct state *s, enum act act, int code)
{
	s->said[0] = '\0';
	switch ((int)act) {
	case ACT_QUIT:
		return UI_QUIT;
	case ACT_SUSPEND:
		return UI_SUSPEND;
	case ACT_RESET:
		return reset(s);
	case ACT_WINDOW:
		step_window(s);
		return UI_SETTINGS;
	case ACT_MODE:
		return switch_mode(s);
	case ACT_KERNEL:
		return switch_kernel(s);
	case ACT_SLOWER:
		return slower(s);
	case ACT_FASTER:
		return faster(s);
	case ACT_PAUSE:
		pause_or_go_on(s);
		return UI_REDRAW;
	case ACT_HELP:
		s->has_help = true;
		s->help_top = 0;
		return UI_REDRAW;
	default:
		return act_on_view(s, act, code);
	}
}

/* --- moves */

static void
close_or_leave(struct place *p, struct fold *fold, const struct view *v,
    const struct lines *lines, size_t page)
{
	const struct view_row *row = &v->rows[lines->lines[p->at].row];

	if (row->first_child != VIEW_NONE && fold_is_open(fold, row->id)) {
		fold_set(fold, row->id, false);
		place_choose(p, lines->ids, lines->n, p->at);
		return;
	}
	for (size_t i = p->at; row->parent != VIEW_NONE && i-- > 0;)
		if (lines->lines[i].row == row->parent) {
			place_move(p, lines->ids, lines->n, page,
			    (long)i - (long)p->at);
			return;
		}
}

static bool
fold_move(struct state *s, enum act act, const struct view *v,
    const struct lines *lines, size_t page)
{
	struct place *p = state_place(s);
	struct fold *fold = state_fold(s);
	uint32_t row = lines->lines[p->at].row;
	bool is_open = fold_is_open(fold, v->rows[row].id);

	switch ((int)act) {
	case ACT_CLOSE:
	case ACT_LEFT:
		close_or_leave(p, fold, v, lines, page);
		return true;
	case ACT_RIGHT:
		if (is_open || v->rows[row].first_child == VIEW_NONE) {
			place_move(p, lines->ids, lines->n, page, 1);
			return true;
		}
		break;
	case ACT_ENTER:
		if (is_open) {
			fold_set(fold, v->rows[row].id, false);
			place_choose(p, lines->ids, lines->n, p->at);
			return true;
		}
		break;
	case ACT_OPEN:
		break;
	default:
		return false;
	}
	fold_open_hot(fold, v, row);
	place_choose(p, lines->ids, lines->n, p->at);
	return true;
}

bool
state_move(struct state *s, enum act act, const struct view *v,
    const struct lines *lines, size_t page)
{
	struct place *p = state_place(s);
	long by = page > 1 ? (long)page - 1 : 1;

	switch ((int)act) {
	case ACT_UP:
		by = -1;
		break;
	case ACT_DOWN:
		by = 1;
		break;
	case ACT_PAGE_UP:
		by = -by;
		break;
	case ACT_PAGE_DOWN:
		break;
	case ACT_FIRST:
		place_first(p);
		return true;
	case ACT_LAST:
		by = (long)lines->n;
		break;
	default:
		return lines->n > 0 && state_fold(s) != NULL &&
		    fold_move(s, act, v, lines, page);
	}
	place_move(p, lines->ids, lines->n, page, by);
	return true;
}
