/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_image.h - a snapshot to be saved, and the writing of it
 *
 * A saved snapshot is an ELF core file, so that gdb, eu-stack and whatever else
 * reads those reads it too, with one note of our own that holds what a core
 * file has no place for. The format is in src/DESIGN, "Saved snapshots"; what
 * was written comes back through core_file.h.
 */
#ifndef SCRAPE_OBJECT_CORE_IMAGE_H
#define SCRAPE_OBJECT_CORE_IMAGE_H

#include "base/err.h"
#include "core/byte_ranges.h"
#include "core/mapping.h"
#include "core/mem.h"
#include "core/snapshot.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct module;

/* How true a snapshot is. The numbers are in the file. */
enum core_kind {
	CORE_STOPPED = 0,   /* registers and stack of one instant */
	CORE_UNSTOPPED = 1, /* of a thread that slept: pc and sp alone */
	CORE_LATE = 2,	    /* some of it was read when the thread ran again */
};

struct core_thread {
	pid_t tid;
	const char *name;
	char state; /* as in /proc/PID/stat; '?' when unknown */
	enum core_kind kind;
	struct snapshot snap;
};

struct core_process {
	pid_t pid;
	int machine;		/* EM_X86_64, ... */
	uint64_t signed_bits;	/* of return addresses; 0: not known */
	const char *comm, *exe; /* exe "": unknown */
	const char *version;	/* of the scrape that wrote it; "": another */
	struct timespec time;
};

struct core_image {
	struct core_process process;
	const struct core_thread *threads;
	size_t n_threads;
	const struct mappings *mappings;
	struct module *const
	    *modules;	  /* by mapping; NULL where there is none */
	const void *auxv; /* /proc/PID/auxv; NULL: not known */
	size_t auxv_size;
	/* What else was read of the target's memory; best merged before. */
	const struct byte_range *ranges;
	size_t n_ranges;
};

/* DIR/COMM.PID.N.core, the name made fit for a file's. To free(). */
char *core_image_path(
    const char *dir, const struct core_process *p, unsigned n);
/*
 * Writes the core file to path, readable by its owner alone: it holds stack
 * memory. The modules' extracts are the caller's business (extract.h).
 */
int core_image_write(
    const char *path, const struct core_image *img, struct err *err);

/*
 * The code around pc, as far on either side as a walk may look at it: from the
 * module (which may be NULL), else from mem.
 */
void core_image_add_code(struct byte_ranges *ranges, const struct module *m,
    uint64_t bias, const struct mem *mem, uint64_t pc);

#endif
