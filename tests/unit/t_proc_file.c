/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/proc_file.h"

#include "base/attr.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What stands behind the name, of a real file. */
#define REST                                                              \
	" S 41 42 42 34816 42 4194304 100 0 2 0 317 29 0 0 20 0 1 0 8755 " \
	"2904064 1021 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1\n"

static void
assert_stat(const char *text)
{
	struct proc_stat st;

	assert_true(proc_stat_parse(text, &st));
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.ppid, 41);
	assert_int_equal(st.flags, 4194304);
	assert_int_equal(st.utime, 317);
	assert_int_equal(st.stime, 29);
	assert_int_equal(st.start_time, 8755);
	assert_int_equal(st.cpu, 1);
}

static void
stat_with_any_name(void **state)
{
	(void)state;
	assert_stat("42 (bash)" REST);
	assert_stat("42 ()" REST);
	assert_stat("42 (a b c)" REST);
	assert_stat("42 ())" REST);
	assert_stat("42 (((()" REST);
	assert_stat("42 (x) R 1 1)" REST);
	assert_stat("42 (a\nb)" REST);
	assert_stat("42 (\xff%s%n)" REST);
}

static void
stat_that_is_none(void **state)
{
	static const char whole[] = "42 (bash)" REST;
	struct proc_stat st;
	char cut[sizeof(whole)];

	(void)state;
	assert_false(proc_stat_parse("", &st));
	assert_false(proc_stat_parse("42", &st));
	assert_false(proc_stat_parse("42 bash" REST, &st));
	assert_false(proc_stat_parse("42 (bash)", &st));
	assert_false(proc_stat_parse("42 (bash) S x" REST, &st));
	/* Up to where the start time begins nothing is enough. */
	for (size_t n = 0; n < (size_t)(strstr(whole, "8755") - whole); n++) {
		memcpy(cut, whole, n);
		cut[n] = '\0';
		assert_false(proc_stat_parse(cut, &st));
	}
}

static void
fields_of_status(void **state)
{
	static const char text[] = "Name:\tUid:\n"
				   "State:\tR (running)\n"
				   "Tgid:\t4242\n"
				   "PPid:\t0\n"
				   "TracerPid:\t17\n"
				   "Uid:\t1000\t1001\t1002\t1003\n"
				   "Big:\t18446744073709551615\n"
				   "Last:\t9";
	uint64_t v = 0;

	(void)state;
	assert_true(proc_status_field(text, "Tgid", &v));
	assert_int_equal(v, 4242);
	assert_true(proc_status_field(text, "PPid", &v));
	assert_int_equal(v, 0);
	/* The first of several, and of the line whose key it is. */
	assert_true(proc_status_field(text, "Uid", &v));
	assert_int_equal(v, 1000);
	assert_true(proc_status_field(text, "Big", &v));
	assert_true(v == UINT64_MAX);
	assert_true(proc_status_field(text, "Last", &v));
	assert_int_equal(v, 9);
	/* A key is a whole one. */
	assert_false(proc_status_field(text, "Pid", &v));
	assert_false(proc_status_field(text, "Tracer", &v));
	assert_false(proc_status_field(text, "Tgid:", &v));
	assert_false(proc_status_field(text, "Nothing", &v));
	assert_false(proc_status_field("", "Tgid", &v));
	/* No number behind it. */
	assert_false(proc_status_field(text, "State", &v));
}

static void
our_own_files(void **state)
{
	size_t len = 0;
	char *status = proc_file_read(AT_FDCWD, "/proc/self/status", &len);
	char buf[1024];
	struct proc_stat st;
	uint64_t v;

	(void)state;
	assert_non_null(status);
	assert_int_equal(len, strlen(status));
	assert_true(proc_status_field(status, "Pid", &v));
	assert_int_equal(v, getpid());
	free(status);
	assert_true(proc_file_read_into(
	    AT_FDCWD, "/proc/self/stat", buf, sizeof(buf)));
	assert_true(proc_stat_parse(buf, &st));
	assert_int_equal(st.ppid, getppid());
	assert_int_equal(st.state, 'R');
	assert_true(st.start_time > 0);
}

static void
relative_to_a_directory(void **state)
{
	int dir = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char buf[8];

	(void)state;
	assert_true(dir >= 0);
	assert_true(proc_file_read_into(dir, "comm", buf, sizeof(buf)));
	/* Cut to what fits, with its end. */
	assert_true(strlen(buf) <= sizeof(buf) - 1);
	assert_memory_equal(buf, program_invocation_short_name, 7);
	assert_true(proc_file_read_into(dir, "comm", buf, 1));
	assert_string_equal(buf, "");
	close(dir);
}

static void
what_cannot_be_read(void **state)
{
	char buf[16];

	(void)state;
	assert_null(proc_file_read(AT_FDCWD, "/proc/self/nothing", NULL));
	assert_null(proc_file_read(AT_FDCWD, "/proc/self", NULL));
	assert_null(proc_file_read(-1, "stat", NULL));
	assert_false(
	    proc_file_read_into(AT_FDCWD, "/proc/0/stat", buf, sizeof(buf)));
	assert_false(
	    proc_file_read_into(AT_FDCWD, "/proc", buf, sizeof(buf)));
}

/* Sizes round those at which the buffer grows. */
static void
files_of_every_size(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 4094, 4095, 4096, 8190, 8191, 8192, 100000};
	char path[] = "/tmp/t_proc_file.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = 1;
		char *text;

		assert_int_equal(ftruncate(fd, (off_t)sizes[i]), 0);
		text = proc_file_read(AT_FDCWD, path, &len);
		assert_non_null(text);
		assert_int_equal(len, sizes[i]);
		assert_int_equal(text[len], '\0');
		free(text);
	}
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stat_with_any_name),
	    cmocka_unit_test(stat_that_is_none),
	    cmocka_unit_test(fields_of_status),
	    cmocka_unit_test(our_own_files),
	    cmocka_unit_test(relative_to_a_directory),
	    cmocka_unit_test(what_cannot_be_read),
	    cmocka_unit_test(files_of_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
