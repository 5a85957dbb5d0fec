/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outfile.h - a file that is either there, whole, or not there
 *
 * Written beside its name as NAME.tmp.XXXXXX, fsynced, renamed. Until the
 * rename the old file stands; on failure the new one is removed.
 */
#ifndef SCRAPE_OUTPUT_OUTFILE_H
#define SCRAPE_OUTPUT_OUTFILE_H

#include "base/err.h"

#include <stdio.h>
#include <sys/types.h>

struct outfile {
	FILE *fp;
	char *path, *tmp_path; /* NULL for standard output */
};

/*
 * Finds out before the recording whether path ("-": standard output) can be
 * written; writes nothing.
 */
int outfile_check(const char *path, struct err *err);
int outfile_open(struct outfile *f, const char *path, struct err *err);
/* Returns the bytes written through ret_size. */
int outfile_commit(struct outfile *f, off_t *ret_size, struct err *err);
void outfile_abort(struct outfile *f);

#endif
