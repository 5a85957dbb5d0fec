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

/* The highest number with a bit that is below n; VIEW_NONE. */
static uint32_t
bits_below(const struct bits *b, uint32_t n)
{
	size_t i = n / 64;
	uint64_t left;

	left = i < b->n ? b->words[i] & ((UINT64_C(1) << n % 64) - 1) : 0;
	while (left == 0) {
		if (i-- == 0)
			return VIEW_NONE;
		left = b->words[i];
	}
	return (uint32_t)(i * 64 + 63 - (unsigned)__builtin_clzll(left));
}

/* --- loads */

static struct load *
live_load(struct viewer *v, uint32_t call)
{
	struct load *l = &v->loads[call];

	if (bits_set(&v->live, call))
		*l = (struct load){0};
	return l;
}

/* The weight that a node has now and the samples that it had before. */
static void
weigh_node(struct viewer *v, const struct calls *c,
    const struct view_opts *opts, uint32_t node, const struct weight *w,
    uint32_t before_n)
{
	uint32_t call = c->of_node[node];
	struct load *l;

	v->view.all += w->value;
	v->view.all_n += w->count;
	v->before_all += before_n;
	if (call == VIEW_NONE || !filter_passes(v, opts, node))
		return;
	v->view.shown += w->value;
	v->view.shown_n += w->count;
	l = live_load(v, call);
	l->self += w->value;
	l->self_n += w->count;
	l->self_before += before_n;
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

/* Self of all its calls, total of the outermost: recursion counts once. */
static void
add_to_cell(struct load *sum, const struct load *l, bool is_outermost)
{
	sum->self += l->self;
	sum->self_n += l->self_n;
	sum->self_before += l->self_before;
	if (!is_outermost)
		return;
	sum->total += l->total;
	sum->total_n += l->total_n;
	sum->total_before += l->total_before;
}

static void
add_to_parent(struct load *parent, const struct load *l)
{
	parent->total += l->total;
	parent->total_n += l->total_n;
	parent->total_before += l->total_before;
}

/* Children before their parents, which get their loads by them. */
static void
sum_subtrees(struct viewer *v, const struct calls *c, bool by_cell)
{
	uint32_t i = (uint32_t)c->n;

	while ((i = bits_below(&v->live, i)) != VIEW_NONE) {
		const struct call *call = &c->calls[i];
		struct load *l = &v->loads[i];

		l->total += l->self;
		l->total_n += l->self_n;
		l->total_before += l->self_before;
		if (call->parent != VIEW_NONE)
			add_to_parent(live_load(v, call->parent), l);
		if (by_cell)
			add_to_cell(
			    &v->sums[call->cell], l, call->is_outermost);
	}
}

void
weigh(struct viewer *v, const struct calls *c, const struct view_opts *opts,
    const struct window *window)
{
	v->before_all = 0;
	ROOM(v->loads, c->n, v->cap_loads);
	ROOM(v->sums, c->n_cells, v->cap_sums);
	memset(v->sums, 0, c->n_cells * sizeof(*v->sums));
	bits_clear(&v->live, c->n);
	filter_nodes(v, opts);
	if (window != NULL)
		weigh_window(v, c, opts, window);
	else
		weigh_profile(v, c, opts);
	sum_subtrees(v, c, opts->kind == VIEW_FLAT);
}
