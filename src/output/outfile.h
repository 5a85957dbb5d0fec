/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outfile.h - a file that is either there, whole, or not there
 *
 * Written beside its name as NAME.tmp.XXXXXX, fsynced, renamed. Until the
 * rename the old file stands; on failure the new one is removed. A symbolic
 * link stays and what it points to is replaced. Standard output and what is not
 * a regular file (/dev/null, a fifo) is written in place.
 *
 *	if (outfile_open(&f, path, err) < 0)
 *		return ...;
 *	if (ops->write(profile, f.fp, err) < 0) {
 *		outfile_abort(&f);
 *		return err_wrap(err, "%s", path);
 *	}
 *	return outfile_commit(&f, &size, err);
 */
#ifndef SCRAPE_OUTPUT_OUTFILE_H
#define SCRAPE_OUTPUT_OUTFILE_H

#include "base/err.h"

#include <stdio.h>
#include <sys/types.h>

struct outfile_sink;

struct outfile {
	FILE *fp; /* has no file descriptor of its own: not for fileno() */
	struct outfile_sink *sink; /* where fp's bytes go */
	char *path;		   /* NULL: standard output */
	char *tmp_path;		   /* NULL: written in place */
};

/*
 * Finds out before the recording whether path ("-": standard output) can be
 * written; writes nothing.
 */
int outfile_check(const char *path, struct err *err);
/* Opening a fifo waits for its reader; SIGINT and SIGTERM end that. */
int outfile_open(struct outfile *f, const char *path, struct err *err);
/*
 * Returns the bytes written through ret_size, which may be NULL. Whether it
 * succeeds or not, f is closed.
 */
int outfile_commit(struct outfile *f, off_t *ret_size, struct err *err);
/* Nothing is left behind, except what stdout and the like have got already. */
void outfile_abort(struct outfile *f);

#endif
