/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/news.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

static struct profile profile;
static struct journal journal;

static int
setup(void **state)
{
	(void)state;
	journal = (struct journal){0};
	profile_init(&profile, 0, 0);
	profile.journal = &journal;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	profile_deinit(&profile);
	journal_deinit(&journal);
	return 0;
}

static void
add(const char *leaf, const char *root, uint64_t count, uint64_t value)
{
	uint32_t labels = profile_labels(&profile, 7, 8, "worker");
	uint32_t frames[] = {
	    profile_marker(&profile, leaf), profile_marker(&profile, root)};

	profile_add(&profile, labels, frames, 2, cpu_weight(count, value));
}

static void
nothing_happened(void **state)
{
	struct news *n = news_collect(&profile);

	(void)state;
	assert_true(n->time_ns > 0);
	assert_int_equal(n->n_mappings + n->n_frames + n->n_labels +
			     n->n_nodes + n->n_samples,
	    0);
	news_free(n);
	news_free(NULL);
}

static void
everything_once(void **state)
{
	uint32_t mapping, frame;
	struct news *n;

	(void)state;
	mapping = profile_mapping(&profile, 0x1000, 0x2000, 0x40, "/bin/a", "ab");
	frame = profile_frame(&profile, mapping, 0x1010);
	add("f", "main", 1, 100);
	add("f", "main", 2, 10);
	add("g", "main", 1, 1);
	n = news_collect(&profile);

	assert_int_equal(n->n_mappings, 1);
	assert_int_equal(n->mappings[0].start, 0x1000);
	assert_int_equal(n->mappings[0].limit, 0x2000);
	assert_int_equal(n->mappings[0].off, 0x40);
	assert_string_equal(n->mappings[0].file, "/bin/a");
	assert_string_equal(n->mappings[0].build_id, "ab");
	assert_int_equal(n->n_frames, 4);
	assert_int_equal(n->frames[frame].addr, 0x1010);
	assert_int_equal(n->frames[frame].mapping, mapping);
	assert_null(n->frames[frame].marker);
	assert_string_equal(n->frames[1].marker, "f");
	assert_int_equal(n->frames[1].mapping, PROFILE_NO_MAPPING);
	assert_int_equal(n->n_labels, 1);
	assert_int_equal(n->labels[0].pid, 7);
	assert_int_equal(n->labels[0].tid, 8);
	assert_string_equal(n->labels[0].thread_name, "worker");
	/* The root, main, f and g; two stacks. */
	assert_int_equal(n->n_nodes, 4);
	assert_int_equal(n->nodes[0].parent, TRIE_NO_NODE);
	assert_int_equal(n->n_samples, 2);
	assert_int_equal(n->samples[0].w.count, 3);
	assert_int_equal(n->samples[0].w.cpu, 110);
	assert_int_equal(n->samples[1].w.count, 1);
	assert_int_equal(n->samples[1].w.cpu, 1);
	news_free(n);

	add("h", "main", 1, 5);
	n = news_collect(&profile);
	assert_int_equal(n->first_mapping, 1);
	assert_int_equal(n->n_mappings, 0);
	assert_int_equal(n->first_frame, 4);
	assert_int_equal(n->n_frames, 1);
	assert_string_equal(n->frames[0].marker, "h");
	assert_int_equal(n->first_labels, 1);
	assert_int_equal(n->n_labels, 0);
	assert_int_equal(n->first_node, 4);
	assert_int_equal(n->n_nodes, 1);
	assert_int_equal(n->n_samples, 1);
	assert_int_equal(n->samples[0].node, 4);
	news_free(n);
}

/* Who does not ask for news pays for stacks, not for samples. */
static void
bounded_by_stacks(void **state)
{
	uint64_t sums[3] = {0};
	struct news *n;

	(void)state;
	for (uint64_t i = 0; i < 300000; i++)
		journal_add(&journal, (uint32_t)(i * 7 % 3),
		    &(struct weight){.count = 1, .cpu = i});
	assert_true(journal.cap <= 8192);
	n = news_collect(&profile);
	assert_int_equal(n->n_samples, 3);
	for (uint64_t i = 0; i < 300000; i++)
		sums[i * 7 % 3] += i;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(n->samples[i].node, i);
		assert_int_equal(n->samples[i].w.count, 100000);
		assert_int_equal(n->samples[i].w.cpu, sums[i]);
	}
	news_free(n);
}

static void
many_stacks_are_all_kept(void **state)
{
	struct news *n;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		journal_add(&journal, i ^ 0x5555,
		    &(struct weight){.count = 1, .cpu = i});
	n = news_collect(&profile);
	assert_int_equal(n->n_samples, 100000);
	for (uint32_t i = 1; i < 100000; i++)
		assert_true(n->samples[i - 1].node < n->samples[i].node);
	news_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nothing_happened, setup, teardown),
	    cmocka_unit_test_setup_teardown(everything_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(bounded_by_stacks, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		many_stacks_are_all_kept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
