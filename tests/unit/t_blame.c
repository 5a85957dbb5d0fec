/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/blame.h"

#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/*
 *	10 samples   main > work                    whole
 *	 6 samples   [truncated: no-cfi] > lib > leaf
 *	 3 samples   [truncated: no-cfi] > jit
 *	 1 sample    [truncated: late] > work
 */
static struct profile p;
static uint32_t app, lib, anon;
static uint32_t work, leaf, jit, in_lib;

static void
add(unsigned count, const uint32_t *frames, unsigned n)
{
	const uint32_t labels = profile_labels(&p, 1, 1, "t");

	profile_add(&p, labels, frames, n, cpu_weight(count, 100ull * count));
}

static int
setup(void **state)
{
	uint32_t no_cfi, late, main_frame;

	(void)state;
	profile_init(&p, 0, 0);
	app = profile_mapping(&p, 0x1000, 0x2000, 0, "/bin/app", "aa");
	lib = profile_mapping(&p, 0x3000, 0x4000, 0, "/lib/old.so", "bb");
	anon = profile_mapping(&p, 0x5000, 0x6000, 0, "//anon", "");
	main_frame = profile_frame(&p, app, 0x1100);
	work = profile_frame(&p, app, 0x1200);
	leaf = profile_frame(&p, app, 0x1300);
	in_lib = profile_frame(&p, lib, 0x3100);
	jit = profile_frame(&p, anon, 0x5100);
	no_cfi = profile_marker(&p, "[truncated: no-cfi]");
	late = profile_marker(&p, "[truncated: late]");
	add(10, (uint32_t[]){work, main_frame}, 2);
	add(6, (uint32_t[]){leaf, in_lib, no_cfi}, 3);
	add(3, (uint32_t[]){jit, no_cfi}, 2);
	add(1, (uint32_t[]){work, late}, 2);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	profile_deinit(&p);
	return 0;
}

static void
where_stacks_break_off(void **state)
{
	struct blame b = blame_broken(&p);

	(void)state;
	assert_string_equal(b.file, "/lib/old.so");
	assert_string_equal(b.build_id, "bb");
	assert_int_equal((int)(b.share * 100 + 0.5), 30);
}

static void
whose_functions_have_no_names(void **state)
{
	struct blame b = blame_unnamed(&p);

	(void)state;
	assert_true(b.share == 0);
	p.frames[leaf].unnamed = true;
	p.frames[jit].unnamed = true;
	b = blame_unnamed(&p);
	assert_string_equal(b.file, "/bin/app");
	assert_int_equal((int)(b.share * 100 + 0.5), 30);
}

static void
code_that_no_file_holds(void **state)
{
	struct blame b;

	(void)state;
	add(20, (uint32_t[]){jit, profile_marker(&p, "[truncated: no-cfi]")},
	    2);
	b = blame_broken(&p);
	assert_string_equal(b.file, "");
	assert_int_equal((int)(b.share * 1000 + 0.5), 575);
}

static void
an_empty_profile(void **state)
{
	struct profile empty;

	(void)state;
	profile_init(&empty, 0, 0);
	assert_true(blame_broken(&empty).share == 0);
	assert_true(blame_unnamed(&empty).share == 0);
	profile_deinit(&empty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(where_stacks_break_off),
	    cmocka_unit_test(whose_functions_have_no_names),
	    cmocka_unit_test(code_that_no_file_holds),
	    cmocka_unit_test(an_empty_profile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
