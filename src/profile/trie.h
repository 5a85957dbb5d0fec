/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trie.h - every stack seen, each shared prefix stored once
 *
 * A node is a frame under a parent: (parent node, frame id). Walking from a
 * node to its root gives a stack, leaf first. Nodes are numbered and never move
 * or go away; u32 numbers keep one at 32 bytes and the whole thing in one array.
 *
 *	label set 1      label set 2          (roots: frame id is the label set)
 *	   main             main
 *	  /    \              |
 *	parse   run          run              a sample is counted at its leaf node
 *
 * Bounded: past max_nodes, trie_insert() and trie_child() answer TRIE_FULL.
 * A child's number is always above its parent's.
 */
#ifndef SCRAPE_PROFILE_TRIE_H
#define SCRAPE_PROFILE_TRIE_H

#include "base/hash.h"
#include "profile/weight.h"

#include <stddef.h>
#include <stdint.h>

#define TRIE_FULL    UINT32_MAX
#define TRIE_NO_NODE (UINT32_MAX - 1) /* the parent of a root */

struct trie_node {
	uint32_t parent; /* TRIE_NO_NODE: a root */
	uint32_t frame;
	struct weight w; /* of samples whose leaf is here */
};

struct trie {
	struct trie_node *nodes;
	size_t n, cap, max;
	struct hash index;
};

/* Of a deeper stack the outer part is remembered: 4 KB. */
#define TRIE_PATH_MAX 512

/*
 * The way to the leaf that was inserted last: from one sample of a thread to the
 * next most of the outer frames stay, and are compared here instead of being
 * looked up. As nodes never go away, it holds as long as the trie. All zero is a
 * valid path, to nowhere.
 */
struct trie_path {
	uint32_t root;
	struct trie_step {
		uint32_t frame, node;
	} *steps; /* outermost first */
	size_t n, cap;
};

void trie_init(struct trie *t, size_t max_nodes);
void trie_deinit(struct trie *t);
void trie_path_deinit(struct trie_path *path);
/* The node for frame under parent, made when new; TRIE_FULL past max. */
uint32_t trie_child(struct trie *t, uint32_t parent, uint32_t frame);
/*
 * The same whatever max says: for roots and for the rows that stand for all
 * that found no room, of which the caller has few.
 */
uint32_t trie_reserved_child(
    struct trie *t, uint32_t parent, uint32_t frame);
/*
 * The node for n frames, leaf first, under a root; TRIE_FULL and nothing added
 * to any count when there is no room for all of them. path may be NULL.
 */
uint32_t trie_insert(struct trie *t, uint32_t root, const uint32_t *frames,
    size_t n, struct trie_path *path);

#endif
