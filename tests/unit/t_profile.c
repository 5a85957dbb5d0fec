/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *
text(const struct profile *p, uint32_t string)
{
	return interned(&p->strings, string);
}

/* The node of "[other stacks]" under a label set, or NULL. */
static const struct trie_node *
other_stacks(const struct profile *p, uint32_t labels)
{
	for (size_t i = 0; i < p->trie.n; i++) {
		const struct trie_node *n = &p->trie.nodes[i];
		const struct trie_node *root;

		if (n->parent == TRIE_NO_NODE)
			continue;
		root = &p->trie.nodes[n->parent];
		if (root->parent == TRIE_NO_NODE && root->frame == labels &&
		    strcmp(text(p, p->frames[n->frame].marker),
			"[other stacks]") == 0)
			return n;
	}
	return NULL;
}

static void
total(const struct profile *p, uint64_t *ret_count, uint64_t *ret_value)
{
	*ret_count = *ret_value = 0;
	for (size_t i = 0; i < p->trie.n; i++) {
		*ret_count += p->trie.nodes[i].w.count;
		*ret_value += p->trie.nodes[i].w.cpu;
	}
}

static void
assert_total(const struct profile *p, uint64_t count, uint64_t value)
{
	uint64_t c, v;

	total(p, &c, &v);
	assert_int_equal(c, count);
	assert_int_equal(v, value);
}

static void
test_equal_things_are_one(void **state)
{
	struct profile p;
	uint32_t m, f;

	(void)state;
	profile_init(&p, 0, 0);
	m = profile_mapping(&p, 0x1000, 0x2000, 0, "/bin/a", "ab");
	assert_int_equal(
	    profile_mapping(&p, 0x1000, 0x2000, 0, "/bin/a", "ab"), m);
	assert_int_not_equal(
	    profile_mapping(&p, 0x1000, 0x2000, 0, "/bin/a", "cd"), m);
	assert_int_not_equal(
	    profile_mapping(&p, 0x1000, 0x2000, 0x1000, "/bin/a", "ab"), m);
	f = profile_frame(&p, m, 0x1234);
	assert_int_equal(profile_frame(&p, m, 0x1234), f);
	assert_int_not_equal(profile_frame(&p, m, 0x1235), f);
	assert_int_equal(profile_marker(&p, "[x]"), profile_marker(&p, "[x]"));
	assert_int_not_equal(
	    profile_marker(&p, "[x]"), profile_marker(&p, "[y]"));
	assert_int_equal(
	    profile_labels(&p, 1, 2, "t"), profile_labels(&p, 1, 2, "t"));
	assert_int_not_equal(
	    profile_labels(&p, 1, 2, "t"), profile_labels(&p, 1, 3, "t"));
	assert_int_not_equal(
	    profile_labels(&p, 1, 2, "t"), profile_labels(&p, 2, 2, "t"));
	assert_int_equal(profile_function(&p, "f", "_f", "a.c", 3),
	    profile_function(&p, "f", "_f", "a.c", 3));
	assert_int_not_equal(profile_function(&p, "f", "_f", "a.c", 3),
	    profile_function(&p, "f", "_f", "a.c", 4));
	profile_deinit(&p);
}

static void
test_deleted_is_no_part_of_a_name(void **state)
{
	struct profile p;
	uint32_t m;

	(void)state;
	profile_init(&p, 0, 0);
	m = profile_mapping(&p, 1, 2, 0, "/bin/a (deleted)", "");
	assert_string_equal(text(&p, p.mappings[m].file), "/bin/a");
	assert_int_equal(profile_mapping(&p, 1, 2, 0, "/bin/a", ""), m);
	m = profile_mapping(&p, 1, 2, 0, " (deleted)", NULL);
	assert_string_equal(text(&p, p.mappings[m].file), " (deleted)");
	profile_deinit(&p);
}

