/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/attr.h"
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define LOST "\xef\xbf\xbd" /* U+FFFD */

static void
expect(const char *raw, const char *escaped)
{
	char *got = escape_dup(raw);

	assert_string_equal(got, escaped);
	assert_true(utf8_valid(got));
	free(got);
}

static void
text_stays(void **state)
{
	(void)state;
	expect("", "");
	expect("a b~", "a b~");
	expect("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	expect("\xef\xbf\xbd", LOST);
}

static void
controls_are_shown_not_obeyed(void **state)
{
	(void)state;
	expect("\033[31m\a\r\n\t\x01\x7f", "?[31m??????");
	expect("\xc2\x9b"
	       "31m",
	    "?31m"); /* CSI in its C1 form */
	expect("\xc2\xa0", "\xc2\xa0");
}

/* A line reads as its bytes stand, and is one line. */
static void
what_reorders_or_breaks_a_line_is_shown(void **state)
{
	(void)state;
	expect("a\xe2\x80\xae" "b", "a?b"); /* U+202E, right-to-left override */
	expect("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "???"); /* the marks */
	expect("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "???");
	expect("\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaf", "???"); /* isolates */
	/* Their neighbours: U+200D, U+2010, U+2027, U+202F, U+2065, U+2070. */
	expect("\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf",
	    "\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf");
	expect("\xe2\x81\xa5\xe2\x81\xb0\xd8\x9b\xd8\x9d",
	    "\xe2\x81\xa5\xe2\x81\xb0\xd8\x9b\xd8\x9d");
}

static void
repaired_keeps_controls(void **state)
{
	char *got = utf8_repaired("\033[1m\xc2\x9b\xff|\xe2\x82");

	(void)state;
	assert_string_equal(got, "\033[1m\xc2\x9b" LOST "|" LOST LOST);
	free(got);
}

static void
one_by_one(void **state)
{
	const char *s = "\xc3\xa9\n\xff";
	struct escaped c;

	(void)state;
	assert_int_equal(escape_next(s, &c), 2);
	assert_ptr_equal(c.bytes, s);
	assert_int_equal(c.len, 2);
	assert_int_equal(escape_next(s + 2, &c), 1);
	assert_memory_equal(c.bytes, "?", c.len);
	assert_int_equal(escape_next(s + 3, &c), 1);
	assert_memory_equal(c.bytes, LOST, c.len);
	assert_int_equal(escape_next(s + 4, &c), 0);
}

static void
broken_bytes_are_replaced_one_by_one(void **state)
{
	(void)state;
	expect("a\xff"
	       "b",
	    "a" LOST "b");
	expect("\x80", LOST);
	expect("\xc3", LOST); /* cut off */
	expect("\xe2\x82", LOST LOST);
	expect("\xf0\x9f\x98x", LOST LOST LOST "x");
	expect("\xc0\xaf", LOST LOST); /* overlong '/' */
	expect("\xe0\x80\xaf", LOST LOST LOST);
	expect("\xf0\x80\x80\xaf", LOST LOST LOST LOST);
	expect("\xed\xa0\x80", LOST LOST LOST);		 /* a surrogate */
	expect("\xf4\x90\x80\x80", LOST LOST LOST LOST); /* past U+10FFFF */
	expect("\xf5\x80\x80\x80", LOST LOST LOST LOST);
}

static void
lengths(void **state)
{
	static const struct {
		const char *s;
		size_t len;
	} all[] = {{"", 0}, {"a", 1}, {"\x7f", 1}, {"\xc2\x80", 2},
	    {"\xdf\xbf", 2}, {"\xe0\xa0\x80", 3}, {"\xed\x9f\xbf", 3},
	    {"\xee\x80\x80", 3}, {"\xef\xbf\xbf", 3}, {"\xf0\x90\x80\x80", 4},
	    {"\xf4\x8f\xbf\xbf", 4}, {"\xc1\xbf", 0}, {"\xe0\x9f\xbf", 0},
	    {"\xf0\x8f\xbf\xbf", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(utf8_char_len(all[i].s), all[i].len);
}

static void
validity(void **state)
{
	(void)state;
	assert_true(utf8_valid(""));
	assert_true(utf8_valid("na\xc3\xafve"));
	assert_true(utf8_valid("\033"));
	assert_false(utf8_valid("na\xefve"));
	assert_false(utf8_valid("end\xe2\x82"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_stays),
	    cmocka_unit_test(controls_are_shown_not_obeyed),
	    cmocka_unit_test(what_reorders_or_breaks_a_line_is_shown),
	    cmocka_unit_test(repaired_keeps_controls),
	    cmocka_unit_test(one_by_one),
	    cmocka_unit_test(broken_bytes_are_replaced_one_by_one),
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(validity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
