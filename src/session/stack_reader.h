/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stack_reader.h - the memory that a walk sees: the snapshot, then the target
 *
 * What lies outside the snapshot is read from the process, which runs again by
 * now. Such a read is late: it is noted, and when the walk is over
 * stack_reader_trusted() finds out whether the stack below it stood still.
 */
#ifndef SCRAPE_SESSION_STACK_READER_H
#define SCRAPE_SESSION_STACK_READER_H

#include "core/frame.h"
#include "core/mapping.h"
#include "core/mem.h"
#include "core/snapshot.h"
#include "target/remote_mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATE_CHUNK	(16u << 10)
#define RECENT_WORDS	64

struct recent_word {
	uint64_t addr, value;
};

struct stack_reader {
	const struct snapshot *snap;
	struct remote_mem *rm;
	const struct mappings *maps;
	uint64_t high;	/* highest address read off the stack, exclusive */
	bool is_late;	/* something that can change was read late */
	/* Words read out of the snapshot, newest last, before a late read. */
	struct recent_word recent[RECENT_WORDS];
	size_t n_recent;
	uint64_t chunk_addr;
	size_t chunk_len;
	uint8_t chunk[LATE_CHUNK];
};

void stack_reader_init(struct stack_reader *r, const struct snapshot *snap,
    struct remote_mem *rm, const struct mappings *maps);
struct mem stack_reader_mem(struct stack_reader *r);
/*
 * How many of a walk's n frames can be believed: all of them, unless a late
 * read came and the last return address in the snapshot has changed since.
 */
size_t stack_reader_trusted(
    struct stack_reader *r, const struct frame *frames, size_t n);

#endif
