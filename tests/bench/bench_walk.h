/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_walk.h - what walks the stacks of one program, three times over
 *
 * Snapshots that were saved, or, by live.c, one that was just taken. All three
 * get the same: the registers, the stack and the modules, opened
 * once; what each keeps between walks is its own business. A walk gives the pcs
 * of its frames, leaf first, and whether it reached the outermost one.
 *
 * The stack is a copy, made right before the walk, as it is when a process is
 * sampled: a stack that was copied long ago would have to come back from main
 * memory, and the walk be measured as a reader of that.
 */
#ifndef SCRAPE_TESTS_BENCH_WALK_H
#define SCRAPE_TESTS_BENCH_WALK_H

#include "core/snapshot.h"
#include "object/core_file.h"
#include "object/core_modules.h"
#include "unwind/unwind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_FRAMES_MAX 8192

struct bench_sample {
	struct core_file *file;
	const struct core_thread *thread;
};

/* The snapshots of one process, and its code as the last of them has it. */
struct bench_program {
	struct bench_sample *samples;
	size_t n;
	struct core_modules modules;
	struct code_space space; /* without a cache */

	struct snapshot now; /* the one to be walked, in a stack of its own */
	struct mem memory; /* of its process, as far as it is there */
};

/* The memory of now: the snapshot, and what else there is. */
struct mem bench_program_mem(const struct bench_program *p);

/* All snapshots in dir; false: there are none. */
bool bench_program_open(struct bench_program *p, const char *dir);
void bench_program_close(struct bench_program *p);
/* Makes sample i the one to be walked: copies its stack, as a stop does. */
void bench_program_take(struct bench_program *p, size_t i);

struct bench_walk {
	uint64_t pcs[BENCH_FRAMES_MAX];
	size_t n;
	bool is_whole;
	enum end_reason end; /* of scrape's own walkers */
};

struct bench_walker {
	const char *name;
	/* NULL where it cannot be had. */
	void *(*open)(const struct bench_program *p);
	void (*walk)(void *state, struct bench_walk *ret);
	void (*close)(void *state);
};

extern const struct bench_walker bench_rows;	/* whole rows, interpreted */
extern const struct bench_walker bench_scrape;	/* without the PC cache */
extern const struct bench_walker bench_cached;	/* with it */
extern const struct bench_walker bench_trailed;	/* and with the last walk */
extern const struct bench_walker bench_libdw;
extern const struct bench_walker bench_libunwind;

#endif
