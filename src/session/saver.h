/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saver.h - snapshots into files, to be walked again on another machine
 *
 *	saver_begin()                      a new file
 *	walker.record = &saver->ranges     ... to have what a walk reads
 *	saver_note_walk()                  after each walk
 *	saver_write()                      the file
 *	saver_write_extracts()             at last: what the files stand on
 *
 * See object/core_image.h for the files, object/extract.h for the extracts.
 */
#ifndef SCRAPE_SESSION_SAVER_H
#define SCRAPE_SESSION_SAVER_H

#include "base/err.h"
#include "base/hash.h"
#include "core/byte_ranges.h"
#include "object/core_image.h"

#include <stddef.h>

struct space;
struct walker;

struct saver {
	const char *dir;
	struct space *space;
	char *exe;
	struct byte_ranges ranges; /* of the file in the making */
	/* Where it has the code already. */
	uint64_t *pcs;
	size_t n_pcs, cap_pcs;
	struct hash pc_index;
	unsigned n;		   /* files written */
	unsigned number;	   /* in the name of the last one */
	char *path;		   /* of the last one */
	struct err err;		   /* of the first that could not be */
	bool failed;
};

/* Makes dir where there is none. */
int saver_init(
    struct saver *s, const char *dir, struct space *space, struct err *err);
void saver_deinit(struct saver *s);

void saver_begin(struct saver *s);
/* What is noted from the mark on is dropped again. */
size_t saver_mark(const struct saver *s);
void saver_rewind(struct saver *s, size_t mark);
/* Adds the code round the walk's n frames, and the stack that it read late. */
void saver_note_walk(struct saver *s, const struct walker *w, size_t n);
/*
 * After the first file that cannot be written none is: saver.err says why, for
 * a recording has more to do than this.
 */
void saver_write(struct saver *s, const struct core_thread *threads, size_t n,
    const struct timespec *time);
/* Slow: as large as the unwind data and the names of all modules. */
void saver_write_extracts(struct saver *s);

#endif