static void
test_address_is_inside_its_mapping_or_in_none(void **state)
{
	static const struct {
		uint64_t addr;
		bool inside;
	} cases[] = {
	    {0xfff, false}, {0x1000, true}, {0x1fff, true}, {0x2000, false}};
	struct profile p;
	uint32_t m;

	(void)state;
	profile_init(&p, 0, 0);
	m = profile_mapping(&p, 0x1000, 0x2000, 0, "/bin/a", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t f = profile_frame(&p, m, cases[i].addr);

		assert_int_equal(p.frames[f].mapping,
		    cases[i].inside ? m : PROFILE_NO_MAPPING);
	}
	assert_int_equal(p.frames[profile_frame(&p, 77, 0x1000)].mapping,
	    PROFILE_NO_MAPPING);
	profile_deinit(&p);
}

static void
test_stacks_add_up(void **state)
{
	struct profile p;
	uint32_t l, stack[2];

	(void)state;
	profile_init(&p, 0, 0);
	l = profile_labels(&p, 1, 1, "t");
	stack[0] = profile_frame(&p, PROFILE_NO_MAPPING, 1);
	stack[1] = profile_frame(&p, PROFILE_NO_MAPPING, 2);
	profile_add(&p, l, stack, 2, cpu_weight(1, 100));
	profile_add(&p, l, stack, 2, cpu_weight(2, 50));
	profile_add(&p, l, stack + 1, 1, cpu_weight(1, 7));
	assert_int_equal(p.trie.n, 3);
	assert_total(&p, 4, 157);
	assert_int_equal(p.stats.folded, 0);
	profile_deinit(&p);
}

static void
test_full_trie_folds_by_labels(void **state)
{
	struct profile p;
	uint32_t a, b, stack[3];

	(void)state;
	profile_init(&p, 4, 0);
	a = profile_labels(&p, 1, 1, "a");
	b = profile_labels(&p, 1, 2, "b");
	for (uint32_t i = 0; i < 3; i++)
		stack[i] = profile_frame(&p, PROFILE_NO_MAPPING, i);
	profile_add(&p, a, stack, 3, cpu_weight(1, 10));
	assert_null(other_stacks(&p, a));
	profile_add(&p, a, stack + 1, 1, cpu_weight(2, 20));
	profile_add(&p, b, stack, 1, cpu_weight(3, 40));
	profile_add(&p, b, stack, 2, cpu_weight(4, 80));
	assert_int_equal(other_stacks(&p, a)->w.count, 2);
	assert_int_equal(other_stacks(&p, a)->w.cpu, 20);
	assert_int_equal(other_stacks(&p, b)->w.count, 7);
	assert_int_equal(other_stacks(&p, b)->w.cpu, 120);
	assert_int_equal(p.stats.folded, 9);
	/* What had room before still has. */
	profile_add(&p, a, stack, 3, cpu_weight(1, 1));
	assert_int_equal(p.stats.folded, 9);
	assert_total(&p, 11, 151);
	profile_deinit(&p);
}

/* A stack once found is weighed as often as it is seen again. */
static void
test_a_stack_is_weighed_later(void **state)
{
	const struct weight w = {.count = 2, .wall = 30};
	struct profile p;
	uint32_t l, f, node;

	(void)state;
	profile_init(&p, 0, 0);
	l = profile_labels(&p, 1, 1, "t");
	f = profile_frame(&p, PROFILE_NO_MAPPING, 1);
	node = profile_stack(&p, l, &f, 1, NULL);
	assert_true(weight_is_none(&p.trie.nodes[node].w));
	profile_weigh(&p, node, &w);
	profile_weigh(&p, node, &w);
	assert_int_equal(profile_stack(&p, l, &f, 1, NULL), node);
	assert_int_equal(p.trie.nodes[node].w.wall, 60);
	assert_int_equal(p.stats.folded, 0);
	profile_weigh(&p, profile_stack(&p, l, NULL, 0, NULL), &w);
	assert_int_equal(p.stats.folded, 2);
	profile_deinit(&p);
}

