/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/text_line.h"

#include "sample_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct text_line line;
	char *text;
	size_t size;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->line.fp = open_memstream(&f->text, &f->size);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	fclose(f->line.fp);
	free(f->text);
	free(f);
	return 0;
}

/* What was printed since the last time. */
static void
assert_printed(struct fixture *f, const char *expected)
{
	fflush(f->line.fp);
	assert_string_equal(f->text, expected);
	memset(f->text, 0, f->size);
	rewind(f->line.fp);
	f->line.column = 0;
}

static void
test_width(void **state)
{
	(void)state;
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("na\xc3\xafve"), 5);
	assert_int_equal(text_width("\033\n"), 2);
	assert_int_equal(text_width("\xe6\xbc\xa2"), 2);     /* wide */
	assert_int_equal(text_width("\xf0\x9f\x98\x80"), 2); /* emoji */
	assert_int_equal(text_width("\xe0\xa4\x85"), 1);     /* Devanagari */
	assert_int_equal(text_width("\xff"), 2); /* U+FFFD may be wide */
}

static void
test_without_a_width_nothing_is_cut(void **state)
{
	struct fixture *f = *state;

	assert_true(text_room(&f->line) == SIZE_MAX);
	text_put_middle(&f->line, TEXT_PLAIN, "abcdefgh", 4);
	text_spaces(&f->line, 40);
	text_put_tail(&f->line, TEXT_PLAIN, "abcdefgh", 4);
	text_end(&f->line);
	assert_printed(f,
	    "abcdefgh                                        abcdefgh\n");
}

static void
test_what_fits_is_whole(void **state)
{
	struct fixture *f = *state;

	f->line.width = 10;
	text_put(&f->line, TEXT_PLAIN, "01234");
	assert_int_equal(text_room(&f->line), 5);
	text_put(&f->line, TEXT_PLAIN, "56789");
	assert_int_equal(text_room(&f->line), 0);
	text_put(&f->line, TEXT_PLAIN, "");
	text_end(&f->line);
	assert_int_equal(text_room(&f->line), 10);
	assert_printed(f, "0123456789\n");
}

static void
test_where_a_text_is_cut(void **state)
{
	struct fixture *f = *state;

	f->line.width = 10;
	text_put(&f->line, TEXT_PLAIN, "0123456789a");
	assert_printed(f, "0123456...");
	text_put_middle(&f->line, TEXT_PLAIN, "0123456789a", 10);
	assert_printed(f, "0123...89a");
	text_put_middle(&f->line, TEXT_PLAIN, "0123456789a", 5);
	assert_printed(f, "0...a");
	text_put_tail(&f->line, TEXT_PLAIN, "0123456789a", 8);
	assert_printed(f, "...6789a");
	/* The line's end bounds them all. */
	text_put_tail(&f->line, TEXT_PLAIN, "0123456789a", 80);
	assert_printed(f, "...456789a");
}

static void
test_hardly_any_room(void **state)
{
	struct fixture *f = *state;

	f->line.width = 2;
	text_put(&f->line, TEXT_PLAIN, "abc");
	text_put(&f->line, TEXT_PLAIN, "abc");
	text_spaces(&f->line, 3);
	assert_printed(f, "..");
	text_put_middle(&f->line, TEXT_PLAIN, "abc", 0);
	assert_printed(f, "");
	text_spaces(&f->line, 7);
	assert_printed(f, "  ");
}

/* A wide character is not halved; a column stays free. */
static void
test_cut_between_characters(void **state)
{
	struct fixture *f = *state;

	f->line.width = 6;
	text_put(&f->line, TEXT_PLAIN, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2" "a");
	assert_printed(f, "\xe6\xbc\xa2...");
	text_put_tail(
	    &f->line, TEXT_PLAIN, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 5);
	assert_printed(f, "...\xe6\xbc\xa2");
	text_put_tail(&f->line, TEXT_PLAIN, "abc\xe6\xbc\xa2\xe6\xbc\xa2", 6);
	assert_printed(f, "...\xe6\xbc\xa2");
}

static void
test_styles_only_in_colour_and_only_where_they_change(void **state)
{
	struct fixture *f = *state;

	text_put(&f->line, TEXT_BOLD, "a");
	text_end(&f->line);
	assert_printed(f, "a\n");
	f->line.colour = true;
	text_put(&f->line, TEXT_BOLD, "a");
	text_put(&f->line, TEXT_BOLD, "b");
	text_put(&f->line, TEXT_RED, "c");
	text_put(&f->line, TEXT_PLAIN, "d");
	text_put(&f->line, TEXT_CYAN, "e");
	text_end(&f->line);
	assert_printed(
	    f, "\033[1mab\033[0m\033[31mc\033[0md\033[36me\033[0m\n");
}

/* A style takes no columns, and one that shows nothing is not begun. */
static void
test_styles_are_no_text(void **state)
{
	struct fixture *f = *state;

	f->line.colour = true;
	f->line.width = 4;
	text_put(&f->line, TEXT_DIM, "abcdef");
	text_put(&f->line, TEXT_RED, "x");
	text_end(&f->line);
	assert_printed(f, "\033[2ma...\033[0m\n");
}

static void
test_nothing_hostile_gets_through(void **state)
{
	struct fixture *f = *state;

	text_put(&f->line, TEXT_PLAIN, HOSTILE);
	fflush(f->line.fp);
	for (size_t i = 0; i < f->size; i++)
		assert_true((unsigned char)f->text[i] >= ' ' &&
		    f->text[i] != '\x7f');
	assert_null(strstr(f->text, "\xc2\x9b"));
	assert_null(strstr(f->text, "\xe2\x80\xae"));
	assert_null(strstr(f->text, "\xe2\x81\xa6"));
	assert_printed(f,
	    "?]52;c;ZXZpbA==??[2J?31m?????"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd??");
}

#define with_line(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_width),
	    with_line(test_without_a_width_nothing_is_cut),
	    with_line(test_what_fits_is_whole),
	    with_line(test_where_a_text_is_cut),
	    with_line(test_hardly_any_room),
	    with_line(test_cut_between_characters),
	    with_line(test_styles_only_in_colour_and_only_where_they_change),
	    with_line(test_styles_are_no_text),
	    with_line(test_nothing_hostile_gets_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
