/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/trie.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* Leaves most of the u32 numbers to reserved children. */
#define MAX_NODES (UINT32_MAX / 2)

void
trie_init(struct trie *t, size_t max_nodes)
{
	*t =
	    (struct trie){.max = max_nodes < MAX_NODES ? max_nodes : MAX_NODES};
}

void
trie_deinit(struct trie *t)
{
	free(t->nodes);
	hash_deinit(&t->index);
	*t = (struct trie){0};
}

static uint64_t
hash_edge(uint32_t parent, uint32_t frame)
{
	return hash_u64((uint64_t)parent << 32 | frame);
}

/* HASH_NONE when there is none. */
static uint32_t
find_child(const struct trie *t, uint32_t parent, uint32_t frame)
{
	struct hash_probe at = hash_find(&t->index, hash_edge(parent, frame));
	uint32_t id;

	while ((id = hash_next(&t->index, &at)) != HASH_NONE)
		if (t->nodes[id].parent == parent &&
		    t->nodes[id].frame == frame)
			break;
	return id;
}

static uint32_t
add_child(struct trie *t, uint32_t parent, uint32_t frame)
{
	uint32_t id = (uint32_t)t->n;

	GROW(t->nodes, t->n, t->cap);
	t->nodes[t->n++] = (struct trie_node){.parent = parent, .frame = frame};
	hash_add(&t->index, hash_edge(parent, frame), id);
	return id;
}

static size_t
room(const struct trie *t)
{
	return t->n < t->max ? t->max - t->n : 0;
}

uint32_t
trie_child(struct trie *t, uint32_t parent, uint32_t frame)
{
	uint32_t id = find_child(t, parent, frame);

	if (id != HASH_NONE)
		return id;
	return room(t) > 0 ? add_child(t, parent, frame) : TRIE_FULL;
}

uint32_t
trie_reserved_child(struct trie *t, uint32_t parent, uint32_t frame)
{
	uint32_t id = find_child(t, parent, frame);

	return id != HASH_NONE ? id : add_child(t, parent, frame);
}

void
trie_path_deinit(struct trie_path *path)
{
	free(path->steps);
	*path = (struct trie_path){0};
}

/* Cuts it to the part that it shares with this stack; how many frames that is. */
static size_t
share(struct trie_path *path, uint32_t root, const uint32_t *frames, size_t n)
{
	size_t i = 0;

	if (path->root != root)
		path->n = 0;
	path->root = root;
	while (i < n && i < path->n && path->steps[i].frame == frames[n - 1 - i])
		i++;
	path->n = i;
	return i;
}

static void
note(struct trie_path *path, uint32_t frame, uint32_t node)
{
	if (path == NULL || path->n == TRIE_PATH_MAX)
		return;
	GROW(path->steps, path->n, path->cap);
	path->steps[path->n++] = (struct trie_step){frame, node};
}

/*
 * Down the known part first: only what is left then needs room, and when there
 * is not enough for all of it a half-known stack must not use up the rest.
 */
uint32_t
trie_insert(struct trie *t, uint32_t root, const uint32_t *frames, size_t n,
    struct trie_path *path)
{
	size_t shared = path != NULL ? share(path, root, frames, n) : 0;
	uint32_t node = shared > 0 ? path->steps[shared - 1].node : root;
	size_t left = n - shared;

	for (; left > 0; left--) {
		uint32_t child = find_child(t, node, frames[left - 1]);

		if (child == HASH_NONE)
			break;
		node = child;
		note(path, frames[left - 1], node);
	}
	if (left > room(t))
		return TRIE_FULL;
	for (; left > 0; left--) {
		node = add_child(t, node, frames[left - 1]);
		note(path, frames[left - 1], node);
	}
	return node;
}
