/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * news.h - what a profile got since it was last asked, as a copy
 *
 * A profile belongs to the thread that samples. Who shows it has a copy of its
 * own (profile/mirror.h) and keeps it up to date by news, which are handed over
 * whole: neither side ever waits for the other, and there is no lock.
 *
 *	sampling thread				showing thread
 *	news_collect(profile) ----- news -----> mirror_apply(), window_add()
 *
 * Ids are the profile's, whose tables only grow: news hold what is behind the
 * ends of the last ones. Strings are the profile's, which live as long as it.
 */
#ifndef SCRAPE_PROFILE_NEWS_H
#define SCRAPE_PROFILE_NEWS_H

#include "profile/profile.h"
#include "profile/stats.h"

#include <stddef.h>
#include <stdint.h>

struct news_mapping {
	uint64_t start, limit, off;
	const char *file, *build_id;
};

struct news_frame {
	uint64_t addr;
	uint32_t mapping;
	const char *marker; /* NULL: not a marker */
};

struct news_labels {
	pid_t pid, tid;
	const char *thread_name;
	const char *state; /* "": none */
};

struct news_node {
	uint32_t parent, frame;
};

/* A sample, or several of one stack. */
struct news_sample {
	uint32_t node;
	struct weight w;
};

/* The first of each table has the id first_...; free by news_free(). */
struct news {
	uint64_t time_ns; /* monotonic, when they were collected */
	uint32_t first_mapping, first_frame, first_labels, first_node;
	struct news_mapping *mappings;
	struct news_frame *frames;
	struct news_labels *labels;
	struct news_node *nodes;
	struct news_sample *samples;
	size_t n_mappings, n_frames, n_labels, n_nodes, n_samples;
	bool has_wall;	    /* the profile's, by now */
	struct stats stats; /* as they are now, since the start */
};

/*
 * What profile_add() counted since the last news, kept while somebody wants
 * them (profile.journal). Bounded by the number of stacks: equal ones are put
 * together when there are many.
 */
struct journal {
	struct news_sample *samples;
	size_t n, cap;
	uint32_t n_mappings, n_frames, n_labels, n_nodes; /* told already */
};

void journal_deinit(struct journal *j);
void journal_add(
    struct journal *j, uint32_t node, const struct weight *w);

/* p->journal has to be set. The caller fills in stats and owns the result. */
struct news *news_collect(struct profile *p);
void news_free(struct news *n); /* NULL is fine */

#endif
