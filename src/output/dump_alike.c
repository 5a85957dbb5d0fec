/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_alike.h"

#include "base/hash.h"
#include "base/xalloc.h"
#include "core/dump.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* Strings of a dump are interned: equal ones are nearly always one pointer. */
static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Pools number their threads: pool-1 to pool-64 are of one kind. */
static bool
same_but_for_numbers(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	for (;; a++, b++) {
		size_t in_a = strspn(a, DIGITS), in_b = strspn(b, DIGITS);

		a += in_a;
		b += in_b;
		if ((in_a == 0) != (in_b == 0) || *a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

static bool
same_place(const struct dump_frame *a, const struct dump_frame *b)
{
	return a->pc == b->pc && a->module_offset == b->module_offset &&
	    a->has_function_offset == b->has_function_offset &&
	    a->function_offset == b->function_offset && a->line == b->line &&
	    a->column == b->column;
}

bool
dump_frame_equal(const struct dump_frame *a, const struct dump_frame *b)
{
	return same_place(a, b) && a->inlined == b->inlined &&
	    a->signal_frame == b->signal_frame && a->guessed == b->guessed &&
	    same_text(a->function, b->function) &&
	    same_text(a->system_name, b->system_name) &&
	    same_text(a->module, b->module) &&
	    same_text(a->build_id, b->build_id) && same_text(a->file, b->file);
}

/* Frames of one pc are those inlined there: line and flag tell most apart. */
uint64_t
dump_frame_hash(const struct dump_frame *f)
{
	return hash_u64(
	    hash_u64(f->pc) ^ ((uint64_t)f->line << 32 | f->column) ^
	    (uint64_t)f->inlined << 63);
}

static bool
same_call(const struct dump_syscall *a, const struct dump_syscall *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->number == b->number && same_text(a->name, b->name);
}

static bool
same_frames(const struct dump_thread *a, const struct dump_thread *b)
{
	if (a->n_frames != b->n_frames)
		return false;
	for (size_t i = 0; i < a->n_frames; i++)
		if (!dump_frame_equal(&a->frames[i], &b->frames[i]))
			return false;
	return true;
}

static bool
thread_equal(const struct dump_thread *a, const struct dump_thread *b)
{
	return a->state == b->state && a->end == b->end &&
	    same_but_for_numbers(a->name, b->name) &&
	    same_text(a->problem, b->problem) &&
	    same_call(a->syscall, b->syscall) && same_frames(a, b);
}

static uint64_t
thread_hash(const struct dump_thread *th)
{
	uint64_t h = hash_u64((uint64_t)th->n_frames << 8 | (uint8_t)th->state);

	for (size_t i = 0; i < th->n_frames; i++)
		h = hash_u64(h ^ dump_frame_hash(&th->frames[i]));
	return h;
}

static uint32_t
find_group(const struct dump_groups *g, const struct dump *d,
    const struct hash *index, uint64_t hash, const struct dump_thread *th)
{
	struct hash_probe at = hash_find(index, hash);
	uint32_t id;

	while ((id = hash_next(index, &at)) != HASH_NONE)
		if (thread_equal(&d->threads[g->groups[id].first], th))
			break;
	return id;
}

static void
join(struct dump_groups *g, uint32_t id, size_t thread)
{
	struct dump_group *group = &g->groups[id];

	g->next[group->last] = thread;
	group->last = thread;
	group->n++;
}

static void
found(struct dump_groups *g, size_t thread)
{
	GROW(g->groups, g->n, g->cap);
	g->groups[g->n++] =
	    (struct dump_group){.first = thread, .last = thread, .n = 1};
}

void
dump_groups_init(struct dump_groups *g, const struct dump *d, bool fold)
{
	struct hash index = {0};

	*g = (struct dump_groups){
	    .next = xcalloc(d->n_threads + 1, sizeof(*g->next))};
	for (size_t i = 0; i < d->n_threads; i++) {
		const struct dump_thread *th = &d->threads[i];
		uint64_t hash = fold ? thread_hash(th) : 0;
		uint32_t id = HASH_NONE;

		if (fold)
			id = find_group(g, d, &index, hash, th);
		if (id != HASH_NONE) {
			join(g, id, i);
			continue;
		}
		if (fold)
			hash_add(&index, hash, (uint32_t)g->n);
		found(g, i);
	}
	hash_deinit(&index);
}

void
dump_groups_deinit(struct dump_groups *g)
{
	free(g->groups);
	free(g->next);
	*g = (struct dump_groups){0};
}
