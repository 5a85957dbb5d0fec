/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
expect_printed(const struct err *err, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);

	assert_non_null(fp);
	err_print(err, fp);
	assert_int_equal(fclose(fp), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void
set_returns_the_kind(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(
	    err_set(&err, ERR_NO_PROCESS, "no process %d", 42), -3);
	assert_int_equal(err.kind, ERR_NO_PROCESS);
	expect_printed(&err, "scrape: no process 42\n");
}

static void
kinds_are_exit_statuses(void **state)
{
	(void)state;
	assert_int_equal(ERR_RUNTIME, 1);
	assert_int_equal(ERR_USAGE, 2);
	assert_int_equal(ERR_NO_PROCESS, 3);
	assert_int_equal(ERR_NOT_PERMITTED, 4);
	assert_int_equal(ERR_UNSUPPORTED, 5);
	assert_int_equal(ERR_OWN, 125);
	assert_int_equal(ERR_CANNOT_EXEC, 126);
	assert_int_equal(ERR_NOT_FOUND, 127);
}

static void
the_command_is_kept(void **state)
{
	(void)state;
	assert_string_equal(err_command(), "scrape");
	err_set_command("scrape dump");
	assert_string_equal(err_command(), "scrape dump");
	err_set_command("a name that is longer than any command of ours is");
	assert_int_equal(strlen(err_command()), 31);
}

static void
why_and_try_have_lines(void **state)
{
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_NOT_PERMITTED, "PID 42");
	err_why(&err, "it belongs to %s", "root");
	err_try(&err, "sudo scrape record -p %d", 42);
	expect_printed(&err, "scrape: PID 42\n"
			     "  why: it belongs to root\n"
			     "  try: sudo scrape record -p 42\n");
}

static void
set_clears_what_was_said_before(void **state)
{
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_RUNTIME, "first");
	err_why(&err, "old");
	err_try(&err, "old");
	(void)err_set(&err, ERR_RUNTIME, "second");
	expect_printed(&err, "scrape: second\n");
}

static void
wrap_puts_context_in_front(void **state)
{
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_RUNTIME, "no build-id");
	err_why(&err, "stripped");
	assert_int_equal(err_wrap(&err, "%s", "libfoo.so"), -1);
	assert_int_equal(err_wrap(&err, "PID %d", 42), -1);
	expect_printed(
	    &err, "scrape: PID 42: libfoo.so: no build-id\n  why: stripped\n");
}

static void
long_text_is_cut(void **state)
{
	char text[1000];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 26);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, ERR_RUNTIME, "%s", text);
	err_why(&err, "%s", text);
	err_try(&err, "%s", text);
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	assert_int_equal(strlen(err.why), sizeof(err.why) - 1);
	assert_int_equal(strlen(err.try), sizeof(err.try) - 1);
	(void)err_wrap(&err, "context");
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	assert_memory_equal(err.what, "context: ", 9);
	assert_memory_equal(err.what + 9, text, sizeof(err.what) - 10);
	(void)err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	assert_non_null(strstr(err.what, ": context: abc"));
}

static void
nothing_said_prints_nothing(void **state)
{
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_USAGE, "%s", "");
	expect_printed(&err, "");
}

static void
control_characters_are_not_obeyed(void **state)
{
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_RUNTIME, "PID 1 (%s)", "\033[2Jevil\n");
	expect_printed(&err, "scrape: PID 1 (?[2Jevil?)\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(set_returns_the_kind),
	    cmocka_unit_test(kinds_are_exit_statuses),
	    cmocka_unit_test(the_command_is_kept),
	    cmocka_unit_test(why_and_try_have_lines),
	    cmocka_unit_test(set_clears_what_was_said_before),
	    cmocka_unit_test(wrap_puts_context_in_front),
	    cmocka_unit_test(long_text_is_cut),
	    cmocka_unit_test(nothing_said_prints_nothing),
	    cmocka_unit_test(control_characters_are_not_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
