/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stack_reader.h - the memory that a walk sees: the snapshot, then the target
 *
 * What lies outside the snapshot is read from the process, which runs again by
 * now. A stack longer than the snapshot is read on in one go, the extension,
 * together with the top of the snapshot once more: if the last return address
 * found there is still the same, the frames above it have not been left
 * meanwhile.
 *
 *	  sp                                       root
 *	  |<-------- snapshot ------->|
 *	                     |<------- extension ----->|
 *	                     |overlap |
 */
#ifndef SCRAPE_SESSION_STACK_READER_H
#define SCRAPE_SESSION_STACK_READER_H

#include "core/mapping.h"
#include "core/mem.h"
#include "core/snapshot.h"
#include "target/remote_mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXTENSION_FIRST	  (64u << 10)
#define EXTENSION_MAX	  (8u << 20) /* the usual limit of a stack */
/* From one frame to the next, and not another stack. */
#define FRAME_SIZE_MAX	  (256u << 10)
#define EXTENSION_OVERLAP (16u << 10)
#define ELSEWHERE_CHUNK	  (16u << 10)

/* Bytes of the target, read late. */
struct late_bytes {
	uint64_t addr;
	size_t len;
	uint8_t *bytes;
};

struct stack_word {
	uint64_t addr, value;
};

struct stack_reader {
	const struct snapshot *snap;
	struct remote_mem *rm;
	const struct mappings *maps;
	uint64_t stack_end; /* of the mapping that holds the snapshot */
	/*
	 * The snapshot, for walks that read it without asking; high is the
	 * highest address read off the stack, exclusive, also late.
	 */
	struct mem_window window;
	bool is_late;	    /* something that can change was read late */
	bool is_strict;	    /* ... and must not be any more */
	struct late_bytes extension, elsewhere;
	/* The last word that was read of the snapshot before a late read. */
	struct stack_word last;
	bool has_last;
};

void stack_reader_init(struct stack_reader *r);
void stack_reader_deinit(struct stack_reader *r);
/*
 * Begins a walk of snap. want is the stack it will probably need. A stack that
 * goes on above the snapshot is read on at once, while it is still true: that
 * costs us a few microseconds, and the target none.
 */
void stack_reader_begin(struct stack_reader *r, const struct snapshot *snap,
    struct remote_mem *rm, const struct mappings *maps, size_t want);
struct mem stack_reader_mem(struct stack_reader *r);
/*
 * After a walk with late reads: whether the snapshot's outermost frame was
 * still the same when they were made, so that what they found belongs to it.
 */
bool stack_reader_stood_still(struct stack_reader *r);
/* For a walk that is done again: what can change reads as absent from now. */
void stack_reader_restrict(struct stack_reader *r);

#endif
