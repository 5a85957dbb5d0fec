/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui.h - the screen of `scrape top`: what is typed in, what is shown out
 *
 * Knows views and numbers, not where they come from. The caller polls standard
 * input, hands over what is new, and does what the events ask for:
 *
 *	terminal -> ui_key() -> event -> caller -> ui_draw(data) -> terminal
 *
 * Nothing here waits. What the terminal was is given back by ui_close(), and by
 * ui_emergency() from a signal handler.
 */
#ifndef SCRAPE_TUI_UI_H
#define SCRAPE_TUI_UI_H

#include "base/attr.h"
#include "base/err.h"
#include "core/top.h"
#include "profile/view.h"
#include "profile/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ui_color { UI_COLOR_AUTO, UI_COLOR_ALWAYS, UI_COLOR_NEVER };

/* What keys change and the caller acts on. */
struct ui_settings {
	uint64_t window_ns; /* 0: since the start */
	unsigned rate;	    /* Hz */
	uint64_t delay_ns;  /* between two refreshes */
	enum measure measure;
	bool kernel;	    /* frames of those who sleep */
};

/* Which of the screens is up: what data the next ui_draw() needs. */
enum ui_screen {
	UI_FLAT,
	UI_TREE,
	UI_CALLERS,
	UI_FLAME,
	UI_THREADS,
};

struct ui_opts {
	enum ui_color color;
	struct ui_settings settings;
	enum view_sort sort;
	enum ui_screen screen; /* --tree, --flame, ... */
	enum view_grain grain;
	unsigned max_rate;
	bool may_kernel; /* whether there can be frames of the kernel */
	bool several; /* processes: there is a column for them */
};

enum ui_event {
	UI_NONE,     /* nothing more was typed */
	UI_REDRAW,   /* something that is shown has changed */
	UI_QUIT,
	UI_SUSPEND,  /* ^Z */
	UI_RESET,    /* forget what was counted */
	UI_SETTINGS, /* ui_settings() are not what they were */
	UI_WRITE_WINDOW, UI_WRITE_ALL,
};

struct ui_data {
	const struct top_head *head;
	struct viewer *viewer;
	const struct window *window;
	const struct stats *stats; /* since the start */
	/* UI_THREADS; else none. Paused: as they were. */
	const struct top_thread *threads;
	size_t n_threads;
	/*
	 * The numbers are those of the last ui_draw(): it is for a key. A big
	 * profile is not added up again for each row that a cursor moves.
	 */
	bool is_known;
};

struct ui;

/* Takes the terminal. Fails where there is none that can be drawn on. */
int ui_open(const struct ui_opts *opts, struct ui **ret, struct err *err);
void ui_close(struct ui *ui); /* NULL is fine */
/* Gives the terminal back and takes it again: around a SIGSTOP to ourselves. */
void ui_leave(struct ui *ui);
void ui_enter(struct ui *ui);
/*
 * Leaves the terminal in a usable state after a crash; async-signal-safe.
 */
void ui_emergency(void);

/*
 * Handles what was typed, one event a call; also a resize (SIGWINCH). Draw after
 * each: keys go by the rows that are on the screen. UI_QUIT when the terminal is
 * gone, too.
 */
enum ui_event ui_key(struct ui *ui);
/* The terminal may have another size: asked for at the next ui_key(). */
void ui_resized(struct ui *ui);
const struct ui_settings *ui_settings(const struct ui *ui);
enum ui_screen ui_screen(const struct ui *ui);
/*
 * Paused: the rows stay, though sampling goes on, as the head shows. Asked for
 * others (sorted, filtered, ...), they are those of that moment.
 */
bool ui_is_paused(const struct ui *ui);
/* The threads whose rows are on the screen: [*first, *first + *n) as drawn. */
void ui_visible_threads(const struct ui *ui, size_t *first, size_t *n);

/* Leaves a picture out where the terminal has not taken the last one yet. */
void ui_draw(struct ui *ui, const struct ui_data *data);
/*
 * The terminal takes a picture when it can: what to poll for POLLOUT while there
 * is some of it left, else -1.
 */
int ui_fd(const struct ui *ui);
/* Sends more of it. True: a picture was left out, and could be drawn now. */
bool ui_send(struct ui *ui);
/* A word at the bottom, until the next key. */
void ui_message(struct ui *ui, const char *fmt, ...) printf_like(2, 3);

#endif
