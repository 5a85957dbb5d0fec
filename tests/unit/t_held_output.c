/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/held_output.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* The test's own, which its results go to between the calls. */
static int own[3];

static void
use(int fd, int other)
{
	assert_int_equal(dup2(other, fd), fd);
}

static int
tear_down(void **state)
{
	(void)state;
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(own[fd], fd);
	return 0;
}

/* A terminal that passes on what is written as it is; returns its other end. */
static int
open_terminal(int *ret_fd)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (master < 0 || unlockpt(master) != 0)
		skip();
	*ret_fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	return master;
}

static void
assert_arrived(int fd, const char *expected)
{
	char buf[64];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	assert_string_equal(buf, expected);
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
test_shows_what_came_each_time_once(void **state)
{
	struct held_output h;
	struct err err;
	int fd, other = open_terminal(&fd);

	(void)state;
	use(STDOUT_FILENO, fd);
	use(STDERR_FILENO, fd);
	assert_int_equal(held_output_open(&h, &err), 0);
	say(h.stdio[STDOUT_FILENO], "one ");
	say(h.stdio[STDERR_FILENO], "two");
	assert_arrived(other, "");
	held_output_show(&h);
	assert_arrived(other, "one two");
	held_output_show(&h);
	assert_arrived(other, "");
	say(h.stdio[STDOUT_FILENO], "three");
	held_output_show(&h);
	assert_arrived(other, "three");
	held_output_close(&h);
}

static void
test_holds_only_what_goes_to_the_terminal(void **state)
{
	struct held_output h;
	struct err err;
	int fd, other = open_terminal(&fd);
	int elsewhere = memfd_create("elsewhere", MFD_CLOEXEC);

	(void)state;
	use(STDIN_FILENO, elsewhere);
	use(STDOUT_FILENO, elsewhere);
	use(STDERR_FILENO, fd);
	assert_int_equal(held_output_open(&h, &err), 0);
	assert_int_equal(h.stdio[STDIN_FILENO], -1);
	assert_int_equal(h.stdio[STDOUT_FILENO], -1);
	say(h.stdio[STDERR_FILENO], "trouble");
	held_output_show(&h);
	assert_arrived(other, "trouble");
	held_output_close(&h);
}

/* It could be read: a log that is open for both, and is standard output too. */
static void
test_standard_error_is_not_read_back(void **state)
{
	struct held_output h;
	int log = memfd_create("log", MFD_CLOEXEC);
	char buf[32];

	(void)state;
	use(STDOUT_FILENO, log);
	use(STDERR_FILENO, log);
	held_output_to_stderr(&h);
	say(h.stdio[STDOUT_FILENO], "said");
	held_output_show(&h);
	assert_int_equal(pread(log, buf, sizeof(buf), 0), 4);
	held_output_close(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		test_shows_what_came_each_time_once, tear_down),
	    cmocka_unit_test_teardown(
		test_holds_only_what_goes_to_the_terminal, tear_down),
	    cmocka_unit_test_teardown(
		test_standard_error_is_not_read_back, tear_down),
	};

	for (int fd = 0; fd < 3; fd++)
		own[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
