/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/mirror.h"

#include "base/attr.h"
#include "base/xalloc.h"
#include "profile/news.h"
#include "profile/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
set_up(void **state)
{
	struct profile *p = xcalloc(1, sizeof(*p));

	profile_init(p, 0, 0);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	profile_deinit(*state);
	free(*state);
	return 0;
}

/* Two threads: main -> parse, and main -> [not sampled]. */
static struct news_mapping mappings[] = {
    {0x1000, 0x2000, 0, "/bin/prog", "ab12"},
    {0x5000, 0x6000, 0x100, "/lib/l.so (deleted)", ""},
};
static struct news_frame frames[] = {
    {0x1100, 0, NULL},
    {0x5200, 1, NULL},
    {0, PROFILE_NO_MAPPING, "[not sampled]"},
};
static struct news_labels labels[] = {
    {4, 4, "prog", ""}, {4, 5, "worker", ""}, {4, 5, "worker", " sleeping"}};
static struct news_node nodes[] = {
    {TRIE_NO_NODE, 0}, {0, 0}, {1, 1}, {TRIE_NO_NODE, 2}, {3, 0}, {4, 2}};
static struct news_sample samples[] = {{2, {3, 30, 0}}, {5, {0, 7, 90}}};

static void
apply_first(struct profile *p)
{
	struct news news = {
	    .mappings = mappings, .n_mappings = ARRAY_SIZE(mappings),
	    .frames = frames, .n_frames = ARRAY_SIZE(frames),
	    .labels = labels, .n_labels = ARRAY_SIZE(labels),
	    .nodes = nodes, .n_nodes = ARRAY_SIZE(nodes),
	    .samples = samples, .n_samples = ARRAY_SIZE(samples),
	    .stats = {.samples = 3},
	};

	mirror_apply(p, &news);
}

static void
print_lines(const struct profile *p, const struct profile_frame *f, FILE *fp)
{
	for (uint32_t i = 0; i < f->n_lines; i++) {
		const struct profile_line *l = &p->lines[f->first_line + i];

		(void)fprintf(fp, "%s%s:%u", i > 0 ? "<" : "",
		    interned(&p->strings, p->functions[l->function].name),
		    l->line);
	}
}

/* "leaf caller pid/tid name state = COUNT CPU WALL" of what has a weight. */
static void
print_stack(const struct profile *p, uint32_t leaf, FILE *fp)
{
	const struct trie_node *n = &p->trie.nodes[leaf];
	char buf[64];

	for (; n->parent != TRIE_NO_NODE; n = &p->trie.nodes[n->parent]) {
		const struct profile_frame *f = &p->frames[n->frame];

		if (f->n_lines > 0)
			print_lines(p, f, fp);
		else
			(void)fputs(profile_frame_name(
				p, n->frame, buf, sizeof(buf)), fp);
		(void)fputc(' ', fp);
	}
	(void)fprintf(fp, "%d/%d %s%s = %ju %ju %ju\n", p->labels[n->frame].pid,
	    p->labels[n->frame].tid,
	    interned(&p->strings, p->labels[n->frame].thread_name),
	    interned(&p->strings, p->labels[n->frame].state),
	    (uintmax_t)p->trie.nodes[leaf].w.count,
	    (uintmax_t)p->trie.nodes[leaf].w.cpu,
	    (uintmax_t)p->trie.nodes[leaf].w.wall);
}

static void
assert_stacks(const struct profile *p, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);

	for (uint32_t i = 0; i < p->trie.n; i++)
		if (!weight_is_none(&p->trie.nodes[i].w))
			print_stack(p, i, fp);
	xclose_memstream(fp);
	assert_string_equal(text, expected);
	free(text);
}

static void
test_applied(void **state)
{
	struct profile *p = *state;

	apply_first(p);
	assert_stacks(p,
	    "l.so+0x300 prog+0x100 4/4 prog = 3 30 0\n"
	    "[not sampled] prog+0x100 4/5 worker sleeping = 0 7 90\n");
	assert_int_equal(p->stats.samples, 3);
	assert_string_equal(
	    interned(&p->strings, p->mappings[0].build_id), "ab12");
}

