/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/trie.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MAIN = 10, RUN, PARSE, SCAN };

static void
test_equal_stacks_are_one_node(void **state)
{
	static const uint32_t stack[] = {PARSE, RUN, MAIN};
	struct trie t;
	uint32_t root, leaf;

	(void)state;
	trie_init(&t, 100);
	root = trie_child(&t, TRIE_NO_NODE, 0);
	leaf = trie_insert(&t, root, stack, 3);
	assert_int_equal(trie_insert(&t, root, stack, 3), leaf);
	assert_int_equal(t.n, 4);
	trie_deinit(&t);
}

static void
test_walk_to_root_gives_stack_leaf_first(void **state)
{
	static const uint32_t stack[] = {PARSE, RUN, MAIN};
	struct trie t;
	uint32_t root, node;

	(void)state;
	trie_init(&t, 100);
	root = trie_child(&t, TRIE_NO_NODE, 0);
	node = trie_insert(&t, root, stack, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(t.nodes[node].frame, stack[i]);
		assert_true(t.nodes[node].parent < node);
		node = t.nodes[node].parent;
	}
	assert_int_equal(node, root);
	assert_int_equal(t.nodes[root].parent, TRIE_NO_NODE);
	trie_deinit(&t);
}

static void
test_shared_part_is_stored_once(void **state)
{
	static const uint32_t parse[] = {PARSE, RUN, MAIN};
	static const uint32_t scan[] = {SCAN, RUN, MAIN};
	struct trie t;
	uint32_t root, a, b;

	(void)state;
	trie_init(&t, 100);
	root = trie_child(&t, TRIE_NO_NODE, 0);
	a = trie_insert(&t, root, parse, 3);
	b = trie_insert(&t, root, scan, 3);
	assert_int_equal(t.n, 1 + 3 + 1);
	assert_int_not_equal(a, b);
	assert_int_equal(t.nodes[a].parent, t.nodes[b].parent);
	assert_int_equal(
	    trie_insert(&t, root, parse + 1, 2), t.nodes[a].parent);
	trie_deinit(&t);
}

static void
test_roots_are_apart(void **state)
{
	static const uint32_t stack[] = {MAIN};
	struct trie t;
	uint32_t a, b;

	(void)state;
	trie_init(&t, 100);
	a = trie_insert(&t, trie_child(&t, TRIE_NO_NODE, 0), stack, 1);
	b = trie_insert(&t, trie_child(&t, TRIE_NO_NODE, 1), stack, 1);
	assert_int_not_equal(a, b);
	trie_deinit(&t);
}

static void
test_what_does_not_fit_whole_adds_nothing(void **state)
{
	static const uint32_t known[] = {RUN, MAIN};
	static const uint32_t deep[] = {SCAN, PARSE, RUN, MAIN};
	struct trie t;
	uint32_t root, leaf;

	(void)state;
	trie_init(&t, 4);
	root = trie_child(&t, TRIE_NO_NODE, 0);
	leaf = trie_insert(&t, root, known, 2);
	assert_int_equal(trie_insert(&t, root, deep, 4), TRIE_FULL);
	assert_int_equal(t.n, 3);
	/* One node is left, and the stack that needs one gets it. */
	assert_int_not_equal(trie_insert(&t, root, deep + 1, 3), TRIE_FULL);
	assert_int_equal(trie_child(&t, leaf, SCAN), TRIE_FULL);
	assert_int_equal(trie_insert(&t, root, known, 2), leaf);
	trie_deinit(&t);
}

static void
test_reserved_child_is_made_past_max(void **state)
{
	static const uint32_t stack[] = {MAIN};
	struct trie t;
	uint32_t root;

	(void)state;
	trie_init(&t, 0);
	assert_int_equal(trie_child(&t, TRIE_NO_NODE, 0), TRIE_FULL);
	root = trie_reserved_child(&t, TRIE_NO_NODE, 0);
	assert_int_equal(trie_reserved_child(&t, TRIE_NO_NODE, 0), root);
	/* More nodes than max is no room, not a huge one. */
	assert_int_equal(trie_insert(&t, root, stack, 1), TRIE_FULL);
	trie_deinit(&t);
}

/* Every pair of many: hashes collide, edges must not. */
static void
test_many_edges_stay_apart(void **state)
{
	enum { N = 300 };
	struct trie t;
	uint32_t parents[N];

	(void)state;
	trie_init(&t, N * N + N);
	for (uint32_t i = 0; i < N; i++)
		parents[i] = trie_child(&t, TRIE_NO_NODE, i);
	for (uint32_t i = 0; i < N; i++)
		for (uint32_t j = 0; j < N; j++)
			(void)trie_child(&t, parents[i], j);
	assert_int_equal(t.n, N * N + N);
	for (uint32_t i = 0; i < N; i++)
		for (uint32_t j = 0; j < N; j++) {
			uint32_t id = trie_child(&t, parents[i], j);

			assert_int_equal(t.nodes[id].parent, parents[i]);
			assert_int_equal(t.nodes[id].frame, j);
		}
	trie_deinit(&t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal_stacks_are_one_node),
	    cmocka_unit_test(test_walk_to_root_gives_stack_leaf_first),
	    cmocka_unit_test(test_shared_part_is_stored_once),
	    cmocka_unit_test(test_roots_are_apart),
	    cmocka_unit_test(test_what_does_not_fit_whole_adds_nothing),
	    cmocka_unit_test(test_reserved_child_is_made_past_max),
	    cmocka_unit_test(test_many_edges_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
