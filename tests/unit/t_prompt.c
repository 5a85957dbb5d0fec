/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/prompt.h"

#include "base/escape.h"
#include "tui/keys.h"

#include <curses.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEFT	  FUNCTION_KEY(KEY_LEFT)
#define RIGHT	  FUNCTION_KEY(KEY_RIGHT)
#define UP	  FUNCTION_KEY(KEY_UP)
#define HOME	  FUNCTION_KEY(KEY_HOME)
#define DELETE	  FUNCTION_KEY(KEY_DC)
#define BACKSPACE FUNCTION_KEY(KEY_BACKSPACE)

static void
type(struct prompt *p, const char *s)
{
	for (; *s != '\0'; s++)
		assert_int_equal(prompt_key(p, *s), PROMPT_GOES_ON);
}

static void
press(struct prompt *p, int code, int times)
{
	while (times-- > 0)
		assert_int_equal(prompt_key(p, code), PROMPT_GOES_ON);
}

static void
text_is_typed_where_the_cursor_is(void **state)
{
	struct prompt p = {0};

	(void)state;
	type(&p, "abef");
	press(&p, LEFT, 2);
	type(&p, "cd");
	assert_string_equal(p.text, "abcdef");
	press(&p, HOME, 1);
	press(&p, LEFT, 1);
	press(&p, DELETE, 1);
	press(&p, RIGHT, 99);
	press(&p, DELETE, 1);
	press(&p, BACKSPACE, 1);
	assert_string_equal(p.text, "bcde");
	assert_int_equal(p.at, 4);
}

static void
a_character_is_whole_whatever_its_bytes(void **state)
{
	struct prompt p = {0};

	(void)state;
	press(&p, 'a', 1);
	press(&p, 0xe9, 1);
	press(&p, 0x6f22, 1);
	press(&p, 0x1f600, 1);
	assert_string_equal(
	    p.text, "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80");
	press(&p, LEFT, 1);
	press(&p, BACKSPACE, 1);
	press(&p, LEFT, 1);
	press(&p, DELETE, 1);
	assert_string_equal(p.text, "a\xf0\x9f\x98\x80");
	assert_true(utf8_valid(p.text));
}

static void
words_and_lines_go_at_once(void **state)
{
	struct prompt p = {0};

	(void)state;
	type(&p, "one two  three");
	press(&p, CONTROL_KEY('w'), 1);
	assert_string_equal(p.text, "one two  ");
	press(&p, CONTROL_KEY('w'), 1);
	assert_string_equal(p.text, "one ");
	press(&p, LEFT, 2);
	press(&p, CONTROL_KEY('u'), 1);
	assert_string_equal(p.text, "e ");
	press(&p, CONTROL_KEY('k'), 1);
	press(&p, CONTROL_KEY('w'), 1);
	assert_string_equal(p.text, "");
}

static void
what_was_entered_can_be_had_again(void **state)
{
	struct prompt p = {0};

	(void)state;
	type(&p, "first");
	assert_int_equal(prompt_key(&p, '\r'), PROMPT_ENTERED);
	prompt_start(&p);
	type(&p, "x");
	assert_int_equal(prompt_key(&p, KEY_ESCAPE), PROMPT_GIVEN_UP);
	prompt_start(&p);
	assert_string_equal(p.text, "");
	press(&p, UP, 1);
	assert_string_equal(p.text, "first");
	/* An empty line takes a pattern away, but is not worth keeping. */
	prompt_start(&p);
	assert_int_equal(prompt_key(&p, '\n'), PROMPT_ENTERED);
	press(&p, UP, 1);
	assert_string_equal(p.text, "first");
}

static void
what_does_not_fit_is_not_taken(void **state)
{
	struct prompt p = {0};

	(void)state;
	press(&p, 'a', PROMPT_SIZE - 2);
	press(&p, 0x6f22, 1);
	assert_int_equal(p.len, PROMPT_SIZE - 2);
	press(&p, 'b', 3);
	assert_int_equal(strlen(p.text), PROMPT_SIZE - 1);
	assert_int_equal(p.at, p.len);
}

static void
other_keys_change_nothing(void **state)
{
	struct prompt p = {0};
	const int codes[] = {CONTROL_KEY('z'), FUNCTION_KEY(KEY_F(5)), 0x9b,
	    0xd800, 0x110000, FUNCTION_KEY(0), 0};

	(void)state;
	type(&p, "a");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(prompt_key(&p, codes[i]), PROMPT_UNKNOWN_KEY);
	assert_string_equal(p.text, "a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_typed_where_the_cursor_is),
	    cmocka_unit_test(a_character_is_whole_whatever_its_bytes),
	    cmocka_unit_test(words_and_lines_go_at_once),
	    cmocka_unit_test(what_was_entered_can_be_had_again),
	    cmocka_unit_test(what_does_not_fit_is_not_taken),
	    cmocka_unit_test(other_keys_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
