/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outbox.h - what was drawn, on its way to a terminal that may not read
 *
 * Curses writes until all is written, however long the terminal takes, and goes
 * on at once where it is told to come again. So it writes into a file in memory,
 * which takes everything, and from there it is sent as the terminal takes it:
 *
 *	curses --stream--> box --outbox_send()--> terminal
 *
 * Curses also asks its descriptor for modes, though, as it starts. The stream's
 * descriptor is the terminal's until outbox_keep(), and the box's from then on:
 * modes are set by others then.
 */
#ifndef SCRAPE_TUI_OUTBOX_H
#define SCRAPE_TUI_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct outbox {
	FILE *stream; /* what to draw into */
	int box_fd;
	/*
	 * The terminal, opened once more, so that what others write to it still
	 * waits as they expect it to.
	 */
	int fd;
	size_t sent; /* of what is in the box */
};

/* The terminal is an open descriptor's. False, and errno: it cannot be had. */
bool outbox_open(struct outbox *b, int terminal);
/* What has not been sent is lost. Fine after a failed outbox_open(). */
void outbox_close(struct outbox *b);
/* Keeps what is drawn from now on. */
void outbox_keep(struct outbox *b);
/* Whether there is anything to be sent. */
bool outbox_is_empty(const struct outbox *b);
/* Sends what the terminal takes now; one that is gone has taken all. */
void outbox_send(struct outbox *b);
/* Sends it all, and waits for that as long; false: some of it is left. */
bool outbox_finish(struct outbox *b, int timeout_ms);
void outbox_drop(struct outbox *b);

#endif
