/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/mirror.h"

#include "base/xalloc.h"
#include "profile/news.h"
#include "profile/window.h"

#include <assert.h>
#include <stdlib.h>

/*
 * What the original took in stays under its bounds; a copy must have room for
 * all of that, also for what the original keeps a place for beyond them.
 */
static void
lift_bounds(struct profile *p)
{
	p->max_frames = UINT32_MAX / 2;
	p->trie.max = UINT32_MAX / 2;
}

static void
add_mappings(struct profile *p, const struct news *news)
{
	for (size_t i = 0; i < news->n_mappings; i++) {
		const struct news_mapping *m = &news->mappings[i];
		uint32_t id = profile_mapping(
		    p, m->start, m->limit, m->off, m->file, m->build_id);

		assert(id == news->first_mapping + i);
		(void)id;
	}
}

static void
add_frames(struct profile *p, const struct news *news)
{
	for (size_t i = 0; i < news->n_frames; i++) {
		const struct news_frame *f = &news->frames[i];
		uint32_t id = f->marker != NULL
				  ? profile_marker(p, f->marker)
				  : profile_frame(p, f->mapping, f->addr);

		assert(id == news->first_frame + i);
		(void)id;
	}
}

static void
add_labels(struct profile *p, const struct news *news)
{
	for (size_t i = 0; i < news->n_labels; i++) {
		const struct news_labels *l = &news->labels[i];
		uint32_t id = profile_labels(p, l->pid, l->tid, l->thread_name);

		if (l->state[0] != '\0')
			id = profile_labels_in(p, id, l->state);
		assert(id == news->first_labels + i);
		(void)id;
	}
}

static void
add_nodes(struct profile *p, const struct news *news)
{
	for (size_t i = 0; i < news->n_nodes; i++) {
		uint32_t id = trie_reserved_child(
		    &p->trie, news->nodes[i].parent, news->nodes[i].frame);

		assert(id == news->first_node + i);
		(void)id;
	}
}

static void
add_samples(struct profile *p, const struct news *news)
{
	for (size_t i = 0; i < news->n_samples; i++) {
		const struct news_sample *s = &news->samples[i];

		assert(s->node < p->trie.n);
		weight_add(&p->trie.nodes[s->node].w, &s->w);
	}
}

void
mirror_apply(struct profile *mirror, const struct news *news)
{
	lift_bounds(mirror);
	add_mappings(mirror, news);
	add_frames(mirror, news);
	add_labels(mirror, news);
	add_nodes(mirror, news);
	add_samples(mirror, news);
	mirror->has_wall = news->has_wall;
	mirror->stats = news->stats;
}

/* --- extract */

/* From one profile to another; ids there, or NOT_YET. */
struct transfer {
	const struct profile *from;
	struct profile *to;
	uint32_t *frames, *functions, *labels;
	uint32_t *path; /* of the stack at hand, leaf first */
	size_t cap_path;
};

#define NOT_YET UINT32_MAX

static uint32_t *
no_ids(size_t n)
{
	uint32_t *ids = xcalloc(n, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = NOT_YET;
	return ids;
}

static const char *
string(const struct transfer *t, uint32_t id)
{
	return interned(&t->from->strings, id);
}

/* All of them: their order is what they are known by. */
static void
copy_mappings(struct transfer *t)
{
	for (size_t i = 0; i < t->from->n_mappings; i++) {
		const struct profile_mapping *m = &t->from->mappings[i];
		uint32_t id = profile_mapping(t->to, m->start, m->limit, m->off,
		    string(t, m->file), string(t, m->build_id));
		struct profile_mapping *copy = &t->to->mappings[id];

		assert(id == i);
		copy->looked_up = m->looked_up;
		copy->unresolved = m->unresolved;
		copy->has_files = m->has_files;
		copy->has_lines = m->has_lines;
		copy->has_inlines = m->has_inlines;
	}
}

static uint32_t
function_there(struct transfer *t, uint32_t function)
{
	const struct profile_function *f = &t->from->functions[function];

	if (t->functions[function] == NOT_YET)
		t->functions[function] = profile_function(t->to,
		    string(t, f->name), string(t, f->system_name),
		    string(t, f->file), f->start_line);
	return t->functions[function];
}

static void
copy_lines(struct transfer *t, const struct profile_frame *f, uint32_t id)
{
	struct profile_line *lines = xcalloc(f->n_lines, sizeof(*lines));

	for (uint32_t i = 0; i < f->n_lines; i++) {
		lines[i] = t->from->lines[f->first_line + i];
		lines[i].function = function_there(t, lines[i].function);
	}
	profile_set_lines(t->to, id, lines, f->n_lines);
	free(lines);
}

static uint32_t
frame_there(struct transfer *t, uint32_t frame)
{
	const struct profile_frame *f = &t->from->frames[frame];
	uint32_t id;

	if (t->frames[frame] != NOT_YET)
		return t->frames[frame];
	id = f->marker != 0 ? profile_marker(t->to, string(t, f->marker))
			    : profile_frame(t->to, f->mapping, f->addr);
	copy_lines(t, f, id);
	t->to->frames[id].unnamed = f->unnamed;
	return t->frames[frame] = id;
}

static uint32_t
labels_there(struct transfer *t, uint32_t labels)
{
	const struct profile_labels *l = &t->from->labels[labels];

	if (t->labels[labels] == NOT_YET)
		t->labels[labels] = profile_labels_in(t->to,
		    profile_labels(t->to, l->pid, l->tid,
			string(t, l->thread_name)),
		    t->to->has_wall ? string(t, l->state) : "");
	return t->labels[labels];
}

/* Of a profile of CPU time alone, who slept and when is no part. */
static struct weight
weight_there(const struct transfer *t, const struct weight *w)
{
	if (t->to->has_wall)
		return *w;
	return cpu_weight(weight_count(w, MEASURE_CPU), w->cpu);
}

static void
copy_stack(struct transfer *t, uint32_t leaf, struct weight weight)
{
	const struct trie_node *node = &t->from->trie.nodes[leaf];
	size_t n = 0;

	for (; node->parent != TRIE_NO_NODE;
	     node = &t->from->trie.nodes[node->parent]) {
		GROW(t->path, n, t->cap_path);
		t->path[n++] = frame_there(t, node->frame);
	}
	profile_add(t->to, labels_there(t, node->frame), t->path, n, weight);
}

void
mirror_extract(const struct profile *mirror, const struct weight *weights,
    size_t n, struct profile *ret)
{
	struct transfer t = {
	    .from = mirror,
	    .to = ret,
	    .frames = no_ids(mirror->n_frames),
	    .functions = no_ids(mirror->n_functions),
	    .labels = no_ids(mirror->n_labels),
	};

	profile_init(ret, 0, 0);
	lift_bounds(ret);
	ret->time_ns = mirror->time_ns;
	ret->duration_ns = mirror->duration_ns;
	ret->period_ns = mirror->period_ns;
	ret->has_wall = mirror->has_wall;
	copy_mappings(&t);
	for (uint32_t i = 0; i < n && i < mirror->trie.n; i++) {
		struct weight w = weight_there(&t, &weights[i]);

		if (!weight_is_none(&w))
			copy_stack(&t, i, w);
	}
	ret->stats = mirror->stats;
	free(t.frames);
	free(t.functions);
	free(t.labels);
	free(t.path);
}
