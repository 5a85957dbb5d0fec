/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_private.h - what the parts of the screen share
 *
 *	ui.c	     opening, closing, what is asked of the profile
 *	picture.c    the screen from it
 *	typing.c     keys and clicks, and what they make of it
 */
#ifndef SCRAPE_TUI_UI_PRIVATE_H
#define SCRAPE_TUI_UI_PRIVATE_H

#include "tui/canvas.h"
#include "tui/flame.h"
#include "tui/head.h"
#include "tui/prompt.h"
#include "tui/rows.h"
#include "tui/state.h"
#include "tui/table.h"
#include "tui/ui.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is being typed in. */
enum asking {
	ASKING_SEARCH,
	ASKING_FILTER,
	ASKING_DELAY,
	ASKING_NR, /* those with a line of text */
	ASKING_WRITE = ASKING_NR,
	ASKING_NOTHING,
};

/* Less than that, and a line says so. */
#define UI_MIN_ROWS    8
#define UI_MIN_COLUMNS 40

/* Where things stand: the head, a line of heads, the rows, a line for words. */
#define UI_HEADS_Y    HEAD_LINES
#define UI_FIRST_ROW  (HEAD_LINES + 1)

struct ui {
	struct canvas canvas;
	struct state state;
	enum asking asking;
	enum view_field asked_field; /* ASKING_FILTER */
	struct prompt prompts[ASKING_NR];
	char message[256];
	bool is_resized;
	bool is_left_out; /* the last picture */
	unsigned answered; /* the question that the view is the answer to */
	int help_max_top;

	/* As last drawn; the view is the viewer's. NULL: nothing yet. */
	struct viewer *viewer;
	const struct view *view;
	unsigned built; /* counts views */
	struct lines lines;
	unsigned listed, listed_folds; /* the lines are of that view, so folded */
	struct columns columns;
	struct flame flame;
	int flame_first; /* the lowest level that is on the screen */
	uint64_t *threads; /* their ids, in the order of their rows */
	size_t n_threads, cap_threads;
	size_t page; /* rows of the list on the screen */
	/* The last click: a second one there opens. */
	uint64_t clicked;
	bool was_clicked;
};

static inline bool
ui_has_answer(const struct ui *ui)
{
	return ui->view != NULL && ui->answered == ui->state.question;
}

static inline bool
ui_is_too_small(const struct ui *ui)
{
	return ui->canvas.rows < UI_MIN_ROWS ||
	    ui->canvas.columns < UI_MIN_COLUMNS;
}

/* Of two clicks on one thing; the third is a first one again. */
static inline bool
ui_is_second_click(struct ui *ui, uint64_t id)
{
	bool is_second = ui->was_clicked && ui->clicked == id;

	ui->was_clicked = !is_second;
	ui->clicked = id;
	return is_second;
}

/* picture.c */
void picture_draw(struct ui *ui, const struct ui_data *data);
/* flame_screen.c; threads_screen.c */
/* With each new view, drawn or not: boxes know rows by their number. */
void flame_screen_settle(struct ui *ui);
void flame_screen_draw(struct ui *ui, const struct ui_data *data);
bool flame_screen_act(struct ui *ui, enum act act);
void flame_screen_click(struct ui *ui, int y, int x);
void threads_screen_draw(struct ui *ui, const struct ui_data *data);
/* finding.c: the chosen row is the next, or the last, that matches. */
void find_match(struct ui *ui, bool backwards);

/* A thread as an id in a list. */
static inline uint64_t
thread_id(pid_t pid, pid_t tid)
{
	return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

#endif
