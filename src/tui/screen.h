/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.h - the terminal: taken, given back, asked for its size and its keys
 *
 * There is one. Signals are not touched: curses' own handlers are taken out.
 */
#ifndef SCRAPE_TUI_SCREEN_H
#define SCRAPE_TUI_SCREEN_H

#include "base/err.h"
#include "tui/ui.h"

#include <stdbool.h>

struct canvas;

int screen_open(enum ui_color color, struct canvas *c, struct err *err);
void screen_close(void);
/* Around a stop: gives the terminal back, takes it again. */
void screen_leave(void);
void screen_enter(struct canvas *c);
/* Async-signal-safe; nothing where there is no screen. */
void screen_emergency(void);
/* Takes over the terminal's size; true: it is another one. */
bool screen_fit(struct canvas *c);
/* Draws it all, whatever the terminal shows. */
void screen_redraw(void);
/* Sends what has changed, as far as the terminal takes it at once. */
void screen_update(void);
/* To be polled for POLLOUT, as there is more to send; -1: there is not. */
int screen_fd(void);
/* Sends more of it. The terminal has not taken it all: no picture now. */
bool screen_is_behind(void);
/* Puts the cursor there, and shows it; x < 0 hides it. */
void screen_cursor(int y, int x);

/* A key as in keys.h; 0: nothing more was typed; -1: nothing will ever be. */
int screen_key(void);

enum mouse_act { MOUSE_NONE, MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };
/* After FUNCTION_KEY(KEY_MOUSE): what it did, and where. */
enum mouse_act screen_mouse(int *ret_y, int *ret_x);

#endif
