/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/blame.h"

#include "base/xalloc.h"
#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

/* What session/sample.c hangs stacks on that ended for lack of CFI. */
static const char broken_marker[] = "[truncated: no-cfi]";

/* Samples by mapping; the last entry is for code outside all. */
struct tally {
	const struct profile *p;
	uint64_t *v;
	uint64_t all;
};

static struct tally
tally_new(const struct profile *p)
{
	return (struct tally){
	    .p = p, .v = xcalloc(p->n_mappings + 1, sizeof(uint64_t))};
}

static void
tally_add(struct tally *t, uint32_t frame, uint64_t count)
{
	uint32_t id = t->p->frames[frame].mapping;

	t->v[id < t->p->n_mappings ? id : t->p->n_mappings] += count;
}

static struct blame
tally_end(struct tally *t)
{
	const struct profile *p = t->p;
	struct blame worst = {.file = "", .build_id = ""};
	size_t at = 0;

	for (size_t i = 1; i <= p->n_mappings; i++)
		if (t->v[i] > t->v[at])
			at = i;
	if (t->all > 0)
		worst.share = (double)t->v[at] / (double)t->all;
	/* A name that is no path, as "//anon", is of no file. */
	if (at < p->n_mappings) {
		const char *file =
		    interned(&p->strings, p->mappings[at].file);

		worst.build_id =
		    interned(&p->strings, p->mappings[at].build_id);
		if (file[0] == '/' && file[1] != '/')
			worst.file = file;
	}
	free(t->v);
	return worst;
}

/* Samples at each node and below it: a child's number is above its parent's. */
static uint64_t *
count_below(const struct trie *t)
{
	uint64_t *n = xcalloc(t->n, sizeof(*n));

	for (size_t i = t->n; i-- > 0;) {
		n[i] += t->nodes[i].w.count;
		if (t->nodes[i].parent != TRIE_NO_NODE)
			n[t->nodes[i].parent] += n[i];
	}
	return n;
}

static bool
is_broken_marker(const struct profile *p, uint32_t node)
{
	const struct trie_node *n = &p->trie.nodes[node];

	/* A root's frame is an index into labels. */
	if (n->parent == TRIE_NO_NODE)
		return false;
	return strcmp(interned(&p->strings, p->frames[n->frame].marker),
		   broken_marker) == 0;
}

struct blame
blame_broken(const struct profile *p)
{
	struct tally t = tally_new(p);
	uint64_t *below = count_below(&p->trie);

	for (size_t i = 0; i < p->trie.n; i++) {
		const struct trie_node *n = &p->trie.nodes[i];

		t.all += n->w.count;
		if (n->parent != TRIE_NO_NODE &&
		    is_broken_marker(p, n->parent))
			tally_add(&t, n->frame, below[i]);
	}
	free(below);
	return tally_end(&t);
}

struct blame
blame_unnamed(const struct profile *p)
{
	struct tally t = tally_new(p);

	for (size_t i = 0; i < p->trie.n; i++) {
		const struct trie_node *n = &p->trie.nodes[i];

		t.all += n->w.count;
		if (n->parent != TRIE_NO_NODE && p->frames[n->frame].unnamed)
			tally_add(&t, n->frame, n->w.count);
	}
	return tally_end(&t);
}
