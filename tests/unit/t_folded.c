/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/output.h"

#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
set_up(void **state)
{
	struct profile *p = calloc(1, sizeof(*p));

	profile_init(p, 0, 0);
	(void)profile_mapping(p, 0, 0x10000, 0, "/bin/prog", "");
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

/* A frame at addr where the functions stand, innermost first, up to a NULL. */
static uint32_t
code(struct profile *p, uint64_t addr, const char *const *names)
{
	struct profile_line lines[8];
	uint32_t frame = profile_frame(p, 0, addr);
	size_t n = 0;

	for (; names[n] != NULL; n++)
		lines[n] = (struct profile_line){
		    .function = profile_function(p, names[n], "", "", 0)};
	profile_set_lines(p, frame, lines, n);
	return frame;
}

static uint32_t
function(struct profile *p, uint64_t addr, const char *name)
{
	return code(p, addr, (const char *const[]){name, NULL});
}

static void
assert_folded(const struct profile *p, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	struct err err;

	assert_int_equal(output_folded.write(p, fp, &err), 0);
	fclose(fp);
	assert_string_equal(text, expected);
	free(text);
}

static void
test_root_first_with_the_number_of_samples(void **state)
{
	struct profile *p = *state;
	uint32_t t = profile_labels(p, 1, 2, "worker");
	uint32_t stack[] = {function(p, 3, "parse"), function(p, 2, "run"),
	    function(p, 1, "main")};

	profile_add(p, t, stack, 3, cpu_weight(17, 12345));
	profile_add(p, t, stack + 1, 2, cpu_weight(1, 1));
	assert_folded(p, "worker;main;run 1\n"
			 "worker;main;run;parse 17\n");
}

static void
test_without_a_thread_name_there_is_no_such_frame(void **state)
{
	struct profile *p = *state;
	uint32_t main_frame = function(p, 1, "main");

	profile_add(p, profile_labels(p, 1, 2, ""), &main_frame, 1,
	    cpu_weight(3, 0));
	assert_folded(p, "main 3\n");
}

static void
test_inlined_functions_are_frames(void **state)
{
	struct profile *p = *state;
	uint32_t stack[] = {
	    code(p, 2,
		(const char *const[]){"inner", "middle", "physical", NULL}),
	    function(p, 1, "main"),
	};

	profile_add(p, profile_labels(p, 1, 2, "t"), stack, 2,
	    cpu_weight(1, 0));
	assert_folded(p, "t;main;physical;middle;inner 1\n");
}

static void
test_equal_names_are_one_line(void **state)
{
	struct profile *p = *state;
	uint32_t a = profile_labels(p, 1, 2, "t");
	uint32_t b = profile_labels(p, 1, 3, "t");
	uint32_t here = function(p, 1, "f"), there = function(p, 2, "f");

	profile_add(p, a, &here, 1, cpu_weight(1, 0));
	profile_add(p, a, &there, 1, cpu_weight(2, 0));
	profile_add(p, b, &here, 1, cpu_weight(4, 0));
	assert_folded(p, "t;f 7\n");
}

static void
test_markers_and_frames_without_lines(void **state)
{
	struct profile *p = *state;
	uint32_t t = profile_labels(p, 1, 2, "t");
	uint32_t stack[] = {profile_frame(p, 0, 0x123),
	    profile_frame(p, PROFILE_NO_MAPPING, 7),
	    profile_marker(p, "[truncated: no-cfi]")};

	profile_add(p, t, stack, 3, cpu_weight(1, 0));
	assert_folded(p, "t;[truncated: no-cfi];[unknown];prog+0x123 1\n");
}

/* The count is of samples, and there is none. */
static void
test_rows_without_a_sample_have_no_line(void **state)
{
	struct profile *p = *state;
	uint32_t marker = profile_marker(p, "[not sampled]");

	profile_add(p, profile_labels(p, 1, 2, "t"), &marker, 1,
	    cpu_weight(0, 1000));
	assert_folded(p, "");
}

static void
test_names_cannot_break_a_line(void **state)
{
	struct profile *p = *state;
	uint32_t t = profile_labels(p, 1, 2, "a;b\nc");
	uint32_t stack[] = {function(p, 2, "evil\n;main 99\n\x1b[2J\xff"),
	    function(p, 1, "\x7f")};

	profile_add(p, t, stack, 2, cpu_weight(1, 0));
	assert_folded(p, "a:b c; ;evil :main 99  [2J\xef\xbf\xbd 1\n");
}

/* As LC_ALL=C sort would order the stacks, whatever order they came in. */
/* Ticks of the time that went by, whatever was sampled of it. */
static void
test_wall_time_is_counted_in_ticks(void **state)
{
	struct profile *p = *state;
	uint32_t t = profile_labels(p, 1, 2, "t");
	uint32_t asleep = profile_labels_in(p, t, "sleeping");
	uint32_t f = function(p, 1, "read"), g = function(p, 2, "poll");

	p->has_wall = true;
	p->period_ns = 100;
	profile_add(p, t, &f, 1, (struct weight){1, 60, 60});
	profile_add(p, asleep, &f, 1, (struct weight){1, 0, 1190});
	profile_add(p, asleep, &g, 1, (struct weight){1, 0, 49});
	assert_folded(p, "t;read 13\n");
}

static void
test_sorted(void **state)
{
	static const char *const names[] = {"f", "f g", "f:g", "z", "a"};
	struct profile *p = *state;
	uint32_t t = profile_labels(p, 1, 2, "");
	uint32_t frames[5];

	for (size_t i = 0; i < 5; i++)
		frames[i] = function(p, i, names[i]);
	for (size_t i = 0; i < 5; i++) {
		uint32_t stack[] = {frames[4], frames[i]};

		profile_add(p, t, stack, 2, cpu_weight(1, 0));
		profile_add(p, t, stack + 1, 1, cpu_weight(1, 0));
	}
	assert_folded(p, "a 1\n"
			 "a;a 1\n"
			 "f 1\n"
			 "f g 1\n"
			 "f g;a 1\n"
			 "f:g 1\n"
			 "f:g;a 1\n"
			 "f;a 1\n"
			 "z 1\n"
			 "z;a 1\n");
}

static void
test_empty_profile_is_an_empty_file(void **state)
{
	assert_folded(*state, "");
}

static void
test_full_disk_is_told(void **state)
{
	struct profile *p = *state;
	uint32_t f = function(p, 1, "main");
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	assert_non_null(fp);
	profile_add(p, profile_labels(p, 1, 2, "t"), &f, 1, cpu_weight(1, 0));
	assert_int_equal(output_folded.write(p, fp, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	fclose(fp);
}

#define with_profile(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_profile(test_root_first_with_the_number_of_samples),
	    with_profile(test_without_a_thread_name_there_is_no_such_frame),
	    with_profile(test_inlined_functions_are_frames),
	    with_profile(test_equal_names_are_one_line),
	    with_profile(test_markers_and_frames_without_lines),
	    with_profile(test_rows_without_a_sample_have_no_line),
	    with_profile(test_names_cannot_break_a_line),
	    with_profile(test_wall_time_is_counted_in_ticks),
	    with_profile(test_sorted),
	    with_profile(test_empty_profile_is_an_empty_file),
	    with_profile(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
