/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window.h - what the profile got in the last seconds, by node
 *
 * Time goes by in slots. A slot holds each of its stacks once, so that the cost
 * is in stacks, not in samples. What falls out of the window is kept as long
 * again: "before", which trends are measured against.
 */
#ifndef SCRAPE_PROFILE_WINDOW_H
#define SCRAPE_PROFILE_WINDOW_H

#include "profile/stats.h"
#include "profile/weight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct news;
struct window;

/*
 * span_ns 0: everything since now, or since the last reset. The slots of the
 * last span, or of the default one, are kept meanwhile, so that one can change
 * from the one to the other and back.
 */
struct window *window_new(uint64_t span_ns, uint64_t now);
void window_free(struct window *w); /* NULL is fine */
/* Counts the news' samples, at their time, and moves on to it. */
void window_add(struct window *w, const struct news *news);
/* Another span: what the slots still hold stays in, what does not is gone. */
void window_set_span(struct window *w, uint64_t span_ns);
/*
 * Begins again at the time of the last news: the next ones are of all the time
 * since then, so that what is counted and the time it is shared by belong
 * together.
 */
void window_reset(struct window *w);

/* What it is now, to be looked at and not added to. */
struct window *window_copy(const struct window *w);

/* By node of the profile; nodes behind *ret_n have none. */
const struct weight *window_weights(const struct window *w, size_t *ret_n);
/* Of as long a time before the window; *ret_n 0 with span 0. */
const struct weight *window_before(const struct window *w, size_t *ret_n);
/* The time that window_weights() is of, and that window_before() is of. */
uint64_t window_ns(const struct window *w);
uint64_t window_before_ns(const struct window *w);
/*
 * Who has looked at all the weights at some moment needs to look only at those
 * that have changed since: ret has their nodes, some more than once. False: too
 * much has happened, or it was another window. Copies of a window share its
 * moments, of which none is 0.
 */
uint64_t window_moment(const struct window *w);
bool window_changes(const struct window *w, uint64_t since,
    const uint32_t **ret, size_t *ret_n);
/* When it ends: the time of the last news. */
uint64_t window_end_ns(const struct window *w);
/*
 * What was counted in the window: the difference of the stats at its ends,
 * for the fields that count, and held_fraction; wall_s is its length. Others
 * are as of now.
 */
struct stats window_stats(const struct window *w);

#endif
