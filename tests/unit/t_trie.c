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
	leaf = trie_insert(&t, root, stack, 3, NULL);
	assert_int_equal(trie_insert(&t, root, stack, 3, NULL), leaf);
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
	node = trie_insert(&t, root, stack, 3, NULL);
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
	a = trie_insert(&t, root, parse, 3, NULL);
	b = trie_insert(&t, root, scan, 3, NULL);
	assert_int_equal(t.n, 1 + 3 + 1);
	assert_int_not_equal(a, b);
	assert_int_equal(t.nodes[a].parent, t.nodes[b].parent);
	assert_int_equal(
	    trie_insert(&t, root, parse + 1, 2, NULL), t.nodes[a].parent);
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
	a = trie_insert(&t, trie_child(&t, TRIE_NO_NODE, 0), stack, 1, NULL);
	b = trie_insert(&t, trie_child(&t, TRIE_NO_NODE, 1), stack, 1, NULL);
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
	leaf = trie_insert(&t, root, known, 2, NULL);
	assert_int_equal(trie_insert(&t, root, deep, 4, NULL), TRIE_FULL);
	assert_int_equal(t.n, 3);
	/* One node is left, and the stack that needs one gets it. */
	assert_int_not_equal(trie_insert(&t, root, deep + 1, 3, NULL), TRIE_FULL);
	assert_int_equal(trie_child(&t, leaf, SCAN), TRIE_FULL);
	assert_int_equal(trie_insert(&t, root, known, 2, NULL), leaf);
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
	assert_int_equal(trie_insert(&t, root, stack, 1, NULL), TRIE_FULL);
	trie_deinit(&t);
}

/*
 * A path is nothing but a short cut: along it every stack comes to the node that
 * it comes to without.
 */
static void
test_along_a_path_nodes_are_the_same(void **state)
{
	static const uint32_t stacks[][4] = {
	    {RUN, PARSE, MAIN}, {SCAN, PARSE, MAIN}, {RUN, SCAN, PARSE, MAIN},
	    {SCAN, RUN, MAIN}, {PARSE, MAIN}, {MAIN}, {RUN, PARSE, SCAN},
	    {RUN, PARSE, MAIN}};
	static const size_t depths[] = {3, 3, 4, 3, 2, 1, 3, 3};
	enum { N = sizeof(depths) / sizeof(depths[0]) };
	struct trie_path path = {0};
	struct trie t;

	(void)state;
	trie_init(&t, 100);
	for (size_t i = 0; i < 2 * (size_t)N; i++) {
		size_t k = i % N;
		/* Of two roots in turns at the second time. */
		uint32_t root = trie_child(
		    &t, TRIE_NO_NODE, i < N ? 0 : k % 2);
		uint32_t node =
		    trie_insert(&t, root, stacks[k], depths[k], &path);

		assert_int_equal(path.n, depths[k]);
		assert_int_equal(node,
		    trie_insert(&t, root, stacks[k], depths[k], NULL));
	}
	trie_path_deinit(&path);
	trie_deinit(&t);
}

static void
test_a_path_holds_when_there_is_no_room(void **state)
{
	static const uint32_t known[] = {PARSE, MAIN};
	static const uint32_t deep[] = {SCAN, RUN, PARSE, MAIN};
	struct trie_path path = {0};
	struct trie t;
	uint32_t root, leaf;

	(void)state;
	trie_init(&t, 4);
	root = trie_child(&t, TRIE_NO_NODE, 0);
	leaf = trie_insert(&t, root, known, 2, &path);
	assert_int_equal(trie_insert(&t, root, deep, 4, &path), TRIE_FULL);
	assert_int_equal(path.n, 2);
	assert_int_equal(trie_insert(&t, root, known, 2, &path), leaf);
	trie_path_deinit(&path);
	trie_deinit(&t);
}

static void
test_a_path_ends_where_it_is_deep_enough(void **state)
{
	enum { DEEP = TRIE_PATH_MAX + 100 };
	static uint32_t stack[DEEP];
	struct trie_path path = {0};
	struct trie t;
	uint32_t root, leaf;

	(void)state;
	for (uint32_t i = 0; i < DEEP; i++)
		stack[i] = i % 7;
	trie_init(&t, DEEP + 1);
	root = trie_child(&t, TRIE_NO_NODE, 0);
	leaf = trie_insert(&t, root, stack, DEEP, &path);
	assert_int_equal(path.n, TRIE_PATH_MAX);
	assert_int_equal(trie_insert(&t, root, stack, DEEP, &path), leaf);
	assert_int_equal(trie_insert(&t, root, stack, DEEP, NULL), leaf);
	assert_int_equal(t.n, DEEP + 1);
	trie_path_deinit(&path);
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
	    cmocka_unit_test(test_along_a_path_nodes_are_the_same),
	    cmocka_unit_test(test_a_path_holds_when_there_is_no_room),
	    cmocka_unit_test(test_a_path_ends_where_it_is_deep_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