static void
test_states_are_labels(void **state)
{
	struct profile p;
	uint32_t l, running;

	(void)state;
	profile_init(&p, 0, 0);
	l = profile_labels(&p, 1, 2, "t");
	running = profile_labels_in(&p, l, "running");
	assert_int_not_equal(running, l);
	assert_int_equal(profile_labels_in(&p, l, "running"), running);
	assert_int_equal(profile_labels_in(&p, running, ""), l);
	assert_int_equal(p.labels[running].tid, 2);
	assert_string_equal(
	    interned(&p.strings, p.labels[running].state), "running");
	profile_deinit(&p);
}

static void
test_full_frame_table_folds(void **state)
{
	struct profile p;
	uint32_t l, stack[2];

	(void)state;
	profile_init(&p, 0, 1);
	l = profile_labels(&p, 1, 1, "a");
	stack[0] = profile_frame(&p, PROFILE_NO_MAPPING, 1);
	stack[1] = profile_frame(&p, PROFILE_NO_MAPPING, 2);
	assert_int_equal(stack[0], 0);
	assert_int_equal(stack[1], PROFILE_NO_FRAME);
	assert_int_equal(profile_marker(&p, "[x]"), PROFILE_NO_FRAME);
	assert_int_equal(profile_frame(&p, PROFILE_NO_MAPPING, 1), 0);
	profile_add(&p, l, stack, 2, cpu_weight(1, 10));
	profile_add(&p, l, stack, 1, cpu_weight(1, 10));
	assert_int_equal(p.stats.folded, 1);
	assert_int_equal(other_stacks(&p, l)->w.cpu, 10);
	assert_total(&p, 2, 20);
	profile_deinit(&p);
}

static void
test_empty_stack_folds(void **state)
{
	struct profile p;
	uint32_t l;

	(void)state;
	profile_init(&p, 0, 0);
	l = profile_labels(&p, 1, 1, "a");
	profile_add(&p, l, NULL, 0, cpu_weight(1, 10));
	assert_int_equal(other_stacks(&p, l)->w.count, 1);
	assert_int_equal(p.stats.folded, 1);
	profile_deinit(&p);
}

static void
test_tables_are_bounded(void **state)
{
	struct profile p;
	uint32_t none;

	(void)state;
	profile_init(&p, 0, 0);
	for (uint32_t i = 0; i < PROFILE_MAX_LABELS; i++)
		(void)profile_labels(&p, 1, (pid_t)i + 1, "t");
	none = profile_labels(&p, 1, 999999, "late");
	assert_int_equal(p.labels[none].pid, 0);
	assert_int_equal(p.labels[none].tid, 0);
	assert_string_equal(text(&p, p.labels[none].thread_name), "");
	assert_int_equal(profile_labels(&p, 1, 999998, "later"), none);
	assert_int_equal(p.n_labels, PROFILE_MAX_LABELS + 1);
	for (uint64_t i = 0; i < PROFILE_MAX_MAPPINGS; i++)
		(void)profile_mapping(&p, i, i + 1, 0, "/a", "");
	assert_int_equal(
	    profile_mapping(&p, 1, 2, 9, "/a", ""), PROFILE_NO_MAPPING);
	assert_int_equal(profile_mapping(&p, 0, 1, 0, "/a", ""), 0);
	profile_deinit(&p);
}

static void
test_a_function_has_a_name(void **state)
{
	struct profile p;

	(void)state;
	profile_init(&p, 0, 0);
	(void)profile_function(&p, "", "_Zf", NULL, 0);
	(void)profile_function(&p, NULL, "", NULL, 0);
	assert_string_equal(text(&p, p.functions[0].name), "_Zf");
	assert_string_equal(text(&p, p.functions[1].name), "[unknown]");
	assert_string_equal(text(&p, p.functions[0].file), "");
	profile_deinit(&p);
}

