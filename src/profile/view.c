/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/view.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>
#include <string.h>

struct viewer *
viewer_new(const struct profile *p)
{
	struct viewer *v = xcalloc(1, sizeof(*v));

	v->p = p;
	interner_init(&v->strings);
	return v;
}

void
viewer_free(struct viewer *v)
{
	if (v == NULL)
		return;
	for (int grain = 0; grain < GRAIN_NR; grain++) {
		calls_free(v->calls[grain][0]);
		calls_free(v->calls[grain][1]);
	}
	keys_deinit(v);
	free(v->filter.answers);
	free(v->passes);
	free(v->subtrees);
	free(v->owns);
	free(v->sums);
	free(v->weighed.seen);
	free(v->rows);
	free(v->sorted);
	free(v->items);
	free(v->call_of);
	free(v->origin_of);
	climb_deinit(&v->climb);
	free(v);
}

void
viewer_names_changed(struct viewer *v)
{
	v->names_are_stale = true;
}

const struct view *
view_build(
    struct viewer *v, const struct view_opts *opts, const struct window *window)
{
	struct calls *c = calls_sync(v, opts);

	if (v->kind == VIEW_CALLERS && v->source == c)
		callers_note_moves(v, &c->moves);
	v->n_rows = 0;
	v->sort = opts->sort;
	v->inverted = opts->inverted;
	v->kind = opts->kind;
	v->source = c;
	v->view = (struct view){.first_root = VIEW_NONE};
	weigh(v, c, opts, window);
	switch (opts->kind) {
	case VIEW_FLAT:
		view_flat(v, c);
		break;
	case VIEW_TREE:
		view_tree(v, c);
		break;
	case VIEW_CALLERS:
		view_callers(v, c, opts);
		break;
	}
	v->view.viewer = v;
	v->view.rows = v->rows;
	v->view.n_rows = v->n_rows;
	return &v->view;
}

static const char *
string(const struct viewer *v, uint32_t id)
{
	return interned(&v->strings, id);
}

struct view_key
view_key(const struct viewer *v, uint32_t key)
{
	const struct key *k;

	if (key >= v->n_keys)
		return (struct view_key){"", "", 0, "", "", false};
	k = &v->keys[key];
	return (struct view_key){
	    .name = string(v, k->name),
	    .file = string(v, k->file),
	    .line = k->grain == GRAIN_PROCESS ? 0 : k->line,
	    .object = string(v, k->object),
	    .system_name = string(v, k->system_name),
	    .is_marker = k->is_marker,
	};
}

static bool
is_key_of(const struct viewer *v, const struct key *k, const char *name,
    const char *object)
{
	if (strcmp(string(v, k->object), object) != 0)
		return false;
	if (k->grain == GRAIN_OBJECT && object[0] != '\0')
		return true;
	return strcmp(string(v, k->function), name) == 0;
}

const struct view_move *
view_take_moves(struct viewer *v, size_t *ret_n)
{
	struct moves *m = &v->source->moves;

	*ret_n = m->are_told ? 0 : m->n;
	m->are_told = true;
	return m->list;
}

uint32_t
view_find(struct viewer *v, enum view_grain grain, const char *name,
    const char *object)
{
	keys_sync(v, grain);
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->keys[i].grain == grain &&
		    is_key_of(v, &v->keys[i], name, object))
			return key_now(v, (uint32_t)i);
	return VIEW_NONE;
}