static void
test_later_news_build_on_it(void **state)
{
	struct profile *p = *state;
	struct news_node more = {2, 0};
	struct news_sample counted[] = {{2, {1, 5, 0}}, {6, {2, 20, 0}}};
	struct news news = {
	    .first_mapping = 2, .first_frame = 3, .first_labels = 2,
	    .first_node = 6, .nodes = &more, .n_nodes = 1,
	    .samples = counted, .n_samples = 2, .stats = {.samples = 6},
	};

	apply_first(p);
	mirror_apply(p, &news);
	assert_stacks(p,
	    "l.so+0x300 prog+0x100 4/4 prog = 4 35 0\n"
	    "[not sampled] prog+0x100 4/5 worker sleeping = 0 7 90\n"
	    "prog+0x100 l.so+0x300 prog+0x100 4/4 prog = 2 20 0\n");
	assert_int_equal(p->stats.samples, 6);
}

/* What the original kept a place for beyond its bounds has one here. */
static void
test_no_bounds_of_its_own(void **state)
{
	struct profile small;

	(void)state;
	profile_init(&small, 1, 1);
	apply_first(&small);
	assert_int_equal(small.n_frames, ARRAY_SIZE(frames));
	assert_int_equal(small.trie.n, ARRAY_SIZE(nodes));
	profile_deinit(&small);
}

static void
name(struct profile *p, uint32_t frame, const char *function, uint32_t line)
{
	struct profile_line l = {
	    profile_function(p, function, "_Zx", "a.c", 1), line, 2};

	profile_set_lines(p, frame, &l, 1);
}

static void
test_extract_has_the_window_alone(void **state)
{
	struct profile *p = *state, part;
	struct weight weights[] = {{0}, {0}, {2, 11, 0}};

	apply_first(p);
	name(p, 1, "parse", 12);
	p->period_ns = 99;
	p->mappings[1].looked_up = p->mappings[1].has_lines = true;
	p->frames[1].unnamed = true;
	mirror_extract(p, weights, ARRAY_SIZE(weights), &part);
	assert_stacks(&part, "parse:12 prog+0x100 4/4 prog = 2 11 0\n");
	assert_int_equal(part.n_mappings, 2);
	assert_int_equal(part.n_labels, 1);
	assert_int_equal(part.n_functions, 1);
	assert_int_equal(part.period_ns, 99);
	assert_true(part.mappings[1].looked_up);
	assert_true(part.mappings[1].has_lines);
	assert_false(part.mappings[1].unresolved);
	assert_true(part.frames[0].unnamed);
	assert_string_equal(
	    interned(&part.strings, part.functions[0].system_name), "_Zx");
	assert_string_equal(
	    interned(&part.strings, part.functions[0].file), "a.c");
	profile_deinit(&part);
}

static void
test_extract_of_all_is_equal(void **state)
{
	struct profile *p = *state, part;
	struct weight weights[ARRAY_SIZE(nodes)];

	apply_first(p);
	p->has_wall = true;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		weights[i] = p->trie.nodes[i].w;
	mirror_extract(p, weights, ARRAY_SIZE(nodes), &part);
	assert_stacks(&part,
	    "l.so+0x300 prog+0x100 4/4 prog = 3 30 0\n"
	    "[not sampled] prog+0x100 4/5 worker sleeping = 0 7 90\n");
	assert_true(part.has_wall);
	profile_deinit(&part);
}

/* Asleep, then running, then asleep: the time on a CPU is what is left. */
static void
test_extract_of_cpu_time_has_no_sleepers(void **state)
{
	struct profile *p = *state, part;
	struct weight weights[] = {
	    {0}, {5, 0, 500}, {2, 11, 20}, {0}, {7, 0, 700}};

	apply_first(p);
	mirror_extract(p, weights, ARRAY_SIZE(weights), &part);
	assert_stacks(&part, "l.so+0x300 prog+0x100 4/4 prog = 2 11 0\n");
	assert_false(part.has_wall);
	assert_int_equal(part.n_labels, 1);
	profile_deinit(&part);
}

static void
test_extract_of_nothing(void **state)
{
	struct profile *p = *state, part;

	mirror_extract(p, NULL, 0, &part);
	assert_int_equal(part.trie.n, 0);
	profile_deinit(&part);
}

#define with_mirror(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_mirror(test_applied),
	    with_mirror(test_later_news_build_on_it),
	    with_mirror(test_no_bounds_of_its_own),
	    with_mirror(test_extract_has_the_window_alone),
	    with_mirror(test_extract_of_all_is_equal),
	    with_mirror(test_extract_of_cpu_time_has_no_sleepers),
	    with_mirror(test_extract_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
