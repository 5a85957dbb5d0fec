/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From weights of nodes to loads of calls. What has no load is not visited: of
 * a million calls a short window has some hundreds, and a bit for each tells.
 * A load is made zero when its bit is set, not before.
 */
#include "config.h"

#include "profile/view_private.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* --- bits */

static void
bits_clear(struct bits *b, size_t n)
{
	b->n = (n + 63) / 64;
	ROOM(b->words, b->n, b->cap);
	memset(b->words, 0, b->n * sizeof(*b->words));
}

/* Whether it was not set before. */
static bool
bits_set(struct bits *b, uint32_t i)
{
	uint64_t bit = UINT64_C(1) << i % 64;
	bool is_new = (b->words[i / 64] & bit) == 0;

	b->words[i / 64] |= bit;
	return is_new;
}

uint32_t
bits_from(const struct bits *b, uint32_t n)
{
	uint64_t mask = ~UINT64_C(0) << n % 64;

	for (size_t i = n / 64; i < b->n; i++, mask = ~UINT64_C(0))
		if ((b->words[i] & mask) != 0)
			return (uint32_t)(i * 64 +
			    (unsigned)__builtin_ctzll(b->words[i] & mask));
	return VIEW_NONE;
}

/* --- loads */

/* A call that gets a load, and what is above it, as far as it has none yet. */
static void
make_live(struct viewer *v, const struct calls *c, uint32_t call)
{
	for (; call != VIEW_NONE && bits_set(&v->live, call);
	     call = c->calls[call].parent)
		v->subtrees[call] = (struct subtree){.own = VIEW_NONE};
}

static struct own *
own_of(struct viewer *v, const struct calls *c, uint32_t call)
{
	struct subtree *s = &v->subtrees[call];

	make_live(v, c, call);
	if (s->own == VIEW_NONE) {
		GROW(v->owns, v->n_owns, v->cap_owns);
		s->own = (uint32_t)v->n_owns;
		v->owns[v->n_owns++] = (struct own){.call = call};
	}
	return &v->owns[s->own];
}

struct load
call_load(const struct viewer *v, uint32_t call)
{
	const struct subtree *s = &v->subtrees[call];
	struct load l = {
	    .total = s->total,
	    .total_n = s->total_n,
	    .total_before = s->total_before,
	};

	if (s->own != VIEW_NONE) {
		l.self = v->owns[s->own].value;
		l.self_n = v->owns[s->own].n;
		l.self_before = v->owns[s->own].before;
	}
	return l;
}

/* A row that has fallen out of the window is gone, whatever it was before. */
bool
load_shows(const struct load *l)
{
	return l->total != 0 || l->total_n != 0;
}

/* The weight that a node has now and the samples that it had before. */
static void
weigh_node(struct viewer *v, const struct calls *c,
    const struct view_opts *opts, uint32_t node, const struct weight *w,
    uint32_t before)
{
	uint32_t call = c->of_node[node];
	struct own *own;

	v->view.all += w->value;
	v->view.all_n += w->count;
	v->before_all += before;
	if (call == VIEW_NONE || !filter_passes(v, opts, node))
		return;
	v->view.shown += w->value;
	v->view.shown_n += w->count;
	own = own_of(v, c, call);
	own->value += w->value;
	own->n += w->count;
	own->before += before;
}

static void
weigh_window(struct viewer *v, const struct calls *c,
    const struct view_opts *opts, const struct window *window)
{
	static const struct weight none;
	size_t n, n_before;
	const struct weight *weights = window_weights(window, &n);
	const struct weight *before = window_before(window, &n_before);

	for (uint32_t i = 0; i < c->n_nodes; i++) {
		const struct weight *w = i < n ? &weights[i] : &none;
		uint32_t before_n =
		    i < n_before ? (uint32_t)before[i].count : 0;

		if (w->count != 0 || w->value != 0 || before_n != 0)
			weigh_node(v, c, opts, i, w, before_n);
	}
}

static void
weigh_profile(
    struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	for (uint32_t i = 0; i < c->n_nodes; i++) {
		const struct trie_node *n = &v->p->trie.nodes[i];
		struct weight w = {n->count, n->value};

		if (w.count != 0 || w.value != 0)
			weigh_node(v, c, opts, i, &w, 0);
	}
}

/* --- sums */

static void
sum_owns(struct viewer *v, const struct calls *c)
{
	for (size_t i = 0; i < v->n_owns; i++) {
		const struct own *own = &v->owns[i];
		struct subtree *s = &v->subtrees[own->call];
		struct load *sum = &v->sums[c->calls[own->call].cell];

		s->total += own->value;
		s->total_n += own->n;
		s->total_before += own->before;
		sum->self += own->value;
		sum->self_n += own->n;
		sum->self_before += own->before;
	}
}

/* Only the outermost calls': recursion counts once. */
static void
add_to_cell(struct viewer *v, const struct call *call, const struct subtree *s)
{
	struct load *sum = &v->sums[call->cell];

	if (!call->is_outermost)
		return;
	sum->total += s->total;
	sum->total_n += s->total_n;
	sum->total_before += s->total_before;
}

static void
add_to_parent(struct viewer *v, const struct call *call,
    const struct subtree *s)
{
	struct subtree *parent;

	if (call->parent == VIEW_NONE)
		return;
	parent = &v->subtrees[call->parent];
	parent->total += s->total;
	parent->total_n += s->total_n;
	parent->total_before += s->total_before;
}

/* Backwards: a call's subtree is whole before it is added to another. */
static void
sum_subtrees(struct viewer *v, const struct calls *c, bool by_cell)
{
	for (size_t word = v->live.n; word-- > 0;) {
		uint64_t left = v->live.words[word];

		while (left != 0) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			size_t i = word * 64 + bit;

			left ^= UINT64_C(1) << bit;
			add_to_parent(v, &c->calls[i], &v->subtrees[i]);
			if (by_cell)
				add_to_cell(
				    v, &c->calls[i], &v->subtrees[i]);
		}
	}
}

void
weigh(struct viewer *v, const struct calls *c, const struct view_opts *opts,
    const struct window *window)
{
	v->before_all = 0;
	v->n_owns = 0;
	ROOM(v->subtrees, c->n, v->cap_subtrees);
	ROOM(v->sums, c->n_cells, v->cap_sums);
	memset(v->sums, 0, c->n_cells * sizeof(*v->sums));
	bits_clear(&v->live, c->n);
	filter_nodes(v, opts);
	if (window != NULL)
		weigh_window(v, c, opts, window);
	else
		weigh_profile(v, c, opts);
	sum_owns(v, c);
	sum_subtrees(v, c, opts->kind == VIEW_FLAT);
}
