/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three sums by node: of all since the reset, of the window, of the time before
 * it. The last two are kept up by what enters and what leaves, slot by slot.
 *
 *	... | gone |  before  |    window    | -> time
 *	              slots ...  slots ...     the last one is being filled
 *
 * A slot counts for where the greater half of it lies, as news come when they
 * can and not on the dot; so a window of five seconds holds five slots of about
 * one, and not four or five in turn.
 */
#include "config.h"

#include "profile/window.h"

#include "base/xalloc.h"
#include "profile/news.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* How finely time is told apart: in so many parts of the span. */
#define SLOTS 25

/* What slots are kept for while the window is "all": who changes to a span. */
#define DEFAULT_SPAN_NS (5 * UINT64_C(1000000000))

/*
 * Changes that are kept, and no others before them: some seconds of as many
 * samples as can be had. Looking at all is as quick where there are more.
 */
#define CHANGES_MAX 65536

/* What a window can go through before another one's moments begin. */
#define HISTORY_MOMENTS (UINT64_C(1) << 40)

struct slot {
	uint64_t start, end;
	struct stats at_start;
	struct news_sample *samples; /* each node once */
	size_t n, cap;
};

struct sums {
	struct weight *by_node;
	size_t n;
};

struct window {
	uint64_t span;	/* of the slots; never 0 */
	bool is_all;	/* the span asked for was 0 */
	uint64_t since; /* the last reset */
	uint64_t now;	/* of the last news */
	struct stats at_reset, at_now;
	struct sums all, inside, before;
	/* Oldest first: before, from first_inside on the window. */
	struct slot *slots;
	size_t n_slots, cap_slots, first_inside;
	/*
	 * By node: its place in the last slot's samples. A guess, which the
	 * sample there confirms or not, so that nothing has to be cleared.
	 */
	uint32_t *place;
	size_t n_places;
	/* Nodes; the first is the one that changed after the moment. */
	uint64_t moment;
	uint32_t *changes;
	size_t n_changes, cap_changes;
};

/* Forgets what has changed: nobody can go on from before. */
static void
begin_history(struct window *w)
{
	static _Atomic uint64_t next = 1;

	w->moment = atomic_fetch_add(&next, HISTORY_MOMENTS);
	w->n_changes = 0;
}

static void
note_change(struct window *w, uint32_t node)
{
	if (w->n_changes == CHANGES_MAX) {
		w->moment += w->n_changes;
		w->n_changes = 0;
	}
	GROW(w->changes, w->n_changes, w->cap_changes);
	w->changes[w->n_changes++] = node;
}

static void
note_slot(struct window *w, const struct slot *slot)
{
	for (size_t i = 0; i < slot->n; i++)
		note_change(w, slot->samples[i].node);
}

uint64_t
window_moment(const struct window *w)
{
	return w->moment + w->n_changes;
}

bool
window_changes(const struct window *w, uint64_t since, const uint32_t **ret,
    size_t *ret_n)
{
	if (since < w->moment || since > window_moment(w))
		return false;
	*ret_n = (size_t)(window_moment(w) - since);
	*ret = *ret_n > 0 ? &w->changes[since - w->moment] : NULL;
	return true;
}

static void
sums_reach(struct sums *s, uint32_t node)
{
	size_t n = s->n != 0 ? s->n : 64;

	if (node < s->n)
		return;
	while (n <= node)
		n *= 2;
	s->by_node = xreallocarray(s->by_node, n, sizeof(*s->by_node));
	memset(s->by_node + s->n, 0, (n - s->n) * sizeof(*s->by_node));
	s->n = n;
}

static void
sums_add(struct sums *s, const struct news_sample *sample)
{
	sums_reach(s, sample->node);
	weight_add(&s->by_node[sample->node], &sample->w);
}

static void
sums_add_slot(struct sums *s, const struct slot *slot)
{
	for (size_t i = 0; i < slot->n; i++)
		sums_add(s, &slot->samples[i]);
}

static void
sums_subtract_slot(struct sums *s, const struct slot *slot)
{
	for (size_t i = 0; i < slot->n; i++)
		weight_subtract(&s->by_node[slot->samples[i].node],
		    &slot->samples[i].w);
}

static void
sums_clear(struct sums *s)
{
	free(s->by_node);
	*s = (struct sums){0};
}

static void
set_span(struct window *w, uint64_t span_ns)
{
	w->is_all = span_ns == 0;
	if (span_ns != 0)
		w->span = span_ns;
	else if (w->span == 0)
		w->span = DEFAULT_SPAN_NS;
}

