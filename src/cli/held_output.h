/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * held_output.h - what a command writes while the terminal shows something else
 *
 * It goes to a file without a name, and to the terminal when that is free again.
 * Only what would have gone to the terminal: what the user sent elsewhere goes
 * there.
 */
#ifndef SCRAPE_CLI_HELD_OUTPUT_H
#define SCRAPE_CLI_HELD_OUTPUT_H

#include "base/err.h"

#include <sys/types.h>

struct held_output {
	int stdio[3]; /* for the command; -1: what we have */
	int file;     /* to read it back; -1: nothing is held */
	int to;	      /* where it would have gone */
	off_t shown;  /* of the file */
};

#define HELD_OUTPUT_NONE ((struct held_output){{-1, -1, -1}, -1, -1, 0})

/* A command cannot read from the terminal either: keys are for scrape. */
int held_output_open(struct held_output *h, struct err *err);
/* For text on standard output: the command's goes to standard error. */
void held_output_to_stderr(struct held_output *h);
void held_output_close(struct held_output *h);
/* Shows what has come since the last time. */
void held_output_show(struct held_output *h);

#endif
