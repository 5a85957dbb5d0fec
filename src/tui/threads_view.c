/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/threads_view.h"

#include "base/attr.h"
#include "tui/canvas.h"

#include <stdio.h>

#define GAP 1
#define ID_WIDTH 7     /* the kernel's largest is 4194304 */
#define NAME_WIDTH 15  /* what the kernel keeps of a name */
#define STATE_WIDTH 8  /* its longest word */
#define CPU_WIDTH 6    /* "6400.0": a thread has 100 */
#define NUMBER_SIZE 32
/* Below that, columns give way to DOING. */
#define DOING_WIDTH 16

static const struct {
	const char *title;
	bool is_number;
} columns[] = {
	[THREADS_PID] = {"PID", true},
	[THREADS_TID] = {"TID", true},
	[THREADS_NAME] = {"NAME", false},
	[THREADS_STATE] = {"STATE", false},
	[THREADS_CPU] = {"CPU%", true},
	[THREADS_DOING] = {"DOING", false},
};

/* proc_pid_stat(5) */
static const struct {
	char letter, text[2];
	const char *word;
} states[] = {
	{'R', "R", "running"},
	{'S', "S", "sleeping"},
	{'D', "D", "disk"},
	{'T', "T", "stopped"},
	{'t', "t", "traced"},
	{'Z', "Z", "zombie"},
	{'X', "X", "dead"},
	{'I', "I", "idle"},
	{'P', "P", "parked"},
};

const char *
threads_state_word(char state, int width)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].letter == state)
			return width < STATE_WIDTH ? states[i].text :
						     states[i].word;
	return width < STATE_WIDTH ? "?" : "gone";
}

/* What a set of widths leaves over of the row. */
static int
room_of(const int widths[THREADS_COLUMNS], int width)
{
	for (int i = 0; i < THREADS_DOING; i++)
		width -= widths[i] > 0 ? widths[i] + GAP : 0;
	return width;
}

void
threads_fit(struct threads_columns *ret, int width, bool has_process)
{
	int widths[THREADS_COLUMNS] = {has_process ? ID_WIDTH : 0, ID_WIDTH,
		NAME_WIDTH, STATE_WIDTH, CPU_WIDTH, 0};
	int x = 0, room;

	if (room_of(widths, width) < DOING_WIDTH)
		widths[THREADS_STATE] = 1;
	if (room_of(widths, width) < DOING_WIDTH)
		widths[THREADS_PID] = 0;
	if (room_of(widths, width) < DOING_WIDTH)
		widths[THREADS_NAME] -= NAME_WIDTH / 2;
	room = room_of(widths, width);
	widths[THREADS_DOING] = room > 0 ? room : 0;
	for (int i = 0; i < THREADS_COLUMNS; i++) {
		ret->at[i].x = x;
		ret->at[i].width = widths[i];
		x += widths[i] > 0 ? widths[i] + GAP : 0;
	}
}

/* A column's text; what stands between it and the next is not touched. */
static void
draw_cell(struct canvas *c, int y, const struct threads_columns *at,
    enum threads_column column, unsigned paint, const char *text)
{
	int x = at->at[column].x, width = at->at[column].width;

	if (columns[column].is_number)
		canvas_text_right(c, y, x, width, paint, text);
	else
		canvas_text(c, y, x, width, paint, text);
}

void
threads_draw_heads(
    struct canvas *c, int y, const struct threads_columns *at)
{
	canvas_text(c, y, 0, c->columns, PAINT_HEAD, "");
	for (int i = 0; i < THREADS_COLUMNS; i++)
		draw_cell(c, y, at, (enum threads_column)i, PAINT_HEAD,
		    columns[i].title);
}

static void
draw_id(struct canvas *c, int y, const struct threads_columns *at,
    enum threads_column column, unsigned paint, pid_t id)
{
	char text[NUMBER_SIZE];

	(void)snprintf(text, sizeof(text), "%d", (int)id);
	draw_cell(c, y, at, column, paint, text);
}

static void
draw_cpu(struct canvas *c, int y, const struct threads_columns *at,
    unsigned paint, double cores)
{
	char text[NUMBER_SIZE];

	(void)snprintf(text, sizeof(text), "%.1f", cores * 100);
	if (cores <= 0 && paint == PAINT_PLAIN)
		paint = PAINT_WEAK;
	draw_cell(c, y, at, THREADS_CPU, paint, text);
}

/* Of what is not chosen and does not run. */
static unsigned
paint_of_state(unsigned paint, char state)
{
	if (paint != PAINT_PLAIN)
		return paint;
	return state == 'R' ? PAINT_STRONG :
	       state == 'D' ? PAINT_WARN :
	       state == '?' ? PAINT_WEAK :
			      PAINT_PLAIN;
}

void
threads_draw_row(struct canvas *c, int y, const struct threads_columns *at,
    const struct top_thread *t, const regex_t *search, bool chosen)
{
	unsigned paint = chosen ? PAINT_CURSOR : PAINT_PLAIN;
	bool is_match =
	    search != NULL && regexec(search, t->name, 0, NULL, 0) == 0;

	canvas_text(c, y, 0, c->columns, paint, "");
	draw_id(c, y, at, THREADS_PID, paint, t->pid);
	draw_id(c, y, at, THREADS_TID, paint, t->tid);
	draw_cell(c, y, at, THREADS_NAME,
	    is_match && !chosen ? PAINT_MATCH : paint, t->name);
	draw_cell(c, y, at, THREADS_STATE, paint_of_state(paint, t->state),
	    threads_state_word(t->state, at->at[THREADS_STATE].width));
	draw_cpu(c, y, at, paint, t->cpu);
	draw_cell(c, y, at, THREADS_DOING, paint, t->doing);
}
