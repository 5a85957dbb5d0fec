/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_the_default_is_pprof(void **state)
{
	(void)state;
	assert_ptr_equal(outputs[0], &output_pprof);
	assert_true(output_pprof.binary);
	assert_false(output_folded.binary);
}

static void
test_each_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; outputs[i] != NULL; i++)
		assert_ptr_equal(output_by_name(outputs[i]->name), outputs[i]);
	assert_null(output_by_name("pprofs"));
	assert_null(output_by_name(""));
}

static void
test_suffixes(void **state)
{
	static const struct {
		const char *path;
		const struct output_ops *ops;
	} cases[] = {
	    {"out.pb.gz", &output_pprof},
	    {"/a.folded/b.pprof", &output_pprof},
	    {"x.folded", &output_folded},
	    {"x.collapsed", &output_folded},
	    {"x.collapsedstack.txt", &output_folded},
	    {"x.txt", NULL},
	    {"x.gz", NULL},
	    {"folded", NULL},
	    {"gz", NULL},
	    {"-", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_ptr_equal(output_by_suffix(cases[i].path), cases[i].ops);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_default_is_pprof),
	    cmocka_unit_test(test_each_is_found_by_its_name),
	    cmocka_unit_test(test_suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
