/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/line.h"

#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A line of n letters, and then s. */
static struct line
filled(size_t n, const char *s)
{
	struct line l = {0};

	for (size_t i = 0; i < n; i++)
		line_add_text(&l, "x");
	line_add_text(&l, s);
	return l;
}

static void
adds_up(void **state)
{
	struct line l = {0};

	(void)state;
	assert_string_equal(l.text, "");
	line_add_text(&l, "read");
	line_add(&l, " fd %d", 3);
	line_add_text(&l, " 100 %s");
	assert_string_equal(l.text, "read fd 3 100 %s");
	assert_int_equal(l.len, strlen(l.text));
}

static void
full_is_not_cut(void **state)
{
	struct line l = filled(LINE_MAX_BYTES - 3, "abc");

	(void)state;
	assert_int_equal(strlen(l.text), LINE_MAX_BYTES);
	assert_string_equal(l.text + LINE_MAX_BYTES - 3, "abc");
	line_add_text(&l, "");
	assert_string_equal(l.text + LINE_MAX_BYTES - 3, "abc");
	line_add_text(&l, "d");
	assert_string_equal(l.text + LINE_MAX_BYTES - 3, "...");
}

static void
what_does_not_fit_is_cut(void **state)
{
	struct line l = filled(LINE_MAX_BYTES - 3, "abcd");

	(void)state;
	assert_int_equal(strlen(l.text), LINE_MAX_BYTES);
	assert_string_equal(l.text + LINE_MAX_BYTES - 4, "x...");
	/* And that was its end. */
	line_add_text(&l, "e");
	assert_string_equal(l.text + LINE_MAX_BYTES - 4, "x...");
	assert_int_equal(l.len, LINE_MAX_BYTES);
}

/* Wherever a character of four bytes stands, it is whole or not there. */
static void
cut_at_a_character(void **state)
{
	(void)state;
	for (size_t n = LINE_MAX_BYTES - 12; n < LINE_MAX_BYTES; n++) {
		struct line l = filled(n, "\xf0\x9f\x90\x9f\xf0\x9f\x90\x9f"
					  "0123456789");

		assert_true(utf8_valid(l.text));
		assert_true(l.len <= LINE_MAX_BYTES);
		assert_true(l.len >= LINE_MAX_BYTES - 3);
		assert_string_equal(l.text + l.len - 3, "...");
	}
}

/* No UTF-8: only that it ends. */
static void
broken_bytes(void **state)
{
	char bytes[2 * LINE_MAX_BYTES];
	struct line l;

	(void)state;
	memset(bytes, 0x80, sizeof(bytes) - 1);
	bytes[sizeof(bytes) - 1] = '\0';
	l = filled(0, bytes);
	assert_true(l.len <= LINE_MAX_BYTES);
	assert_int_equal(l.len, strlen(l.text));
	assert_string_equal(l.text + l.len - 3, "...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adds_up),
	    cmocka_unit_test(full_is_not_cut),
	    cmocka_unit_test(what_does_not_fit_is_cut),
	    cmocka_unit_test(cut_at_a_character),
	    cmocka_unit_test(broken_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
