/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording.h - one run of record: sample, save, tell */
#ifndef SCRAPE_CLI_RECORDING_H
#define SCRAPE_CLI_RECORDING_H

#include "base/err.h"
#include "session/session.h"

#include <stdbool.h>

struct output_ops;

struct recording_opts {
	struct session_opts session;
	const struct output_ops *format;
	const char *output; /* "-": standard output; NULL: a name of ours */
	const char *stats;  /* the same for --stats; NULL: none */
	bool quiet, verbose;
};

/* The exit status of the program, or a negative enum err_kind. */
int recording_run(const struct recording_opts *opts, struct err *err);

#endif