static void
assert_lines(const struct profile *p, uint32_t frame,
    const struct profile_line *lines, size_t n)
{
	const struct profile_frame *f = &p->frames[frame];

	assert_int_equal(f->n_lines, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    p->lines[f->first_line + i].line, lines[i].line);
}

static void
test_lines_are_replaced(void **state)
{
	static const struct profile_line three[] = {
	    {.line = 1}, {.line = 2}, {.line = 3}};
	static const struct profile_line two[] = {{.line = 4}, {.line = 5}};
	struct profile p;
	uint32_t a, b;
	size_t n;

	(void)state;
	profile_init(&p, 0, 0);
	(void)profile_function(&p, "f", "f", "", 0);
	a = profile_frame(&p, PROFILE_NO_MAPPING, 1);
	b = profile_frame(&p, PROFILE_NO_MAPPING, 2);
	profile_set_lines(&p, a, two, 2);
	profile_set_lines(&p, b, two, 2);
	profile_set_lines(&p, a, three, 3);
	assert_lines(&p, a, three, 3);
	assert_lines(&p, b, two, 2);
	n = p.n_lines;
	for (int i = 0; i < 100; i++) {
		profile_set_lines(&p, a, two, 2);
		profile_set_lines(&p, b, two, 2);
	}
	assert_lines(&p, a, two, 2);
	assert_lines(&p, b, two, 2);
	assert_int_equal(p.n_lines, n);
	profile_set_lines(&p, a, NULL, 0);
	assert_lines(&p, a, NULL, 0);
	profile_deinit(&p);
}

static void
assert_name(const struct profile *p, uint32_t frame, const char *name)
{
	char buf[64];

	assert_string_equal(
	    profile_frame_name(p, frame, buf, sizeof(buf)), name);
}

static void
test_names_of_frames_without_lines(void **state)
{
	struct profile p;
	uint32_t lib, anon;
	char buf[5];

	(void)state;
	profile_init(&p, 0, 0);
	lib = profile_mapping(&p, 0x10000, 0x20000, 0x3000, "/lib/libz.so", "");
	anon = profile_mapping(&p, 0x30000, 0x40000, 0, "", "");
	assert_name(&p, profile_frame(&p, lib, 0x10234), "libz.so+0x3234");
	assert_name(&p, profile_frame(&p, anon, 0x30001), "[anon]");
	assert_name(&p, profile_frame(&p, PROFILE_NO_MAPPING, 5), "[unknown]");
	assert_name(&p, profile_marker(&p, "[not sampled]"), "[not sampled]");
	profile_frame_name(
	    &p, profile_frame(&p, lib, 0x10234), buf, sizeof(buf));
	assert_string_equal(buf, "libz");
	assert_string_equal(
	    profile_object_name(&p, profile_frame(&p, lib, 0x10234)),
	    "libz.so");
	assert_string_equal(
	    profile_object_name(&p, profile_marker(&p, "[x]")), "");
	profile_deinit(&p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal_things_are_one),
	    cmocka_unit_test(test_deleted_is_no_part_of_a_name),
	    cmocka_unit_test(test_address_is_inside_its_mapping_or_in_none),
	    cmocka_unit_test(test_stacks_add_up),
	    cmocka_unit_test(test_full_trie_folds_by_labels),
	    cmocka_unit_test(test_full_frame_table_folds),
	    cmocka_unit_test(test_empty_stack_folds),
	    cmocka_unit_test(test_a_stack_is_weighed_later),
	    cmocka_unit_test(test_states_are_labels),
	    cmocka_unit_test(test_tables_are_bounded),
	    cmocka_unit_test(test_a_function_has_a_name),
	    cmocka_unit_test(test_lines_are_replaced),
	    cmocka_unit_test(test_names_of_frames_without_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
