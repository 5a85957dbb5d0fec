/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mirror.h - a profile's copy, in the hands of who shows it
 *
 * Has the ids of the original, and names, which the original gets only at the
 * end. It is a struct profile like any other: views and outputs read it. Its
 * nodes' counts are since the start; what came in a window is window.h's.
 */
#ifndef SCRAPE_PROFILE_MIRROR_H
#define SCRAPE_PROFILE_MIRROR_H

#include "profile/profile.h"

struct news;
struct weight;

/* Adds what is new. The news have to come in order, each once. */
void mirror_apply(struct profile *mirror, const struct news *news);
/*
 * A profile of its own with the stacks that have a weight, and only those, for
 * an output to write: weights by node, n of them; names go along. Its times and
 * stats are the mirror's; for a window put the window's there. Where the mirror
 * is of CPU time (by now), so is the copy. Deinit it.
 */
void mirror_extract(const struct profile *mirror, const struct weight *weights,
    size_t n, struct profile *ret);

#endif
