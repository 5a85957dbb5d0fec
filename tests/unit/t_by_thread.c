/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/by_thread.h"

#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 *	thread 1    main 2 > work 3 > leaf 5
 *	thread 2    main > work 7
 *	thread 3    nothing in the window
 */
static struct profile p;
static uint32_t labels[3];

static uint32_t
child(uint32_t parent, uint32_t frame)
{
	return trie_child(&p.trie, parent, frame);
}

static void
adds_up_what_is_below_each_root(void **state)
{
	struct weight weights[8] = {{0}};
	uint32_t one, two;
	struct weight *sums;

	(void)state;
	profile_init(&p, 0, 0);
	for (pid_t tid = 1; tid <= 3; tid++)
		labels[tid - 1] = profile_labels(&p, 1, tid, "t");
	one = child(TRIE_NO_NODE, labels[0]);
	two = child(TRIE_NO_NODE, labels[1]);
	(void)child(TRIE_NO_NODE, labels[2]);
	one = child(one, 10);
	two = child(two, 10);
	weights[one] = (struct weight){.count = 1, .cpu = 2};
	one = child(one, 11);
	weights[one] = (struct weight){.count = 1, .cpu = 3};
	two = child(two, 11);
	weights[two] = (struct weight){.count = 4, .cpu = 7};
	one = child(one, 12);
	weights[one] = (struct weight){.count = 1, .cpu = 5};
	sums = by_thread(&p, weights, p.trie.n);
	assert_int_equal(sums[labels[0]].cpu, 10);
	assert_int_equal(sums[labels[0]].count, 3);
	assert_int_equal(sums[labels[1]].cpu, 7);
	assert_int_equal(sums[labels[1]].count, 4);
	assert_int_equal(sums[labels[2]].cpu, 0);
	free(sums);
	profile_deinit(&p);
}

/* The weights may be of a time before the last nodes came. */
static void
takes_fewer_weights_than_nodes(void **state)
{
	struct weight weights[1] = {{.count = 1, .cpu = 9}};
	struct weight *sums;
	uint32_t root;

	(void)state;
	profile_init(&p, 0, 0);
	labels[0] = profile_labels(&p, 1, 1, "t");
	root = child(TRIE_NO_NODE, labels[0]);
	(void)child(root, 10);
	sums = by_thread(&p, weights, 1);
	assert_int_equal(sums[labels[0]].cpu, 9);
	free(sums);
	profile_deinit(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adds_up_what_is_below_each_root),
	    cmocka_unit_test(takes_fewer_weights_than_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
