/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.h - what is on the screen, and what keys make of it
 *
 * Pure, no terminal. Moves in rows take the lines that are shown; all else
 * changes what is asked of the profile, and how.
 */
#ifndef SCRAPE_TUI_STATE_H
#define SCRAPE_TUI_STATE_H

#include "profile/view.h"
#include "tui/keys.h"
#include "tui/prompt.h"
#include "tui/rows.h"
#include "tui/ui.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define UI_SCREENS (UI_THREADS + 1)

/* A regular expression; extended, case counts if it has a capital letter. */
struct pattern {
	bool is_set;
	regex_t re;
	char text[PROMPT_SIZE];
};

/* Of the rows on a screen. */
struct order {
	enum view_sort sort;
	bool inverted;
};

struct state {
	enum ui_screen screen;
	enum ui_screen stacks; /* of the screens with stacks, the last */
	enum view_grain grain;
	struct order orders[UI_SCREENS];
	bool several; /* processes */
	/* Counts what changes the rows: another number is another question. */
	unsigned question;
	bool is_paused, has_help;
	int help_top;
	struct ui_settings settings;
	unsigned max_rate;
	bool may_kernel;
	struct pattern search, filter;
	enum view_field filter_field;
	unsigned filter_serial; /* another number for another filter */
	pid_t only_pid, only_tid;
	char *callee, *callee_object; /* whose callers; NULL: not chosen yet */
	struct fold tree, callers;
	struct place places[UI_SCREENS];
	uint64_t zoom;	  /* the flame graph's bottom: a row's id; 0: all */
	char said[160];	  /* what there is to say about the last key; or "" */
};

void state_init(struct state *s, const struct ui_opts *opts);
void state_deinit(struct state *s);

/* For keys that need no rows. UI_NONE: they do, or a prompt. */
enum ui_event state_act(struct state *s, enum act act, int code);
void state_show(struct state *s, enum ui_screen screen);
void state_sort_by(struct state *s, enum view_sort sort);
/* "" takes it away. False, and said: it is no regular expression. */
bool state_set_search(struct state *s, const char *text);
bool state_set_filter(struct state *s, enum view_field field, const char *text);
/* False, and said: no duration, or not one that makes sense. */
bool state_set_delay(struct state *s, const char *text);
void state_choose_callee(
    struct state *s, const char *name, const char *object);
void state_choose_thread(struct state *s, pid_t pid, pid_t tid);
/* "function", ... */
const char *state_field_name(enum view_field field);

/* Rows have other ids: what was open, chosen and zoomed on stays so. */
void state_follow(
    struct state *s, const struct view_move *moves, size_t n);

/* What to ask view_build() for; callers_of is left to who has the viewer. */
struct view_opts state_question(const struct state *s);
/* What is folded there; NULL: nothing can be. */
struct fold *state_fold(struct state *s);
struct place *state_place(struct state *s);
struct order *state_order(struct state *s);

/*
 * Moves in the rows of a view, folds and unfolds: up, down, pages, ends, open,
 * close, enter, left, right. False: not such a key. The lines are to be listed
 * again then.
 */
bool state_move(struct state *s, enum act act, const struct view *v,
    const struct lines *lines, size_t page);

#endif
