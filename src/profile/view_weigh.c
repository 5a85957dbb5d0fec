/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From weights of nodes to loads of calls. From one refresh to the next few of a
 * million nodes weigh something else: the window knows which, or else they are
 * found by comparing, and the difference is added to the calls on their way to
 * the root, modulo 2^64.
 */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>
#include <string.h>

/* --- loads */

static struct own *
own_of(struct viewer *v, uint32_t call)
{
	struct subtree *s = &v->subtrees[call];

	if (s->own == 0) {
		GROW(v->owns, v->n_owns, v->cap_owns);
		v->owns[v->n_owns++] = (struct own){0};
		s->own = (uint32_t)v->n_owns;
	}
	return &v->owns[s->own - 1];
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

	if (s->own != 0) {
		l.self = v->owns[s->own - 1].value;
		l.self_n = v->owns[s->own - 1].n;
		l.self_before = v->owns[s->own - 1].before;
	}
	return l;
}

/* A row that has fallen out of the window is gone, whatever it was before. */
bool
load_shows(const struct load *l)
{
	return l->total != 0 || l->total_n != 0;
}

bool
call_shows(const struct viewer *v, uint32_t call)
{
	const struct subtree *s = &v->subtrees[call];

	return s->total != 0 || s->total_n != 0;
}

/* --- from the last time to now */

static void
seen_add(struct seen *to, const struct seen *d)
{
	to->value += d->value;
	to->n += d->n;
	to->before += d->before;
}

static void
add_to_self(struct viewer *v, const struct calls *c, uint32_t call,
    const struct seen *d)
{
	struct own *own = own_of(v, call);
	struct load *sum = &v->sums[c->calls[call].cell];

	own->value += d->value;
	own->n += d->n;
	own->before += d->before;
	sum->self += d->value;
	sum->self_n += d->n;
	sum->self_before += d->before;
}

/* To the root. A cell gets it from its outermost call: recursion counts once. */
static void
add_to_totals(struct viewer *v, const struct calls *c, uint32_t call,
    const struct seen *d)
{
	for (; call != VIEW_NONE; call = c->calls[call].parent) {
		struct subtree *s = &v->subtrees[call];
		struct load *sum = &v->sums[c->calls[call].cell];

		s->total += d->value;
		s->total_n += d->n;
		s->total_before += d->before;
		if (!c->calls[call].is_outermost)
			continue;
		sum->total += d->value;
		sum->total_n += d->n;
		sum->total_before += d->before;
	}
}

static void
add_to_call(struct viewer *v, const struct calls *c, uint32_t call,
    const struct seen *d)
{
	if (call == VIEW_NONE)
		return;
	seen_add(&v->weighed.shown, d);
	add_to_self(v, c, call, d);
	add_to_totals(v, c, call, d);
}

/* Other names, other answers of a filter: it begins anew then. */
void
weigh_leave(struct viewer *v, const struct calls *c, uint32_t node)
{
	struct weighed *w = &v->weighed;
	struct seen *seen, d;

	if (w->calls != c || w->version != c->version || w->is_filtered ||
	    node >= w->n_seen)
		return;
	w->moment = 0;
	seen = &w->seen[node];
	d = (struct seen){-seen->value, -seen->n, -seen->before};
	seen_add(&w->all, &d);
	add_to_call(v, c, c->of_node[node], &d);
	*seen = (struct seen){0};
}

/* What a node weighs now. */
struct scales {
	const struct profile *p; /* all that it counted, where there is no ... */
	const struct weight *weights, *before; /* window */
	size_t n, n_before;
	enum measure measure;
};

static struct scales
scales_for(const struct viewer *v, enum measure measure,
    const struct window *window)
{
	struct scales s = {.p = v->p, .measure = measure};

	if (window != NULL) {
		s.p = NULL;
		s.weights = window_weights(window, &s.n);
		s.before = window_before(window, &s.n_before);
	}
	return s;
}

