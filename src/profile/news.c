/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/news.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <stdlib.h>

/* With more than this, equal stacks are put together before there is more. */
#define MERGE_MIN 4096

void
journal_deinit(struct journal *j)
{
	free(j->samples);
	*j = (struct journal){0};
}

static int
by_node(const void *a, const void *b)
{
	const struct news_sample *x = a, *y = b;

	return (x->node > y->node) - (x->node < y->node);
}

/* Each stack once. */
static void
merge(struct journal *j)
{
	size_t kept = 0;

	if (j->n == 0)
		return;
	qsort(j->samples, j->n, sizeof(*j->samples), by_node);
	for (size_t i = 1; i < j->n; i++) {
		const struct news_sample *s = &j->samples[i];

		if (s->node != j->samples[kept].node) {
			j->samples[++kept] = *s;
			continue;
		}
		weight_add(&j->samples[kept].w, &s->w);
	}
	j->n = kept + 1;
}

/*
 * Grows only when more than half of what it holds are different stacks, so that
 * merging costs little for each sample.
 */
static void
make_room(struct journal *j)
{
	if (j->n < j->cap)
		return;
	if (j->n >= MERGE_MIN)
		merge(j);
	if (j->n <= j->cap / 2 && j->cap > 0)
		return;
	j->cap = j->cap == 0 ? MERGE_MIN : j->cap * 2;
	j->samples = xreallocarray(j->samples, j->cap, sizeof(*j->samples));
}

void
journal_add(struct journal *j, uint32_t node, const struct weight *w)
{
	make_room(j);
	j->samples[j->n++] = (struct news_sample){node, *w};
}

static void
copy_mappings(struct news *n, const struct profile *p)
{
	n->n_mappings = p->n_mappings - n->first_mapping;
	n->mappings = xcalloc(n->n_mappings, sizeof(*n->mappings));
	for (size_t i = 0; i < n->n_mappings; i++) {
		const struct profile_mapping *m =
		    &p->mappings[n->first_mapping + i];

		n->mappings[i] = (struct news_mapping){.start = m->start,
		    .limit = m->limit,
		    .off = m->off,
		    .file = interned(&p->strings, m->file),
		    .build_id = interned(&p->strings, m->build_id)};
	}
}

static void
copy_frames(struct news *n, const struct profile *p)
{
	n->n_frames = p->n_frames - n->first_frame;
	n->frames = xcalloc(n->n_frames, sizeof(*n->frames));
	for (size_t i = 0; i < n->n_frames; i++) {
		const struct profile_frame *f = &p->frames[n->first_frame + i];

		n->frames[i] = (struct news_frame){.addr = f->addr,
		    .mapping = f->mapping,
		    .marker = f->marker != 0
				  ? interned(&p->strings, f->marker)
				  : NULL};
	}
}

static void
copy_labels(struct news *n, const struct profile *p)
{
	n->n_labels = p->n_labels - n->first_labels;
	n->labels = xcalloc(n->n_labels, sizeof(*n->labels));
	for (size_t i = 0; i < n->n_labels; i++) {
		const struct profile_labels *l =
		    &p->labels[n->first_labels + i];

		n->labels[i] = (struct news_labels){.pid = l->pid,
		    .tid = l->tid,
		    .thread_name = interned(&p->strings, l->thread_name),
		    .state = interned(&p->strings, l->state)};
	}
}

static void
copy_nodes(struct news *n, const struct profile *p)
{
	n->n_nodes = p->trie.n - n->first_node;
	n->nodes = xcalloc(n->n_nodes, sizeof(*n->nodes));
	for (size_t i = 0; i < n->n_nodes; i++) {
		const struct trie_node *t =
		    &p->trie.nodes[n->first_node + i];

		n->nodes[i] = (struct news_node){t->parent, t->frame};
	}
}

/* The journal's own array goes along, and it begins another. */
static void
take_samples(struct news *n, struct journal *j)
{
	merge(j);
	n->samples = j->samples;
	n->n_samples = j->n;
	j->samples = NULL;
	j->n = j->cap = 0;
}

struct news *
news_collect(struct profile *p)
{
	struct journal *j = p->journal;
	struct news *n = xcalloc(1, sizeof(*n));

	n->time_ns = now_ns();
	n->first_mapping = j->n_mappings;
	n->first_frame = j->n_frames;
	n->first_labels = j->n_labels;
	n->first_node = j->n_nodes;
	copy_mappings(n, p);
	copy_frames(n, p);
	copy_labels(n, p);
	copy_nodes(n, p);
	take_samples(n, j);
	n->has_wall = p->has_wall;
	j->n_mappings = (uint32_t)p->n_mappings;
	j->n_frames = (uint32_t)p->n_frames;
	j->n_labels = (uint32_t)p->n_labels;
	j->n_nodes = (uint32_t)p->trie.n;
	return n;
}

void
news_free(struct news *n)
{
	if (n == NULL)
		return;
	free(n->mappings);
	free(n->frames);
	free(n->labels);
	free(n->nodes);
	free(n->samples);
	free(n);
}