struct window *
window_new(uint64_t span_ns, uint64_t now)
{
	struct window *w = xcalloc(1, sizeof(*w));

	set_span(w, span_ns);
	w->since = w->now = now;
	begin_history(w);
	return w;
}

static void
drop_slots(struct window *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(w->slots[i].samples);
	if (n == 0)
		return;
	memmove(w->slots, w->slots + n, (w->n_slots - n) * sizeof(*w->slots));
	w->n_slots -= n;
}

void
window_free(struct window *w)
{
	if (w == NULL)
		return;
	drop_slots(w, w->n_slots);
	sums_clear(&w->all);
	sums_clear(&w->inside);
	sums_clear(&w->before);
	free(w->slots);
	free(w->place);
	free(w->changes);
	free(w);
}

static bool
is_older(const struct window *w, const struct slot *s, uint64_t age)
{
	uint64_t middle = s->start + (s->end - s->start) / 2;

	return middle < w->now && w->now - middle > age;
}

/* Lets slots go from the window to before, and from there. */
static void
move_on(struct window *w)
{
	size_t gone = 0;

	/* The last one is always in: what is newest is never nothing. */
	while (w->first_inside + 1 < w->n_slots &&
	       is_older(w, &w->slots[w->first_inside], w->span)) {
		note_slot(w, &w->slots[w->first_inside]);
		sums_subtract_slot(&w->inside, &w->slots[w->first_inside]);
		sums_add_slot(&w->before, &w->slots[w->first_inside]);
		w->first_inside++;
	}
	while (
	    gone < w->first_inside && is_older(w, &w->slots[gone], 2 * w->span)) {
		note_slot(w, &w->slots[gone]);
		sums_subtract_slot(&w->before, &w->slots[gone++]);
	}
	drop_slots(w, gone);
	w->first_inside -= gone;
}

/* The slot to count in, which reaches up to now. */
static struct slot *
open_slot(struct window *w, uint64_t now)
{
	struct slot *last = w->n_slots > 0 ? &w->slots[w->n_slots - 1] : NULL;

	if (last == NULL || now - last->start > w->span / SLOTS) {
		GROW(w->slots, w->n_slots, w->cap_slots);
		last = &w->slots[w->n_slots++];
		*last = (struct slot){.start = w->now, .at_start = w->at_now};
	}
	last->end = now;
	return last;
}

static uint32_t *
place_of(struct window *w, uint32_t node)
{
	size_t n = w->n_places != 0 ? w->n_places : 64;

	if (node >= w->n_places) {
		while (n <= node)
			n *= 2;
		w->place = xreallocarray(w->place, n, sizeof(*w->place));
		memset(w->place + w->n_places, 0,
		    (n - w->n_places) * sizeof(*w->place));
		w->n_places = n;
	}
	return &w->place[node];
}

static void
slot_add(struct window *w, struct slot *slot, const struct news_sample *s)
{
	uint32_t *place = place_of(w, s->node);

	if (*place < slot->n && slot->samples[*place].node == s->node) {
		weight_add(&slot->samples[*place].w, &s->w);
		return;
	}
	*place = (uint32_t)slot->n;
	GROW(slot->samples, slot->n, slot->cap);
	slot->samples[slot->n++] = *s;
}

void
window_add(struct window *w, const struct news *news)
{
	uint64_t now = news->time_ns > w->now ? news->time_ns : w->now;
	struct slot *slot = open_slot(w, now);

	for (size_t i = 0; i < news->n_samples; i++) {
		note_change(w, news->samples[i].node);
		sums_add(&w->all, &news->samples[i]);
		sums_add(&w->inside, &news->samples[i]);
		slot_add(w, slot, &news->samples[i]);
	}
	w->now = now;
	w->at_now = news->stats;
	move_on(w);
}

/* A longer span takes back in what is still there of before. */
void
window_set_span(struct window *w, uint64_t span_ns)
{
	set_span(w, span_ns);
	begin_history(w);
	sums_clear(&w->inside);
	sums_clear(&w->before);
	w->first_inside = 0;
	for (size_t i = 0; i < w->n_slots; i++)
		sums_add_slot(&w->inside, &w->slots[i]);
	move_on(w);
}

void
window_reset(struct window *w)
{
	drop_slots(w, w->n_slots);
	begin_history(w);
	w->first_inside = 0;
	sums_clear(&w->all);
	sums_clear(&w->inside);
	sums_clear(&w->before);
	w->since = w->now;
	w->at_reset = w->at_now;
}

const struct weight *
window_weights(const struct window *w, size_t *ret_n)
{
	const struct sums *s = w->is_all ? &w->all : &w->inside;

	*ret_n = s->n;
	return s->by_node;
}

