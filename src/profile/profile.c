/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/profile.h"

#include "base/xalloc.h"
#include "profile/news.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some 40 MB of nodes, 20 MB of frames: days of a large C++ program. */
#define DEFAULT_MAX_NODES  (1u << 20)
#define DEFAULT_MAX_FRAMES (1u << 19)

/* Leaves u32 numbers to the one marker that is made past max_frames. */
#define MAX_FRAMES (UINT32_MAX / 2)

#define OTHER_STACKS "[other stacks]"
#define UNKNOWN	     "[unknown]"
#define ANONYMOUS    "[anon]"
#define DELETED	     " (deleted)"

void
profile_init(struct profile *p, size_t max_nodes, size_t max_frames)
{
	*p = (struct profile){0};
	interner_init(&p->strings);
	trie_init(&p->trie, max_nodes != 0 ? max_nodes : DEFAULT_MAX_NODES);
	p->other_stacks = PROFILE_NO_FRAME;
	p->max_frames = max_frames != 0 ? max_frames : DEFAULT_MAX_FRAMES;
	if (p->max_frames > MAX_FRAMES)
		p->max_frames = MAX_FRAMES;
}

void
profile_deinit(struct profile *p)
{
	interner_deinit(&p->strings);
	trie_deinit(&p->trie);
	free(p->mappings);
	free(p->frames);
	free(p->functions);
	free(p->lines);
	free(p->labels);
	free(p->comments);
	hash_deinit(&p->frame_index);
	hash_deinit(&p->mapping_index);
	hash_deinit(&p->function_index);
	hash_deinit(&p->label_index);
	*p = (struct profile){0};
}

/* Two 64-bit values as one hash; order matters. */
static uint64_t
hash_pair(uint64_t a, uint64_t b)
{
	return hash_u64(hash_u64(a) + b);
}

static uint32_t
intern_file(struct profile *p, const char *file)
{
	size_t len = file != NULL ? strlen(file) : 0;
	size_t cut = strlen(DELETED);
	uint32_t id;
	char *kept;

	if (len <= cut || strcmp(file + len - cut, DELETED) != 0)
		return intern(&p->strings, file);
	kept = xstrdup(file);
	kept[len - cut] = '\0';
	id = intern(&p->strings, kept);
	free(kept);
	return id;
}

static bool
mapping_equal(const struct profile_mapping *a, const struct profile_mapping *b)
{
	return a->start == b->start && a->limit == b->limit &&
	       a->off == b->off && a->file == b->file &&
	       a->build_id == b->build_id;
}

uint32_t
profile_mapping(struct profile *p, uint64_t start, uint64_t limit, uint64_t off,
    const char *file, const char *build_id)
{
	struct profile_mapping key = {
	    .start = start,
	    .limit = limit,
	    .off = off,
	    .file = intern_file(p, file),
	    .build_id = intern(&p->strings, build_id),
	};
	uint64_t h = hash_pair(hash_pair(start, off),
	    hash_pair(limit, (uint64_t)key.file << 32 | key.build_id));
	struct hash_probe at = hash_find(&p->mapping_index, h);
	uint32_t id;

	while ((id = hash_next(&p->mapping_index, &at)) != HASH_NONE)
		if (mapping_equal(&p->mappings[id], &key))
			return id;
	if (p->n_mappings >= PROFILE_MAX_MAPPINGS)
		return PROFILE_NO_MAPPING;
	GROW(p->mappings, p->n_mappings, p->cap_mappings);
	p->mappings[p->n_mappings] = key;
	hash_add(&p->mapping_index, h, (uint32_t)p->n_mappings);
	return (uint32_t)p->n_mappings++;
}

static uint64_t
hash_frame(const struct profile_frame *key)
{
	return hash_pair(key->addr, (uint64_t)key->mapping << 32 | key->marker);
}

/* HASH_NONE when there is none. */
static uint32_t
find_frame(const struct profile *p, const struct profile_frame *key)
{
	struct hash_probe at = hash_find(&p->frame_index, hash_frame(key));
	uint32_t id;

	while ((id = hash_next(&p->frame_index, &at)) != HASH_NONE) {
		const struct profile_frame *f = &p->frames[id];

		if (f->addr == key->addr && f->mapping == key->mapping &&
		    f->marker == key->marker)
			break;
	}
	return id;
}

