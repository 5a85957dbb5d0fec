/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stack_reader.h - the memory that a walk sees: the snapshot, then the target
 *
 * What lies outside the snapshot is read from the process, which runs again by
 * now. A stack longer than the snapshot is read on in one go, the extension,
 * together with the top of the snapshot once more: if the return address found
 * there is still the same, the frames above it have not been left meanwhile.
 *
 *	  sp                                       root
 *	  |<-------- snapshot ------->|
 *	                     |<------- extension ----->|
 *	                     |overlap |
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

#define EXTENSION_FIRST	  (256u << 10)
#define EXTENSION_MAX	  (8u << 20) /* the usual limit of a stack */
#define EXTENSION_OVERLAP (16u << 10)
#define ELSEWHERE_CHUNK	  (16u << 10)
#define RECENT_WORDS	  64

/* Bytes of the target, read late. */
struct late_bytes {
	uint64_t addr;
	size_t len;
	uint8_t *bytes;
};

struct recent_word {
	uint64_t addr, value;
};

struct stack_reader {
	const struct snapshot *snap;
	struct remote_mem *rm;
	const struct mappings *maps;
	uint64_t stack_end; /* of the mapping that holds the snapshot */
	uint64_t high;	    /* highest address read off it, exclusive */
	bool is_late;	    /* something that can change was read late */
	struct late_bytes extension, elsewhere;
	/* Words read out of the snapshot before the first late read. */
	struct recent_word recent[RECENT_WORDS];
	size_t n_recent;
};

void stack_reader_init(struct stack_reader *r);
void stack_reader_deinit(struct stack_reader *r);
/*
 * Begins a walk of snap. want is the stack it will probably need: what the
 * snapshot lacks of that is read at once, while it is still true.
 */
void stack_reader_begin(struct stack_reader *r, const struct snapshot *snap,
    struct remote_mem *rm, const struct mappings *maps, size_t want);
struct mem stack_reader_mem(struct stack_reader *r);
/*
 * How many of a walk's n frames can be believed: all of them, unless a late
 * read came and the last return address in the snapshot has changed since.
 */
size_t stack_reader_trusted(
    struct stack_reader *r, const struct frame *frames, size_t n);

#endif
