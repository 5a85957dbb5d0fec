/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/by_thread.h"

#include "base/xalloc.h"
#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

/* Of a node: whose it is, and what it weighed when it was last looked at. */
struct part {
	uint64_t cpu;
	uint32_t labels;
};

struct by_thread {
	const struct profile *p;
	struct part *parts; /* by node */
	size_t n_parts, cap_parts;
	uint64_t *sums; /* by label set */
	size_t n_sums, cap_sums;
	uint64_t moment; /* of the window; 0: none was looked at */
};

struct by_thread *
by_thread_new(const struct profile *p)
{
	struct by_thread *t = xcalloc(1, sizeof(*t));

	t->p = p;
	return t;
}

void
by_thread_free(struct by_thread *t)
{
	if (t == NULL)
		return;
	free(t->parts);
	free(t->sums);
	free(t);
}

/* A node's number is above its parent's, whose part is there. */
static void
take_new_nodes(struct by_thread *t)
{
	while (t->n_parts < t->p->trie.n) {
		const struct trie_node *n = &t->p->trie.nodes[t->n_parts];

		GROW(t->parts, t->n_parts, t->cap_parts);
		t->parts[t->n_parts++] = (struct part){
		    .labels = n->parent == TRIE_NO_NODE
			? n->frame
			: t->parts[n->parent].labels,
		};
	}
	while (t->n_sums < t->p->n_labels) {
		GROW(t->sums, t->n_sums, t->cap_sums);
		t->sums[t->n_sums++] = 0;
	}
}

static void
look_at(struct by_thread *t, const struct weight *weights, size_t n,
    uint32_t node)
{
	struct part *part = &t->parts[node];
	uint64_t cpu = node < n ? weights[node].cpu : 0;

	t->sums[part->labels] += cpu - part->cpu;
	part->cpu = cpu;
}

const uint64_t *
by_thread_cpu(struct by_thread *t, const struct window *w)
{
	const uint32_t *changed = NULL;
	size_t n, n_changed = 0;
	const struct weight *weights = window_weights(w, &n);

	take_new_nodes(t);
	if (window_changes(w, t->moment, &changed, &n_changed)) {
		for (size_t i = 0; i < n_changed; i++)
			if (changed[i] < t->n_parts)
				look_at(t, weights, n, changed[i]);
	} else {
		for (uint32_t i = 0; i < t->n_parts; i++)
			look_at(t, weights, n, i);
	}
	t->moment = window_moment(w);
	return t->sums;
}
