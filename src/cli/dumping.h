/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dumping.h - one run of dump: which processes, how often, printed how */
#ifndef SCRAPE_CLI_DUMPING_H
#define SCRAPE_CLI_DUMPING_H

#include "base/err.h"
#include "cli/terminal.h"
#include "session/dumper.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dumping_opts {
	struct dump_opts take;
	const pid_t *pids;
	size_t n_pids;
	const char *snapshot; /* --from-snapshot; NULL: live processes */
	bool children;
	unsigned count; /* dumps of each */
	uint64_t interval_ns;
	bool json, fold;
	enum color_when color;
	bool quiet, verbose;
};

/* The exit status of the program, or a negative enum err_kind. */
int dumping_run(const struct dumping_opts *opts, struct err *err);

#endif