static uint32_t
add_frame(struct profile *p, const struct profile_frame *key)
{
	GROW(p->frames, p->n_frames, p->cap_frames);
	p->frames[p->n_frames] = *key;
	hash_add(&p->frame_index, hash_frame(key), (uint32_t)p->n_frames);
	return (uint32_t)p->n_frames++;
}

static uint32_t
intern_frame(struct profile *p, const struct profile_frame *key)
{
	uint32_t id = find_frame(p, key);

	if (id != HASH_NONE)
		return id;
	if (p->n_frames >= p->max_frames)
		return PROFILE_NO_FRAME;
	return add_frame(p, key);
}

static bool
in_mapping(const struct profile *p, uint32_t mapping, uint64_t addr)
{
	if (mapping >= p->n_mappings)
		return false;
	return addr >= p->mappings[mapping].start &&
	       addr < p->mappings[mapping].limit;
}

uint32_t
profile_frame(struct profile *p, uint32_t mapping, uint64_t addr)
{
	struct profile_frame key = {
	    .addr = addr,
	    .mapping =
		in_mapping(p, mapping, addr) ? mapping : PROFILE_NO_MAPPING,
	};

	return intern_frame(p, &key);
}

static struct profile_frame
marker_key(struct profile *p, const char *name)
{
	return (struct profile_frame){
	    .mapping = PROFILE_NO_MAPPING,
	    .marker = intern(&p->strings, name),
	};
}

uint32_t
profile_marker(struct profile *p, const char *name)
{
	struct profile_frame key = marker_key(p, name);

	assert(key.marker != 0);
	return intern_frame(p, &key);
}

/* There is room for this one always: it stands for what found no room. */
static uint32_t
other_stacks(struct profile *p)
{
	struct profile_frame key = marker_key(p, OTHER_STACKS);

	if (p->other_stacks == PROFILE_NO_FRAME)
		p->other_stacks = find_frame(p, &key);
	if (p->other_stacks == HASH_NONE)
		p->other_stacks = add_frame(p, &key);
	return p->other_stacks;
}

static uint32_t
intern_labels(struct profile *p, const struct profile_labels *key, size_t max)
{
	uint64_t h =
	    hash_pair((uint64_t)(uint32_t)key->pid << 32 | (uint32_t)key->tid,
		(uint64_t)key->state << 32 | key->thread_name);
	struct hash_probe at = hash_find(&p->label_index, h);
	uint32_t id;

	while ((id = hash_next(&p->label_index, &at)) != HASH_NONE) {
		const struct profile_labels *l = &p->labels[id];

		if (l->pid == key->pid && l->tid == key->tid &&
		    l->thread_name == key->thread_name &&
		    l->state == key->state)
			return id;
	}
	if (p->n_labels >= max)
		return HASH_NONE;
	GROW(p->labels, p->n_labels, p->cap_labels);
	p->labels[p->n_labels] = *key;
	hash_add(&p->label_index, h, (uint32_t)p->n_labels);
	return (uint32_t)p->n_labels++;
}

/* Past the bound all are one. */
static uint32_t
bounded_labels(struct profile *p, const struct profile_labels *key)
{
	static const struct profile_labels none;
	uint32_t id = intern_labels(p, key, PROFILE_MAX_LABELS);

	return id != HASH_NONE
		   ? id
		   : intern_labels(p, &none, PROFILE_MAX_LABELS + 1);
}

uint32_t
profile_labels(struct profile *p, pid_t pid, pid_t tid, const char *thread_name)
{
	struct profile_labels key = {
	    .pid = pid,
	    .tid = tid,
	    .thread_name = intern(&p->strings, thread_name),
	};

	return bounded_labels(p, &key);
}

uint32_t
profile_labels_in(struct profile *p, uint32_t labels, const char *state)
{
	struct profile_labels key = p->labels[labels];

	key.state = intern(&p->strings, state);
	return bounded_labels(p, &key);
}

static bool
frames_known(const struct profile *p, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (frames[i] >= p->n_frames)
			return false;
	return n > 0;
}

uint32_t
profile_stack(struct profile *p, uint32_t labels, const uint32_t *frames,
    size_t n, struct trie_path *path)
{
	uint32_t root, leaf = TRIE_FULL;

	assert(labels < p->n_labels);
	root = trie_reserved_child(&p->trie, TRIE_NO_NODE, labels);
	if (frames_known(p, frames, n))
		leaf = trie_insert(&p->trie, root, frames, n, path);
	if (leaf == TRIE_FULL)
		leaf = trie_reserved_child(&p->trie, root, other_stacks(p));
	return leaf;
}

