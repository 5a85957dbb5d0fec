/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trail.h - the outer part of a thread's last walk, to be found again
 *
 * From one sample to the next most of a stack stays as it is: 72 to 80 % of the
 * frames (research/unwind.md 3.2). A walk that comes to a frame of the last one
 * can take over all that lies outside of it, if every word is the same that
 * those frames were made of: return addresses, and frame pointers. Those words
 * are compared, all of them, and with none having to wait for another.
 *
 *	            the last walk    this one
 *	steps[n-1]  h  g
 *	            f                x  y
 *	steps[k]    e (pc, sp, fp)   e  the same: compare what lies outside
 *	 ...        d  c  b
 *	steps[0]    a                a
 *
 * It holds only steps that were made by a usual compact rule with its CFA on
 * the stack or frame pointer, from the outermost frame inward. What another
 * register, an expression or a guess had a part in is not in it, nor what is
 * further in than such a step.
 */
#ifndef SCRAPE_UNWIND_TRAIL_H
#define SCRAPE_UNWIND_TRAIL_H

#include "core/frame.h"
#include "core/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A deeper stack is walked as if there were no trail: 20 KB a thread. */
#define TRAIL_MAX 512

/*
 * A frame that is returned to, and where its caller's pc and fp were read. The
 * next inner step of a trail has the values that were read there.
 */
struct trail_step {
	uint64_t pc, sp, fp;
	uint64_t ra_at; /* 0: no caller, as its rule says */
	uint64_t fp_at; /* 0: fp stays */
};

/* All zero is a valid, empty trail. */
struct trail {
	uint64_t generation; /* of the code space it was walked in */
	struct trail_step *steps; /* outermost first */
	size_t n, cap;
	uint64_t reused; /* frames, ever */
};

/* The steps of a walk in the making, innermost first. */
struct trail_walk {
	struct trail *trail;
	size_t next; /* trail->steps[next - 1] is the one to come to */
	bool is_too_deep;
	size_t n;
	struct trail_step fresh[TRAIL_MAX];
};

void trail_deinit(struct trail *t);

/* Leaves fresh as it is: it is large. */
void trail_begin(struct trail_walk *w, struct trail *t, uint64_t generation);
/* A step that does not belong into a trail. */
void trail_break(struct trail_walk *w);
/* The outermost frame is reached: what was noted is the trail from now on. */
void trail_end(struct trail_walk *w);

/*
 * The index of the trail's own step for a frame, for trail_take(), or SIZE_MAX.
 * Frames are asked for with rising sp.
 */
static inline size_t
trail_find(struct trail_walk *w, uint64_t pc, uint64_t sp, uint64_t fp)
{
	const struct trail_step *s;

	while (w->next > 0 && w->trail->steps[w->next - 1].sp < sp)
		w->next--;
	if (w->next == 0)
		return SIZE_MAX;
	s = &w->trail->steps[w->next - 1];
	return s->sp == sp && s->pc == pc && s->fp == fp ? w->next - 1
							 : SIZE_MAX;
}

/*
 * Whether the last walk came through here too, and all outside is as it was:
 * then its frames are put behind the n that there are, if all find room, and
 * this walk is at its end.
 */
bool trail_take(struct trail_walk *w, size_t at,
    const struct mem_window *window, struct frame *frames, size_t *n,
    size_t max);
/* The end of its highest return address; 0 where it has none. */
uint64_t trail_reach(const struct trail *t);

static inline void
trail_note(struct trail_walk *w, const struct trail_step *s)
{
	if (w->n < TRAIL_MAX)
		w->fresh[w->n++] = *s;
	else
		w->is_too_deep = true;
}

#endif
