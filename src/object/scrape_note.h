/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scrape_note.h - the note in a saved snapshot that is our own
 *
 * What a core file has no place for: which registers are known, where each
 * thread's own stack bytes lie, names and states of threads, whole mappings and
 * the keys of their modules. The layout is a table in src/DESIGN, "Saved
 * snapshots"; little-endian, versioned, and it may grow at the end of each
 * record without a new version.
 */
#ifndef SCRAPE_OBJECT_SCRAPE_NOTE_H
#define SCRAPE_OBJECT_SCRAPE_NOTE_H

#include "base/cursor.h"
#include "base/err.h"
#include "core/mapping.h"
#include "object/core_image.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCRAPE_NOTE_NAME "scrape"

enum {
	SCRAPE_NOTE_PROCESS = 1, /* of a core file: what is below */
	SCRAPE_NOTE_EXTRACT = 2, /* of a module's extract: extract.h */
};

#define SCRAPE_NOTE_VERSION 1

/* Memory that is in the file, to the byte: PT_LOADs are whole pages. */
struct noted_range {
	uint64_t addr, len, off;
};

/* Where the writer has put what the note tells of. */
struct noted_places {
	const uint64_t *stack_offs; /* by thread */
	const char *const *keys;    /* by mapping, of its module; or NULL */
	const struct noted_range *ranges; /* sorted, disjoint */
	size_t n_ranges;
};

void scrape_note_put(FILE *fp, const struct core_image *img,
    const char *arch_name, const struct noted_places *places);

/* A thread as the note has it, believed in nothing yet. */
struct noted_thread {
	pid_t tid;
	const char *name;
	char state;
	enum core_kind kind;
	uint64_t known;
	uint64_t stack_addr, stack_off, stack_len;
};

/* All strings point into the note. */
struct scrape_note {
	struct core_process process;
	struct noted_thread *threads;
	size_t n_threads;
	struct noted_range *ranges;
	size_t n_ranges;
	struct mappings maps; /* owns its names; sorted, disjoint */
	const char **keys;    /* by mapping; "": none */
	size_t dropped;	      /* what made no sense */
};

int scrape_note_parse(
    struct cursor desc, struct scrape_note *ret, struct err *err);
void scrape_note_deinit(struct scrape_note *note);

#endif
