/* SPDX-License-Identifier: GPL-3.0-or-later */
/* top.h - one run of top: of what, and on a screen or as text */
#ifndef SCRAPE_CLI_TOP_H
#define SCRAPE_CLI_TOP_H

#include "base/err.h"
#include "cli/terminal.h"
#include "session/session.h"
#include "tui/ui.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

struct top_opts {
	struct session_opts session;
	struct ui_opts ui;
	enum color_when color;
	bool batch, json;
	uint64_t iterations; /* of batch; 0: until the target ends */
	unsigned rows;	     /* of a page of batch; 0: all */
};

/* Both return 0, or a negative enum err_kind. */
int top_screen_run(
    struct watch *w, const struct top_opts *opts, int signal_fd, struct err *err);
int top_batch_run(
    struct watch *w, const struct top_opts *opts, int signal_fd, struct err *err);
/* ^Z: stops scrape, with nothing held; nor will be before watch_resume(). */
void top_suspend(struct watch *w);
/* The exit status of the program, or a negative enum err_kind. */
int top_run(const struct top_opts *opts, struct err *err);

#endif