const struct weight *
window_before(const struct window *w, size_t *ret_n)
{
	*ret_n = w->is_all ? 0 : w->before.n;
	return w->is_all ? NULL : w->before.by_node;
}

static uint64_t
window_start(const struct window *w)
{
	if (w->is_all)
		return w->since;
	if (w->n_slots == 0)
		return w->now;
	return w->slots[w->first_inside].start;
}

uint64_t
window_ns(const struct window *w)
{
	return w->now - window_start(w);
}

uint64_t
window_before_ns(const struct window *w)
{
	if (w->is_all || w->first_inside == 0)
		return 0;
	return window_start(w) - w->slots[0].start;
}

uint64_t
window_end_ns(const struct window *w)
{
	return w->now;
}

static uint64_t
since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

/* A share of the time from the start on is one of the time from then on. */
static double
share_since(const struct stats *now, const struct stats *then)
{
	double wall = now->wall_s - then->wall_s;
	double held = now->held_fraction * now->wall_s -
		      then->held_fraction * then->wall_s;

	return wall > 0 && held > 0 ? held / wall : 0;
}

static struct stats
stats_since(const struct stats *now, const struct stats *then)
{
	struct stats s = *now;

	s.ticks = since(now->ticks, then->ticks);
	s.missed_ticks = since(now->missed_ticks, then->missed_ticks);
	s.paced_ns = since(now->paced_ns, then->paced_ns);
	s.samples = since(now->samples, then->samples);
	s.stops = since(now->stops, then->stops);
	s.late = since(now->late, then->late);
	s.refused = since(now->refused, then->refused);
	s.cpu_kernel_ns = since(now->cpu_kernel_ns, then->cpu_kernel_ns);
	s.cpu_user_ns = since(now->cpu_user_ns, then->cpu_user_ns);
	s.cpu_system_ns = since(now->cpu_system_ns, then->cpu_system_ns);
	s.cpu_children_ns = since(now->cpu_children_ns, then->cpu_children_ns);
	s.cpu_attributed_ns =
	    since(now->cpu_attributed_ns, then->cpu_attributed_ns);
	for (int i = 0; i < END_NR; i++)
		s.ends[i] = since(now->ends[i], then->ends[i]);
	s.eintr_repaired = since(now->eintr_repaired, then->eintr_repaired);
	s.held_fraction = share_since(now, then);
	s.self_cpu_s = now->self_cpu_s > then->self_cpu_s
			   ? now->self_cpu_s - then->self_cpu_s
			   : 0;
	s.frames = since(now->frames, then->frames);
	s.guessed_frames = since(now->guessed_frames, then->guessed_frames);
	s.late_reads = since(now->late_reads, then->late_reads);
	s.folded = since(now->folded, then->folded);
	return s;
}

struct stats
window_stats(const struct window *w)
{
	const struct stats *then = &w->at_reset;
	struct stats s;

	if (!w->is_all)
		then = w->n_slots > 0 ? &w->slots[w->first_inside].at_start
				      : &w->at_now;
	s = stats_since(&w->at_now, then);
	s.wall_s = (double)window_ns(w) / 1e9;
	return s;
}

static struct sums
sums_copy(const struct sums *s)
{
	struct sums copy = {.n = s->n};

	if (s->n > 0) {
		copy.by_node =
		    xreallocarray(NULL, s->n, sizeof(*copy.by_node));
		memcpy(copy.by_node, s->by_node, s->n * sizeof(*copy.by_node));
	}
	return copy;
}

/* What the slots held is in the sums; their ends are still asked for. */
struct window *
window_copy(const struct window *w)
{
	struct window *copy = xcalloc(1, sizeof(*copy));

	*copy = *w;
	copy->all = sums_copy(&w->all);
	copy->inside = sums_copy(&w->inside);
	copy->before = sums_copy(&w->before);
	copy->slots = xcalloc(w->n_slots, sizeof(*copy->slots));
	copy->cap_slots = w->n_slots;
	for (size_t i = 0; i < w->n_slots; i++) {
		copy->slots[i] = w->slots[i];
		copy->slots[i].samples = NULL;
		copy->slots[i].n = copy->slots[i].cap = 0;
	}
	copy->place = NULL;
	copy->n_places = 0;
	copy->cap_changes = w->n_changes;
	copy->changes = xcalloc(w->n_changes, sizeof(*copy->changes));
	if (w->n_changes > 0)
		memcpy(copy->changes, w->changes,
		    w->n_changes * sizeof(*copy->changes));
	return copy;
}
