/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_file.h"

#include "object/build_id.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define BUILD_IDS "/usr/lib/debug/.build-id"

static void
test_none_is_found_for_no_id(void **state)
{
	static const char *const ids[] = {"", "a", "ab",
	    "0000000000000000000000000000000000000000",
	    "ab/../../../../../../../etc/passwd"};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_null(debug_file_find(ids[i]));
}

/* A name that a target chose is not opened, be it as it may. */
static void
test_shared_file_only_below_its_folder(void **state)
{
	(void)state;
	assert_null(debug_file_find_shared("", "/proc/self/exe"));
	assert_null(debug_file_find_shared("ab", "/.dwz/../../bin/sh"));
	assert_null(debug_file_find_shared("ab", "/proc/self/fd/0"));
}

/* The build-id of some debug file that is installed here. */
static bool
any_installed(char *id, size_t size)
{
	char dir[sizeof(BUILD_IDS) + 256];
	struct dirent *outer, *inner;
	DIR *top = opendir(BUILD_IDS), *sub;
	bool found = false;

	if (top == NULL)
		return false;
	while (!found && (outer = readdir(top)) != NULL) {
		(void)snprintf(
		    dir, sizeof(dir), "%s/%s", BUILD_IDS, outer->d_name);
		sub = outer->d_name[0] != '.' ? opendir(dir) : NULL;
		while (!found && sub != NULL && (inner = readdir(sub)) != NULL) {
			char *dot = strstr(inner->d_name, ".debug");

			if (dot == NULL || dot == inner->d_name)
				continue;
			(void)snprintf(id, size, "%s%.*s", outer->d_name,
			    (int)(dot - inner->d_name), inner->d_name);
			found = true;
		}
		if (sub != NULL)
			closedir(sub);
	}
	closedir(top);
	return found;
}

static void
test_installed_one_is_found_and_is_the_right_one(void **state)
{
	struct build_id found;
	struct debug_file *df;
	char id[512];

	(void)state;
	if (!any_installed(id, sizeof(id)))
		skip();
	df = debug_file_find(id);
	assert_non_null(df);
	assert_true(build_id_read(debug_file_elf(df), &found));
	assert_string_equal(found.hex, id);
	debug_file_free(df);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none_is_found_for_no_id),
	    cmocka_unit_test(test_shared_file_only_below_its_folder),
	    cmocka_unit_test(test_installed_one_is_found_and_is_the_right_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
