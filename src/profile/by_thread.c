/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/by_thread.h"

#include "base/xalloc.h"
#include "profile/profile.h"

#include <stdlib.h>

/*
 * A node's number is above its parent's, so that backwards each has all that is
 * below it when it hands over to its parent; what a root has is its labels'.
 */
struct weight *
by_thread(const struct profile *p, const struct weight *weights, size_t n)
{
	struct weight *sums = xcalloc(p->n_labels, sizeof(*sums));
	struct weight *below = xcalloc(n, sizeof(*below));

	/* Weights may have room for nodes that are yet to come. */
	if (n > p->trie.n)
		n = p->trie.n;
	for (size_t i = n; i-- > 0;) {
		const struct trie_node *node = &p->trie.nodes[i];
		struct weight *to = node->parent == TRIE_NO_NODE
					? &sums[node->frame]
					: &below[node->parent];

		weight_add(to, &weights[i]);
		weight_add(to, &below[i]);
	}
	free(below);
	return sums;
}
