/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

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

/* Two rows that claim a key: one of them would never be obeyed. */
static void
no_key_means_two_things(void **state)
{
	size_t n;
	const struct key *keys = keys_each(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (int j = 0; j < KEY_MAX_CODES && keys[i].codes[j] != 0; j++)
			assert_int_equal(
			    keys_find(keys[i].codes[j]), keys[i].act);
}

static void
each_act_has_a_key_and_words(void **state)
{
	size_t n;
	const struct key *keys = keys_each(&n);

	(void)state;
	for (int act = ACT_NONE + 1; act <= ACT_QUIT; act++) {
		size_t i = 0;

		while (i < n && (int)keys[i].act != act)
			i++;
		assert_true(i < n);
	}
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(keys[i].shown) <= 11);
		assert_true(strlen(keys[i].words) <= 28);
		assert_int_not_equal(keys[i].codes[0], 0);
	}
}

static void
keys_are_told_from_characters(void **state)
{
	(void)state;
	assert_int_equal(keys_find('q'), ACT_QUIT);
	assert_int_equal(keys_find(CONTROL_KEY('c')), ACT_QUIT);
	assert_int_equal(keys_find(FUNCTION_KEY(KEY_F(10))), ACT_QUIT);
	assert_int_equal(keys_find(FUNCTION_KEY(KEY_DOWN)), ACT_DOWN);
	assert_int_equal(keys_find(KEY_DOWN), ACT_NONE); /* U+0102 */
	assert_int_equal(keys_find('y'), ACT_NONE);
	assert_int_equal(keys_find(0), ACT_NONE);
}

static void
they_are_printed_a_line_each(void **state)
{
	char *text = NULL, *line, *rest;
	size_t size, n, lines = 0;
	FILE *fp = open_memstream(&text, &size);

	(void)state;
	assert_non_null(fp);
	keys_print(fp);
	assert_int_equal(fclose(fp), 0);
	assert_non_null(strstr(text, "\nq F10 ^C\tquit\n"));
	(void)keys_each(&n);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL && *line != '\0';
	     lines++)
		assert_non_null(strchr(line, '\t'));
	assert_int_equal(lines, n);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_key_means_two_things),
	    cmocka_unit_test(each_act_has_a_key_and_words),
	    cmocka_unit_test(keys_are_told_from_characters),
	    cmocka_unit_test(they_are_printed_a_line_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
