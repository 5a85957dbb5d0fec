/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A key is what a grain tells apart, at whatever addresses and in whatever
 * mappings: names, and so the same in every process and after new names.
 */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAME_NAME 512

void
keys_deinit(struct viewer *v)
{
	for (int grain = 0; grain < GRAIN_NR; grain++) {
		free(v->keyings[grain].frames);
		free(v->keyings[grain].members);
	}
	interner_deinit(&v->strings);
	hash_deinit(&v->key_index);
	free(v->local);
	free(v->keys);
	free(v->prints);
	free(v->changed);
}

/* Our number for a string of the profile. */
static uint32_t
localize(struct viewer *v, uint32_t id)
{
	if (id >= v->cap_local) {
		size_t n = v->p->strings.n + v->p->strings.n / 2 + 1;

		v->local = xreallocarray(v->local, n, sizeof(*v->local));
		memset(v->local + v->cap_local, 0,
		    (n - v->cap_local) * sizeof(*v->local));
		v->cap_local = n;
	}
	if (v->local[id] == 0)
		v->local[id] =
		    intern(&v->strings, interned(&v->p->strings, id)) + 1;
	return v->local[id] - 1;
}

/* --- what changed */

static uint64_t
print_of(const struct profile *p, uint32_t frame)
{
	const struct profile_frame *f = &p->frames[frame];

	return f->n_lines == 0 ? 0
			       : hash_bytes(&p->lines[f->first_line],
				     f->n_lines * sizeof(*p->lines));
}

/*
 * Lines are looked at only when the viewer is told of some: between two views
 * most frames stay as they are, and all of them have to be gone through.
 */
static void
note_changes(struct viewer *v)
{
	v->generation++;
	for (uint32_t i = 0; i < v->n_prints; i++) {
		uint64_t print = print_of(v->p, i);

		if (print == v->prints[i])
			continue;
		v->prints[i] = print;
		v->changed[i] = v->generation;
	}
	v->names_are_stale = false;
}

static void
look_at_frames(struct viewer *v)
{
	size_t n = v->p->n_frames;

	if (v->names_are_stale)
		note_changes(v);
	if (n > v->cap_prints) {
		v->cap_prints = n + n / 2;
		v->prints =
		    xreallocarray(v->prints, v->cap_prints, sizeof(*v->prints));
		v->changed = xreallocarray(
		    v->changed, v->cap_prints, sizeof(*v->changed));
	}
	for (; v->n_prints < n; v->n_prints++) {
		v->prints[v->n_prints] = print_of(v->p, (uint32_t)v->n_prints);
		v->changed[v->n_prints] = v->generation;
	}
}

/* --- keys */

static bool
key_equal(const struct key *a, const struct key *b)
{
	if (a->grain != b->grain)
		return false;
	if (a->grain == GRAIN_PROCESS)
		return a->line == b->line;
	if (a->name != b->name || a->object != b->object ||
	    a->is_marker != b->is_marker)
		return false;
	return a->grain != GRAIN_LINE ||
	       (a->file == b->file && a->line == b->line);
}

static uint64_t
key_hash(const struct key *k)
{
	uint64_t h = hash_u64((uint64_t)k->name << 32 | k->object);

	if (k->grain == GRAIN_PROCESS)
		return hash_u64(k->line);
	if (k->grain == GRAIN_LINE)
		h = hash_u64(h ^ ((uint64_t)k->file << 32 | k->line));
	return hash_u64(h + (uint64_t)k->grain * 2 + k->is_marker);
}

/* A function that stands at two places has neither. */
static void
agree_on_place(struct key *known, const struct key *k)
{
	if (known->file == k->file && known->line != k->line)
		known->line = 0;
	if (known->file == 0) {
		known->file = k->file;
		known->line = k->line;
	}
}

static uint32_t
key_id(struct viewer *v, const struct key *k)
{
	uint64_t h = key_hash(k);
	struct hash_probe at = hash_find(&v->key_index, h);
	uint32_t id;

	while ((id = hash_next(&v->key_index, &at)) != HASH_NONE) {
		if (!key_equal(&v->keys[id], k))
			continue;
		agree_on_place(&v->keys[id], k);
		return id;
	}
	GROW(v->keys, v->n_keys, v->cap_keys);
	v->keys[v->n_keys] = *k;
	v->keys[v->n_keys].became = VIEW_NONE;
	hash_add(&v->key_index, h, (uint32_t)v->n_keys);
	return (uint32_t)v->n_keys++;
}

/* --- keys of a frame */

/* How often a key is followed: names come twice or three times. */
#define RENAMES_MAX 16

static void
add_member(struct viewer *v, struct keying *k, uint32_t key)
{
	GROW(k->members, k->n_members, k->cap_members);
	k->members[k->n_members++] = key;
	v->keys[key].n_frames++;
}

/*
 * The functions themselves: what is inlined into them stands at the same frame
 * and comes and goes.
 */
static void
leave_keys(struct viewer *v, const struct keying *k, struct frame_keys was,
    struct frame_keys now)
{
	uint32_t became = k->members[now.first + now.n - 1];

	for (uint32_t i = 0; i < was.n; i++) {
		uint32_t key = k->members[was.first + i];

		v->keys[key].n_frames--;
		if (i == was.n - 1 && key != became)
			v->keys[key].became = became;
	}
}

uint32_t
key_now(const struct viewer *v, uint32_t key)
{
	for (int i = 0; i < RENAMES_MAX && v->keys[key].n_frames == 0 &&
	     v->keys[key].became != VIEW_NONE; i++)
		key = v->keys[key].became;
	return key;
}

