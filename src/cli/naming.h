/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * naming.h - what a recording's file is called and which format it has
 *
 * A name that scrape chose itself never replaces a file; one that the user
 * typed does, as with every Unix tool.
 */
#ifndef SCRAPE_CLI_NAMING_H
#define SCRAPE_CLI_NAMING_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct output_ops;

/*
 * The format by -f NAME, else by the suffix of -o PATH, else the default one;
 * either may be NULL, and PATH "-" has no suffix. A suffix that no format has
 * is an error: a profile in a format that nobody asked for helps nobody.
 */
int naming_format(const char *name, const char *path,
    const struct output_ops **ret, struct err *err);

/*
 * All names below are new strings to free().
 *
 * "scrape.COMM.PID.YYYYMMDD-HHMMSS.pb.gz", local time. Of comm only letters,
 * digits and "._+-" are kept, for the target chose it. others is put behind the
 * PID and says who else is in it: "", "+2", "+children".
 */
char *naming_default(const char *comm, pid_t pid, const char *others,
    time_t when, const struct output_ops *format);
/*
 * path, or the first of path-2, path-3, ... (before the suffix) not there. The
 * file is made, empty, so that no other scrape takes the name meanwhile; where
 * it cannot be made, whoever writes it will say why.
 */
char *naming_claim(const char *path);
/* Gives a claimed name up, when nothing was written to it. */
void naming_disclaim(const char *path);
/* "out.pb.gz" to "out.2.pb.gz". */
char *naming_snapshot(const char *path, unsigned n);

#endif
