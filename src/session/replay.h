/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.h - the stacks of a saved snapshot, or of any other core file
 *
 * Modules are this machine's own where they are the very same, for those have
 * lines; else the extracts that lie beside the file.
 */
#ifndef SCRAPE_SESSION_REPLAY_H
#define SCRAPE_SESSION_REPLAY_H

#include "base/err.h"

#include <stddef.h>

struct dump;
struct dump_opts;

/* What the file lacks, for whoever reads the stacks. */
struct replay_losses {
	size_t dropped; /* things in the file that made no sense */
	size_t missing; /* mappings of code whose file was not found */
};

/* Of opts the filters, the depth and the names count. *ret: dump_free(). */
int replay(const char *path, const struct dump_opts *opts, struct dump **ret,
    struct replay_losses *losses, struct err *err);

#endif
