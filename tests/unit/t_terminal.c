/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

/* The test's own standard output: results go there between the calls. */
static int own_stdout;

static void
use(int fd)
{
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
}

static void
use_own(void)
{
	use(own_stdout);
}

static int
open_terminal(unsigned short columns)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), fd;

	if (master < 0 || unlockpt(master) != 0)
		skip();
	fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	/* The master stays open: without it the terminal is none. */
	return fd;
}

static void
set_env(const char *name, const char *value)
{
	if (value != NULL)
		(void)setenv(name, value, 1);
	else
		(void)unsetenv(name);
}

static bool
has_colour(
    int fd, enum color_when when, const char *term, const char *no_color)
{
	bool colour;

	set_env("TERM", term);
	set_env("NO_COLOR", no_color);
	use(fd);
	colour = terminal_wants_colour(when);
	use_own();
	return colour;
}

static void
colours_on_a_terminal(void **state)
{
	int fd = open_terminal(80);

	(void)state;
	assert_true(has_colour(fd, COLOR_AUTO, "xterm", NULL));
	assert_false(has_colour(fd, COLOR_NEVER, "xterm", NULL));
	(void)close(fd);
}

static void
no_colours_on_a_dumb_one_or_where_they_are_not_wanted(void **state)
{
	int fd = open_terminal(80);

	(void)state;
	assert_false(has_colour(fd, COLOR_AUTO, "dumb", NULL));
	assert_false(has_colour(fd, COLOR_AUTO, NULL, NULL));
	assert_false(has_colour(fd, COLOR_AUTO, "xterm", "1"));
	/* no-color.org: when present and not an empty string */
	assert_true(has_colour(fd, COLOR_AUTO, "xterm", ""));
	/* what was typed goes before the environment */
	assert_true(has_colour(fd, COLOR_ALWAYS, "dumb", "1"));
	(void)close(fd);
}

static void
no_colours_in_a_file(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_false(has_colour(fd, COLOR_AUTO, "xterm", NULL));
	assert_true(has_colour(fd, COLOR_ALWAYS, "xterm", NULL));
	(void)close(fd);
}

static size_t
width_of(int fd)
{
	size_t width;

	use(fd);
	width = terminal_width();
	use_own();
	return width;
}

static void
width(void **state)
{
	int fd = open_terminal(132), unsized = open_terminal(0);
	int file = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(width_of(fd), 132);
	assert_int_equal(width_of(unsized), 0);
	assert_int_equal(width_of(file), 0);
	(void)close(fd);
	(void)close(unsized);
	(void)close(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(colours_on_a_terminal),
	    cmocka_unit_test(
		no_colours_on_a_dumb_one_or_where_they_are_not_wanted),
	    cmocka_unit_test(no_colours_in_a_file),
	    cmocka_unit_test(width),
	};

	own_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
