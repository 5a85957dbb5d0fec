/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walker.h - a thread's copy to frames, with the target at hand
 *
 * unwind() is pure; this is its surroundings in a live session: memory that the
 * copy does not hold is read late, and unknown code makes the maps be read anew
 * and the walk be done again.
 */
#ifndef SCRAPE_SESSION_WALKER_H
#define SCRAPE_SESSION_WALKER_H

#include "core/frame.h"
#include "session/stack_reader.h"
#include "unwind/unwind.h"

#include <stddef.h>
#include <stdint.h>

struct byte_ranges;
struct snapshot;
struct space;
struct trail;

struct walker {
	struct space *space;
	struct stack_reader reader;
	struct frame *frames; /* of the last walk; max_depth of them */
	size_t max_depth;
	struct byte_ranges *record; /* gets what walks read; or NULL */
	struct trail *trail; /* of the thread that is walked; or NULL */
	uint64_t late_walks; /* walks that read more than the copy */
};

void walker_init(struct walker *w, struct space *space, size_t max_depth);
void walker_deinit(struct walker *w);
/* want: how much stack it will probably need, the copy included. */
struct unwind_result walker_walk(
    struct walker *w, const struct snapshot *snap, size_t want);
/*
 * Bytes of stack that the last walk used, counted from the copy's lowest; 0
 * when it used none.
 */
size_t walker_need(const struct walker *w);

#endif