void
profile_weigh(struct profile *p, uint32_t node, const struct weight *w)
{
	assert(node < p->trie.n);
	if (p->trie.nodes[node].frame == p->other_stacks)
		p->stats.folded += w->count;
	weight_add(&p->trie.nodes[node].w, w);
	if (p->journal != NULL)
		journal_add(p->journal, node, w);
}

void
profile_add(struct profile *p, uint32_t labels, const uint32_t *frames,
    size_t n, struct weight w)
{
	profile_weigh(p, profile_stack(p, labels, frames, n, NULL), &w);
}

enum measure
profile_measure(const struct profile *p)
{
	return p->has_wall ? MEASURE_WALL : MEASURE_CPU;
}

static bool
function_equal(
    const struct profile_function *a, const struct profile_function *b)
{
	return a->name == b->name && a->system_name == b->system_name &&
	       a->file == b->file && a->start_line == b->start_line;
}

static const char *
first_name(const char *name, const char *system_name)
{
	if (name != NULL && name[0] != '\0')
		return name;
	if (system_name != NULL && system_name[0] != '\0')
		return system_name;
	return UNKNOWN;
}

uint32_t
profile_function(struct profile *p, const char *name, const char *system_name,
    const char *file, uint32_t start_line)
{
	struct profile_function key = {
	    .name = intern(&p->strings, first_name(name, system_name)),
	    .system_name = intern(&p->strings, system_name),
	    .file = intern(&p->strings, file),
	    .start_line = start_line,
	};
	uint64_t h = hash_pair((uint64_t)key.name << 32 | key.system_name,
	    (uint64_t)key.file << 32 | key.start_line);
	struct hash_probe at = hash_find(&p->function_index, h);
	uint32_t id;

	while ((id = hash_next(&p->function_index, &at)) != HASH_NONE)
		if (function_equal(&p->functions[id], &key))
			return id;
	GROW(p->functions, p->n_functions, p->cap_functions);
	p->functions[p->n_functions] = key;
	hash_add(&p->function_index, h, (uint32_t)p->n_functions);
	return (uint32_t)p->n_functions++;
}

void
profile_set_lines(struct profile *p, uint32_t frame,
    const struct profile_line *lines, size_t n)
{
	struct profile_frame *f;

	assert(frame < p->n_frames);
	f = &p->frames[frame];
	/* Asked again, as by every refresh of top, the place is used again. */
	if (n > f->n_lines)
		f->first_line = (uint32_t)p->n_lines;
	for (size_t i = 0; i < n; i++) {
		assert(lines[i].function < p->n_functions);
		if (f->first_line + i == p->n_lines) {
			GROW(p->lines, p->n_lines, p->cap_lines);
			p->n_lines++;
		}
		p->lines[f->first_line + i] = lines[i];
	}
	f->n_lines = (uint32_t)n;
}

void
profile_comment(struct profile *p, const char *text)
{
	GROW(p->comments, p->n_comments, p->cap_comments);
	p->comments[p->n_comments++] = intern(&p->strings, text);
}

const char *
profile_object_name(const struct profile *p, uint32_t frame)
{
	const char *file, *slash;

	if (p->frames[frame].mapping == PROFILE_NO_MAPPING)
		return "";
	file =
	    interned(&p->strings, p->mappings[p->frames[frame].mapping].file);
	slash = strrchr(file, '/');
	return slash != NULL ? slash + 1 : file;
}

const char *
profile_frame_name(
    const struct profile *p, uint32_t frame, char *buf, size_t size)
{
	const struct profile_frame *f = &p->frames[frame];
	const char *object = profile_object_name(p, frame);

	if (f->marker != 0) {
		(void)snprintf(
		    buf, size, "%s", interned(&p->strings, f->marker));
	} else if (f->mapping == PROFILE_NO_MAPPING) {
		(void)snprintf(buf, size, "%s", UNKNOWN);
	} else if (object[0] == '\0') {
		(void)snprintf(buf, size, "%s", ANONYMOUS);
	} else {
		const struct profile_mapping *m = &p->mappings[f->mapping];

		(void)snprintf(buf, size, "%s+0x%" PRIx64, object,
		    f->addr - m->start + m->off);
	}
	return buf;
}