static inline struct seen
weigh_node(const struct scales *s, uint32_t i)
{
	const struct weight *w = NULL;
	struct seen now = {0};

	if (s->p != NULL)
		w = &s->p->trie.nodes[i].w;
	else if (i < s->n)
		w = &s->weights[i];
	if (w != NULL) {
		now.value = weight_by(w, s->measure);
		now.n = weight_count(w, s->measure);
	}
	if (i < s->n_before)
		now.before = (uint32_t)weight_count(&s->before[i], s->measure);
	return now;
}

static void
weigh_one(struct viewer *v, const struct calls *c,
    const struct view_opts *opts, const struct scales *scales, uint32_t node)
{
	struct seen *seen = &v->weighed.seen[node];
	struct seen now = weigh_node(scales, node), d;

	if (now.value == seen->value && now.n == seen->n &&
	    now.before == seen->before)
		return;
	d = (struct seen){now.value - seen->value, now.n - seen->n,
	    now.before - seen->before};
	*seen = now;
	seen_add(&v->weighed.all, &d);
	if (filter_passes(v, opts, node))
		add_to_call(v, c, c->of_node[node], &d);
}

/* A change of a node that the profile has not got yet would be missed later. */
static bool
are_known(const struct calls *c, const uint32_t *nodes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (nodes[i] >= c->n_nodes)
			return false;
	return true;
}

static void
weigh_nodes(struct viewer *v, const struct calls *c,
    const struct view_opts *opts, const struct window *window)
{
	const struct scales scales = scales_for(v, opts->measure, window);
	const uint32_t *changed = NULL;
	size_t n = 0;

	if (window != NULL && v->weighed.moment != 0 &&
	    window_changes(window, v->weighed.moment, &changed, &n) &&
	    are_known(c, changed, n)) {
		for (size_t i = 0; i < n; i++)
			weigh_one(v, c, opts, &scales, changed[i]);
	} else {
		for (uint32_t i = 0; i < c->n_nodes; i++)
			weigh_one(v, c, opts, &scales, i);
	}
	v->weighed.moment = window != NULL ? window_moment(window) : 0;
}

/* --- all */

static bool
is_same_question(const struct viewer *v, const struct calls *c,
    const struct view_opts *opts)
{
	const struct weighed *w = &v->weighed;
	bool is_filtered = filter_is_on(opts);

	return w->calls == c && w->version == c->version &&
	       w->measure == opts->measure && w->is_filtered == is_filtered &&
	       !(is_filtered && v->judged.is_new);
}

static void
begin(struct viewer *v, const struct calls *c, const struct view_opts *opts)
{
	struct weighed *w = &v->weighed;

	w->calls = c;
	w->version = c->version;
	w->measure = opts->measure;
	w->is_filtered = filter_is_on(opts);
	w->moment = 0;
	w->all = w->shown = (struct seen){0};
	w->n_seen = v->n_owns = v->n_sums = v->n_subtrees = 0;
}

/* Room for what has come, which has weighed nothing so far. */
static void
make_room(struct viewer *v, const struct calls *c)
{
	struct weighed *w = &v->weighed;

	KEEP_ROOM(v->subtrees, c->n, v->cap_subtrees);
	memset(v->subtrees + v->n_subtrees, 0,
	    (c->n - v->n_subtrees) * sizeof(*v->subtrees));
	v->n_subtrees = c->n;
	KEEP_ROOM(v->sums, c->n_cells, v->cap_sums);
	memset(v->sums + v->n_sums, 0,
	    (c->n_cells - v->n_sums) * sizeof(*v->sums));
	v->n_sums = c->n_cells;
	KEEP_ROOM(w->seen, c->n_nodes, w->cap_seen);
	memset(w->seen + w->n_seen, 0,
	    (c->n_nodes - w->n_seen) * sizeof(*w->seen));
	w->n_seen = c->n_nodes;
}

void
weigh(struct viewer *v, const struct calls *c, const struct view_opts *opts,
    const struct window *window)
{
	struct weighed *w = &v->weighed;

	filter_nodes(v, opts);
	if (!is_same_question(v, c, opts))
		begin(v, c, opts);
	make_room(v, c);
	weigh_nodes(v, c, opts, window);
	v->view.all = w->all.value;
	v->view.all_n = w->all.n;
	v->view.shown = w->shown.value;
	v->view.shown_n = w->shown.n;
	v->before_all = w->all.before;
}
