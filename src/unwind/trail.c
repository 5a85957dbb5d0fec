/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/trail.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
trail_deinit(struct trail *t)
{
	free(t->steps);
	*t = (struct trail){0};
}

/* Of other mappings nothing holds any more. */
void
trail_begin(struct trail_walk *w, struct trail *t, uint64_t generation)
{
	if (t->generation != generation)
		t->n = 0;
	t->generation = generation;
	w->trail = t;
	w->next = t->n;
	w->n = 0;
	w->is_too_deep = false;
}

void
trail_break(struct trail_walk *w)
{
	w->n = 0;
	w->is_too_deep = false;
}

/* Puts what was noted behind the n steps of the trail that still hold. */
static void
put_behind(struct trail_walk *w, size_t n)
{
	struct trail *t = w->trail;

	/* Then the trail that there is may still serve. */
	if (w->is_too_deep || n + w->n > TRAIL_MAX)
		return;
	if (n + w->n > t->cap) {
		t->cap = n + w->n + 16;
		t->steps =
		    xreallocarray(t->steps, t->cap, sizeof(*t->steps));
	}
	for (size_t i = 0; i < w->n; i++)
		t->steps[n + i] = w->fresh[w->n - 1 - i];
	t->n = n + w->n;
}

void
trail_end(struct trail_walk *w)
{
	put_behind(w, 0);
}

/* Whether the window has this word there; a word that it lacks is not equal. */
static bool
is_there(const struct mem_window *w, uint64_t at, uint64_t word)
{
	uint64_t off = at - w->addr, here;

	if (off > w->len || w->len - off < sizeof(here))
		return false;
	memcpy(&here, w->bytes + off, sizeof(here));
	return here == word;
}

/*
 * Whether what was read for step i is still so. Of the outermost frame only
 * that its return address is 0, where no rule says that it is outermost.
 */
static bool
holds(const struct trail *t, size_t i, const struct mem_window *window)
{
	const struct trail_step *s = &t->steps[i];

	if (i == 0)
		return s->ra_at == 0 || is_there(window, s->ra_at, 0);
	return is_there(window, s->ra_at, s[-1].pc) &&
	       (s->fp_at == 0 || is_there(window, s->fp_at, s[-1].fp));
}

uint64_t
trail_reach(const struct trail *t)
{
	const struct trail_step *s = t->steps;

	if (s->ra_at == 0 && t->n > 1)
		s++;
	return s->ra_at != 0 ? s->ra_at + sizeof(uint64_t) : 0;
}

bool
trail_take(struct trail_walk *w, size_t at,
    const struct mem_window *window, struct frame *frames, size_t *n,
    size_t max)
{
	struct trail *t = w->trail;

	if (at > max - *n)
		return false;
	for (size_t i = at + 1; i-- > 0;)
		if (!holds(t, i, window)) {
			/* Outside of this one it may hold again. */
			w->next = i;
			return false;
		}
	for (size_t i = at; i-- > 0;)
		frames[(*n)++] = (struct frame){
		    .pc = t->steps[i].pc, .is_return_addr = true};
	t->reused += at;
	put_behind(w, at + 1);
	return true;
}
