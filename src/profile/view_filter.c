/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stack passes when a frame of it does, so a node passes when its parent did:
 * one pass forwards. Regular expressions are slow, so each string is asked
 * about once, and only when a stack has it.
 */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a node. */
#define ALLOWED 1u /* its process and thread are among those wanted */
#define MATCHED 2u /* it, or a frame above it, is what the filter looks for */

bool
filter_is_on(const struct view_opts *opts)
{
	return opts->filter != NULL || opts->only_pid != 0 ||
	       opts->only_tid != 0;
}

static void
filter_prepare(struct viewer *v, const struct view_opts *opts)
{
	struct filter_memory *f = &v->filter;

	if (f->serial != opts->filter_serial || opts->filter_serial == 0)
		f->n = 0;
	f->serial = opts->filter_serial;
	if (f->n >= v->strings.n)
		return;
	f->answers =
	    xreallocarray(f->answers, v->strings.n, sizeof(*f->answers));
	memset(f->answers + f->n, NOT_ASKED, v->strings.n - f->n);
	f->n = v->strings.n;
}

static bool
text_matches(const struct view_opts *opts, const char *s)
{
	return regexec(opts->filter, s, 0, NULL, 0) == 0;
}

static bool
string_matches(struct viewer *v, const struct view_opts *opts, uint32_t id)
{
	uint8_t *answer = &v->filter.answers[id];

	if (*answer == NOT_ASKED)
		*answer =
		    text_matches(opts, interned(&v->strings, id)) ? YES : NO;
	return *answer == YES;
}

/* The grain that holds what a field asks about. */
static enum view_grain
grain_of(enum view_field field)
{
	switch (field) {
	case FIELD_OBJECT:
		return GRAIN_OBJECT;
	case FIELD_FILE:
		return GRAIN_LINE;
	case FIELD_FUNCTION:
	case FIELD_THREAD:
		break;
	}
	return GRAIN_FUNCTION;
}

static bool
frame_matches(struct viewer *v, const struct view_opts *opts, uint32_t frame)
{
	const struct keying *ks = &v->keyings[grain_of(opts->filter_field)];
	const struct frame_keys *f = &ks->frames[frame];

	for (uint32_t i = 0; i < f->n; i++) {
		const struct key *k = &v->keys[ks->members[f->first + i]];
		uint32_t s =
		    opts->filter_field == FIELD_FILE ? k->file : k->name;

		if (string_matches(v, opts, s))
			return true;
	}
	return false;
}

static uint8_t
judge_root(const struct viewer *v, const struct view_opts *opts,
    const struct profile_labels *l)
{
	if ((opts->only_pid != 0 && l->pid != opts->only_pid) ||
	    (opts->only_tid != 0 && l->tid != opts->only_tid))
		return 0;
	if (opts->filter == NULL)
		return ALLOWED | MATCHED;
	if (opts->filter_field != FIELD_THREAD)
		return ALLOWED;
	return text_matches(opts, interned(&v->p->strings, l->thread_name))
		   ? ALLOWED | MATCHED
		   : 0;
}

static uint8_t
judge_node(struct viewer *v, const struct view_opts *opts,
    const struct trie_node *node)
{
	uint8_t above;

	if (node->parent == TRIE_NO_NODE)
		return judge_root(v, opts, &v->p->labels[node->frame]);
	above = v->passes[node->parent];
	if (above == ALLOWED && frame_matches(v, opts, node->frame))
		return ALLOWED | MATCHED;
	return above;
}

/* A filter without a number is not known again. */
static bool
is_same_filter(const struct viewer *v, const struct view_opts *opts)
{
	const struct judged *j = &v->judged;

	return (opts->filter == NULL || opts->filter_serial != 0) &&
	       j->has_filter == (opts->filter != NULL) &&
	       j->serial == opts->filter_serial &&
	       j->field == opts->filter_field &&
	       j->only_pid == opts->only_pid && j->only_tid == opts->only_tid &&
	       j->generation == v->generation;
}

static void
begin(struct viewer *v, const struct view_opts *opts)
{
	v->judged = (struct judged){.has_filter = opts->filter != NULL,
	    .serial = opts->filter_serial,
	    .field = opts->filter_field,
	    .only_pid = opts->only_pid,
	    .only_tid = opts->only_tid,
	    .generation = v->generation,
	    .is_new = true};
}

void
filter_nodes(struct viewer *v, const struct view_opts *opts)
{
	const struct trie *t = &v->p->trie;
	struct judged *j = &v->judged;

	if (!filter_is_on(opts))
		return;
	if (opts->filter != NULL && opts->filter_field != FIELD_THREAD) {
		keys_sync(v, grain_of(opts->filter_field));
		filter_prepare(v, opts);
	}
	j->is_new = false;
	if (!is_same_filter(v, opts))
		begin(v, opts);
	KEEP_ROOM(v->passes, t->n, v->cap_passes);
	for (; j->n < t->n; j->n++)
		v->passes[j->n] = judge_node(v, opts, &t->nodes[j->n]);
}

bool
filter_passes(
    const struct viewer *v, const struct view_opts *opts, uint32_t node)
{
	return !filter_is_on(opts) || v->passes[node] == (ALLOWED | MATCHED);
}