/* "parse 0x1234": the function, and where in the object's file. */
static uint32_t
address_name(struct viewer *v, uint32_t frame, uint32_t function)
{
	const struct profile_frame *f = &v->p->frames[frame];
	uint64_t off = f->addr;
	uint32_t id;
	char *name;

	if (f->mapping != PROFILE_NO_MAPPING)
		off += v->p->mappings[f->mapping].off -
		       v->p->mappings[f->mapping].start;
	name = xasprintf("%s 0x%" PRIx64, interned(&v->strings, function), off);
	id = intern(&v->strings, name);
	free(name);
	return id;
}

static struct key
line_key(struct viewer *v, enum view_grain grain,
    const struct profile_line *line, uint32_t object)
{
	const struct profile_function *f = &v->p->functions[line->function];
	struct key k = {
	    .grain = (uint8_t)grain,
	    .name = localize(v, f->name),
	    .object = object,
	    .function = localize(v, f->name),
	    .file = localize(v, f->file),
	    .line = grain == GRAIN_FUNCTION ? f->start_line : line->line,
	};

	if (f->system_name != f->name)
		k.system_name = localize(v, f->system_name);
	return k;
}

/* A frame of which no lines are known, or that is not code. */
static struct key
bare_key(
    struct viewer *v, enum view_grain grain, uint32_t frame, uint32_t object)
{
	char buf[MAX_FRAME_NAME];
	uint32_t name = intern(
	    &v->strings, profile_frame_name(v->p, frame, buf, sizeof(buf)));

	return (struct key){
	    .grain = (uint8_t)grain,
	    .is_marker = v->p->frames[frame].marker != 0,
	    .name = name,
	    .object = object,
	    .function = name,
	};
}

/* Of all inlined calls: where the processor was is one place. */
static struct key
address_key(struct viewer *v, uint32_t frame, uint32_t object)
{
	const struct profile_frame *f = &v->p->frames[frame];
	struct key k;

	if (f->n_lines == 0)
		return bare_key(v, GRAIN_ADDRESS, frame, object);
	k = line_key(v, GRAIN_ADDRESS, &v->p->lines[f->first_line], object);
	k.name = address_name(v, frame, k.function);
	return k;
}

static struct key
object_key(struct viewer *v, uint32_t frame, uint32_t object)
{
	if (object == 0)
		return bare_key(v, GRAIN_OBJECT, frame, object);
	return (struct key){
	    .grain = GRAIN_OBJECT,
	    .name = object,
	    .object = object,
	    .function = object,
	};
}

static void
list_calls(
    struct viewer *v, enum view_grain grain, uint32_t frame, uint32_t object)
{
	const struct profile_frame *f = &v->p->frames[frame];
	struct key k;

	for (uint32_t i = 0; i < f->n_lines; i++) {
		k = line_key(v, grain, &v->p->lines[f->first_line + i], object);
		add_member(v, &v->keyings[grain], key_id(v, &k));
	}
	if (f->n_lines == 0) {
		k = bare_key(v, grain, frame, object);
		add_member(v, &v->keyings[grain], key_id(v, &k));
	}
}

static void
list_frame(struct viewer *v, enum view_grain grain, uint32_t frame)
{
	struct keying *ks = &v->keyings[grain];
	uint32_t object = intern(&v->strings, profile_object_name(v->p, frame));
	size_t first = ks->n_members;
	struct key k;

	if (grain == GRAIN_FUNCTION || grain == GRAIN_LINE) {
		list_calls(v, grain, frame, object);
	} else {
		k = grain == GRAIN_OBJECT ? object_key(v, frame, object)
					  : address_key(v, frame, object);
		add_member(v, ks, key_id(v, &k));
	}
	ks->frames[frame] = (struct frame_keys){
	    (uint32_t)first, (uint32_t)(ks->n_members - first)};
}

static void
list_again(struct viewer *v, enum view_grain grain, uint32_t frame)
{
	struct keying *ks = &v->keyings[grain];
	struct frame_keys was = ks->frames[frame];

	list_frame(v, grain, frame);
	leave_keys(v, ks, was, ks->frames[frame]);
}

void
keys_sync(struct viewer *v, enum view_grain grain)
{
	struct keying *ks = &v->keyings[grain];

	look_at_frames(v);
	if (ks->seen != v->generation)
		for (uint32_t i = 0; i < ks->n_frames; i++)
			if (v->changed[i] > ks->seen)
				list_again(v, grain, i);
	ks->seen = v->generation;
	while (ks->n_frames < v->p->n_frames) {
		GROW(ks->frames, ks->n_frames, ks->cap_frames);
		list_frame(v, grain, (uint32_t)ks->n_frames);
		ks->n_frames++;
	}
}

/* --- processes */

static uint32_t
process_name(struct viewer *v, pid_t pid, const char *comm)
{
	char *name =
	    xasprintf(comm != NULL && comm[0] != '\0' ? "%jd (%s)" : "%jd",
		(intmax_t)pid, comm);
	uint32_t id = intern(&v->strings, name);

	free(name);
	return id;
}

/* Known by its pid, which stands for the line: exec gives it another name. */
uint32_t
keys_process(struct viewer *v, pid_t pid, const char *comm)
{
	struct key k = {
	    .grain = GRAIN_PROCESS, .is_marker = true, .line = (uint32_t)pid};
	uint32_t id = key_id(v, &k);

	if (comm != NULL || v->keys[id].name == 0)
		v->keys[id].name = process_name(v, pid, comm);
	v->keys[id].function = v->keys[id].name;
	return id;
}
