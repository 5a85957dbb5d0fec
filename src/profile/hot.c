/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trie is walked once, depth first. A function's total is the sum of the
 * subtrees at whose top it stands: a node adds its subtree only when none of
 * its ancestors holds the function already, which a count of the function's
 * nodes on the path to the root tells. So recursion is counted once, and the
 * cost is a few steps for each node, however deep the stacks are.
 */
#include "config.h"

#include "profile/hot.h"

#include "profile/profile.h"

#include "base/intern.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FRAME_NAME 512

/* A function as people count it: a name in a file, at whatever addresses. */
struct function {
	uint32_t name, object; /* strings of the walk */
	uint32_t on_path;      /* how often it is between here and the root */
	uint64_t self, total;
};

struct walk {
	const struct profile *p;
	struct interner strings;
	struct function *functions;
	size_t n_functions, cap_functions;
	struct hash index;
	/* The functions at frame i, innermost first: members[first[i]...]. */
	uint32_t *first, *members;
	size_t n_members, cap_members;
	/* By node. */
	uint64_t *subtree;
	uint32_t *child, *sibling;
};

static uint32_t
intern_function(struct walk *w, const char *name, const char *object)
{
	uint32_t n = intern(&w->strings, name), o = intern(&w->strings, object);
	uint64_t h = hash_u64((uint64_t)n << 32 | o);
	struct hash_probe at = hash_find(&w->index, h);
	uint32_t id;

	while ((id = hash_next(&w->index, &at)) != HASH_NONE)
		if (w->functions[id].name == n && w->functions[id].object == o)
			return id;
	GROW(w->functions, w->n_functions, w->cap_functions);
	w->functions[w->n_functions] =
	    (struct function){.name = n, .object = o};
	hash_add(&w->index, h, (uint32_t)w->n_functions);
	return (uint32_t)w->n_functions++;
}

static void
add_member(struct walk *w, uint32_t function)
{
	GROW(w->members, w->n_members, w->cap_members);
	w->members[w->n_members++] = function;
}

static void
list_frame(struct walk *w, uint32_t frame)
{
	const struct profile *p = w->p;
	const struct profile_frame *f = &p->frames[frame];
	const char *object = profile_object_name(p, frame);
	char buf[MAX_FRAME_NAME];

	for (uint32_t i = 0; i < f->n_lines; i++) {
		uint32_t function = p->lines[f->first_line + i].function;
		uint32_t name = p->functions[function].name;

		add_member(
		    w, intern_function(w, interned(&p->strings, name), object));
	}
	if (f->n_lines == 0) {
		profile_frame_name(p, frame, buf, sizeof(buf));
		add_member(w, intern_function(w, buf, object));
	}
}

static void
list_frames(struct walk *w)
{
	size_t n = w->p->n_frames;

	w->first = xcalloc(n + 1, sizeof(*w->first));
	for (size_t i = 0; i < n; i++) {
		w->first[i] = (uint32_t)w->n_members;
		list_frame(w, (uint32_t)i);
	}
	w->first[n] = (uint32_t)w->n_members;
}

/*
 * Sums and links every node; returns the first root. A node's number is above
 * its parent's, so backwards each subtree is whole before it is added.
 */
static uint32_t
link_nodes(struct walk *w)
{
	const struct trie *t = &w->p->trie;
	uint32_t first_root = TRIE_NO_NODE;

	w->subtree = xcalloc(t->n, sizeof(*w->subtree));
	w->child = xcalloc(t->n, sizeof(*w->child));
	w->sibling = xcalloc(t->n, sizeof(*w->sibling));
	for (size_t i = 0; i < t->n; i++)
		w->child[i] = TRIE_NO_NODE;
	for (size_t i = t->n; i-- > 0;) {
		uint32_t parent = t->nodes[i].parent;
		uint32_t *list = &first_root;

		w->subtree[i] += t->nodes[i].value;
		if (parent != TRIE_NO_NODE) {
			w->subtree[parent] += w->subtree[i];
			list = &w->child[parent];
		}
		w->sibling[i] = *list;
		*list = (uint32_t)i;
	}
	return first_root;
}

static void
enter(struct walk *w, uint32_t node)
{
	const struct trie_node *t = &w->p->trie.nodes[node];
	uint32_t i;

	if (t->parent == TRIE_NO_NODE)
		return;
	i = w->first[t->frame];
	w->functions[w->members[i]].self += t->value;
	for (; i < w->first[t->frame + 1]; i++) {
		struct function *f = &w->functions[w->members[i]];

		if (f->on_path++ == 0)
			f->total += w->subtree[node];
	}
}

static void
leave(struct walk *w, uint32_t node)
{
	const struct trie_node *t = &w->p->trie.nodes[node];

	if (t->parent == TRIE_NO_NODE)
		return;
	for (uint32_t i = w->first[t->frame]; i < w->first[t->frame + 1]; i++)
		w->functions[w->members[i]].on_path--;
}

static void
walk_nodes(struct walk *w, uint32_t first_root)
{
	uint32_t node = first_root;

	while (node != TRIE_NO_NODE) {
		enter(w, node);
		if (w->child[node] != TRIE_NO_NODE) {
			node = w->child[node];
			continue;
		}
		leave(w, node);
		while (w->sibling[node] == TRIE_NO_NODE) {
			node = w->p->trie.nodes[node].parent;
			if (node == TRIE_NO_NODE)
				return;
			leave(w, node);
		}
		node = w->sibling[node];
	}
}

static int
compare_functions(const void *pa, const void *pb, void *ctx)
{
	const struct function *a = pa, *b = pb;
	const struct walk *w = ctx;
	int order;

	if (a->self != b->self)
		return a->self > b->self ? -1 : 1;
	order = strcmp(
	    interned(&w->strings, a->name), interned(&w->strings, b->name));
	if (order != 0)
		return order;
	return strcmp(
	    interned(&w->strings, a->object), interned(&w->strings, b->object));
}

static size_t
copy_hottest(struct walk *w, struct hot_function *ret, size_t n)
{
	size_t found = 0;

	if (w->n_functions > 0)
		qsort_r(w->functions, w->n_functions, sizeof(*w->functions),
		    compare_functions, w);
	for (size_t i = 0; i < w->n_functions && found < n; i++) {
		const struct function *f = &w->functions[i];

		if (f->total == 0)
			continue;
		ret[found++] = (struct hot_function){
		    .name = xstrdup(interned(&w->strings, f->name)),
		    .object = xstrdup(interned(&w->strings, f->object)),
		    .self = f->self,
		    .total = f->total,
		};
	}
	return found;
}

size_t
hot_functions(const struct profile *p, struct hot_function *ret, size_t n)
{
	struct walk w = {.p = p};
	size_t found;

	interner_init(&w.strings);
	list_frames(&w);
	walk_nodes(&w, link_nodes(&w));
	found = copy_hottest(&w, ret, n);
	interner_deinit(&w.strings);
	hash_deinit(&w.index);
	free(w.functions);
	free(w.first);
	free(w.members);
	free(w.subtree);
	free(w.child);
	free(w.sibling);
	return found;
}

void
hot_functions_deinit(struct hot_function *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].name);
		free(v[i].object);
	}
}
