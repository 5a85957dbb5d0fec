/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump_alike.h - what is the same in a dump: frames, and threads by stacks
 *
 * Of a thousand threads most stand in the same few places. People want such a
 * place once, with a count; JSON wants each distinct frame put into text once.
 */
#ifndef SCRAPE_OUTPUT_DUMP_ALIKE_H
#define SCRAPE_OUTPUT_DUMP_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dump;
struct dump_frame;

/* The same in all that a frame says; unequal frames mostly differ in hash. */
bool dump_frame_equal(const struct dump_frame *a, const struct dump_frame *b);
uint64_t dump_frame_hash(const struct dump_frame *f);

/* By index into dump.threads. */
struct dump_group {
	size_t first, last;
	size_t n;
};

/*
 * Every thread is in exactly one group. Alike are threads of one name but for
 * the numbers in it, in one state, in the same system call (whatever its
 * arguments) and with equal stacks that end alike, or without a stack for the
 * same reason.
 */
struct dump_groups {
	struct dump_group *groups; /* in the order of their first threads */
	size_t n, cap;
	size_t *next; /* by thread: the next one of its group, if not last */
};

/* Without fold each thread is a group of its own. */
void dump_groups_init(struct dump_groups *g, const struct dump *d, bool fold);
void dump_groups_deinit(struct dump_groups *g);

#endif
