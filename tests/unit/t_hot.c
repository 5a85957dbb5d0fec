/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/hot.h"

#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_HOT 16

/* A profile whose frames are written as words. */
struct built {
	struct profile p;
	uint32_t labels, mapping;
	struct hot_function hot[MAX_HOT];
	size_t n_hot;
};

static int
set_up(void **state)
{
	struct built *b = calloc(1, sizeof(*b));

	profile_init(&b->p, 0, 0);
	b->labels = profile_labels(&b->p, 1, 1, "t");
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/bin/prog", "");
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	struct built *b = *state;

	hot_functions_deinit(b->hot, b->n_hot);
	profile_deinit(&b->p);
	free(b);
	return 0;
}

/*
 * The frame that a word names: "[...]" is a marker, "a<b" is a with b as the
 * function it is inlined into. The address is the word's first letters.
 */
static uint32_t
frame(struct built *b, const char *word)
{
	struct profile_line lines[8];
	size_t n = 0;
	char *copy, *save = NULL;
	uint32_t id;

	if (word[0] == '[')
		return profile_marker(&b->p, word);
	id = profile_frame(&b->p, b->mapping,
	    (uint64_t)(unsigned char)word[0] << 8 |
		(unsigned char)word[strlen(word) - 1]);
	copy = strdup(word);
	for (char *s = strtok_r(copy, "<", &save); s != NULL;
	     s = strtok_r(NULL, "<", &save))
		lines[n++] = (struct profile_line){
		    .function = profile_function(&b->p, s, s, "", 0)};
	profile_set_lines(&b->p, id, lines, n);
	free(copy);
	return id;
}

/* Root first, "main;run;parse". */
static void
add(struct built *b, const char *stack, uint64_t value)
{
	uint32_t frames[16];
	size_t at = 16;
	char *copy = strdup(stack), *save = NULL;

	for (char *s = strtok_r(copy, ";", &save); s != NULL;
	     s = strtok_r(NULL, ";", &save))
		frames[--at] = frame(b, s);
	profile_add(&b->p, b->labels, frames + at, 16 - at,
	    cpu_weight(1, value));
	free(copy);
}

static void
find_hot(struct built *b, size_t n)
{
	b->n_hot = hot_functions(&b->p, b->hot, n);
}

static void
assert_hot(const struct built *b, size_t i, const char *name, uint64_t self,
    uint64_t total)
{
	assert_true(i < b->n_hot);
	assert_string_equal(b->hot[i].name, name);
	assert_int_equal(b->hot[i].self, self);
	assert_int_equal(b->hot[i].total, total);
}

static void
test_self_and_total(void **state)
{
	struct built *b = *state;

	add(b, "main;run;parse", 5);
	add(b, "main;run", 7);
	add(b, "main;idle", 1);
	find_hot(b, MAX_HOT);
	assert_int_equal(b->n_hot, 4);
	assert_hot(b, 0, "run", 7, 12);
	assert_hot(b, 1, "parse", 5, 5);
	assert_hot(b, 2, "idle", 1, 1);
	assert_hot(b, 3, "main", 0, 13);
	assert_string_equal(b->hot[0].object, "prog");
}

static void
test_recursion_counts_once(void **state)
{
	struct built *b = *state;

	add(b, "main;fib;fib;fib", 4);
	add(b, "main;fib", 2);
	add(b, "main;fib;leaf;fib", 1);
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "fib", 7, 7);
	assert_hot(b, 1, "main", 0, 7);
	assert_hot(b, 2, "leaf", 0, 1);
}

/* Side by side is not recursion. */
static void
test_siblings_both_count(void **state)
{
	struct built *b = *state;

	add(b, "main;left;work", 3);
	add(b, "main;right;work", 4);
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "work", 7, 7);
}

static void
test_inlined_functions_have_their_own(void **state)
{
	struct built *b = *state;

	add(b, "main;tiny<small<big", 3);
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "tiny", 3, 3);
	assert_hot(b, 1, "big", 0, 3);
	assert_hot(b, 2, "main", 0, 3);
	assert_hot(b, 3, "small", 0, 3);
}

static void
test_markers_are_functions(void **state)
{
	struct built *b = *state;

	add(b, "[truncated: no-cfi];run", 3);
	add(b, "[not sampled]", 4);
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "[not sampled]", 4, 4);
	assert_hot(b, 1, "run", 3, 3);
	assert_hot(b, 2, "[truncated: no-cfi]", 0, 3);
	assert_string_equal(b->hot[0].object, "");
}

static void
test_same_name_elsewhere_is_another(void **state)
{
	struct built *b = *state;

	add(b, "main;work", 3);
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/lib/l.so", "");
	add(b, "main;work", 2);
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "work", 3, 3);
	assert_string_equal(b->hot[0].object, "prog");
	assert_hot(b, 1, "work", 2, 2);
	assert_string_equal(b->hot[1].object, "l.so");
}

static void
test_threads_add_up(void **state)
{
	struct built *b = *state;

	add(b, "main;work", 3);
	b->labels = profile_labels(&b->p, 1, 2, "other");
	add(b, "main;work", 2);
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "work", 5, 5);
	assert_hot(b, 1, "main", 0, 5);
}

static void
test_only_n_and_ties_by_name(void **state)
{
	struct built *b = *state;

	add(b, "main;zeta", 1);
	add(b, "main;alpha", 1);
	add(b, "main;hot", 2);
	find_hot(b, 2);
	assert_int_equal(b->n_hot, 2);
	assert_hot(b, 0, "hot", 2, 2);
	assert_hot(b, 1, "alpha", 1, 1);
}

static void
test_frames_without_lines_have_an_address(void **state)
{
	struct built *b = *state;
	uint32_t f = profile_frame(&b->p, b->mapping, 0x123);

	profile_add(&b->p, b->labels, &f, 1, cpu_weight(1, 9));
	find_hot(b, MAX_HOT);
	assert_hot(b, 0, "prog+0x123", 9, 9);
}

static void
test_nothing_in_an_empty_profile(void **state)
{
	struct built *b = *state;

	find_hot(b, MAX_HOT);
	assert_int_equal(b->n_hot, 0);
}

#define with_profile(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_profile(test_self_and_total),
	    with_profile(test_recursion_counts_once),
	    with_profile(test_siblings_both_count),
	    with_profile(test_inlined_functions_have_their_own),
	    with_profile(test_markers_are_functions),
	    with_profile(test_same_name_elsewhere_is_another),
	    with_profile(test_threads_add_up),
	    with_profile(test_only_n_and_ties_by_name),
	    with_profile(test_frames_without_lines_have_an_address),
	    with_profile(test_nothing_in_an_empty_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
