/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/new_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/t_new_file.XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/x", dir);
	return 0;
}

/* Fails should anything have stayed beside. */
static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void
there_when_it_is_whole(void **state)
{
	struct new_file f;
	struct stat st;
	struct err err;

	(void)state;
	assert_int_equal(new_file_open(&f, path, &err), 0);
	(void)fputs("whole", f.fp);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(new_file_commit(&f, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
two_writers(void **state)
{
	struct new_file a, b;
	struct err err;
	struct stat st;

	(void)state;
	assert_int_equal(new_file_open(&a, path, &err), 0);
	assert_int_equal(new_file_open(&b, path, &err), 0);
	(void)fputs("one", a.fp);
	(void)fputs("two!", b.fp);
	assert_int_equal(new_file_commit(&b, &err), 0);
	assert_int_equal(new_file_commit(&a, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
}

static void
given_up(void **state)
{
	struct new_file f;
	struct err err;

	(void)state;
	(void)unlink(path);
	assert_int_equal(new_file_open(&f, path, &err), 0);
	new_file_abort(&f);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
nowhere_to_write(void **state)
{
	struct new_file f;
	struct err err;

	(void)state;
	assert_int_equal(new_file_open(&f, "/nowhere/x", &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "cannot write /nowhere/x");
	assert_string_equal(err.why, "No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_when_it_is_whole),
	    cmocka_unit_test(two_writers),
	    cmocka_unit_test(given_up),
	    cmocka_unit_test(nowhere_to_write),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
