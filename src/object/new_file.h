/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * new_file.h - a file that is there whole or not at all
 *
 * Written beside under a name of its own, for its owner's eyes only, and
 * renamed. Two processes that write the same one do not disturb each other.
 * Not fsynced: what is written so can be had again, and comes by the thousand.
 */
#ifndef SCRAPE_OBJECT_NEW_FILE_H
#define SCRAPE_OBJECT_NEW_FILE_H

#include "base/err.h"

#include <stdio.h>

struct new_file {
	FILE *fp;
	char *path, *tmp;
};

int new_file_open(struct new_file *f, const char *path, struct err *err);
/* Either ends it. A write that failed before is told by the first. */
int new_file_commit(struct new_file *f, struct err *err);
void new_file_abort(struct new_file *f);

#endif
