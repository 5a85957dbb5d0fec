/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/threads_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* "x+width" of every column. */
static void
expect(int width, bool has_process, const char *wanted)
{
	struct threads_columns at;
	char got[128];
	size_t n = 0;

	threads_fit(&at, width, has_process);
	for (int i = 0; i < THREADS_COLUMNS; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%d+%d",
		    i > 0 ? " " : "", at.at[i].x, at.at[i].width);
	assert_string_equal(got, wanted);
}

static void
columns_stand_beside_each_other(void **state)
{
	(void)state;
	expect(80, true, "0+7 8+7 16+15 32+8 41+6 48+32");
	expect(80, false, "0+0 0+7 8+15 24+8 33+6 40+40");
}

static void
narrow_rows_lose_columns_in_order(void **state)
{
	(void)state;
	expect(64, true, "0+7 8+7 16+15 32+8 41+6 48+16");
	expect(63, true, "0+7 8+7 16+15 32+1 34+6 41+22");
	expect(57, true, "0+7 8+7 16+15 32+1 34+6 41+16");
	expect(56, true, "0+0 0+7 8+15 24+1 26+6 33+23");
	expect(40, true, "0+0 0+7 8+8 17+1 19+6 26+14");
}

static void
no_width_is_too_small(void **state)
{
	(void)state;
	for (int width = 0; width < 200; width++) {
		struct threads_columns at;

		threads_fit(&at, width, width % 2 == 0);
		for (int i = 0; i < THREADS_COLUMNS; i++)
			assert_true(at.at[i].width >= 0);
		if (width >= 40)
			assert_int_equal(at.at[THREADS_DOING].x +
					     at.at[THREADS_DOING].width,
			    width);
	}
}

static void
states_are_words_where_there_is_room(void **state)
{
	(void)state;
	assert_string_equal(threads_state_word('S', 8), "sleeping");
	assert_string_equal(threads_state_word('S', 1), "S");
	assert_string_equal(threads_state_word('t', 1), "t");
	assert_string_equal(threads_state_word('?', 8), "gone");
	assert_string_equal(threads_state_word('?', 1), "?");
	assert_string_equal(threads_state_word('\033', 1), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_stand_beside_each_other),
		cmocka_unit_test(narrow_rows_lose_columns_in_order),
		cmocka_unit_test(no_width_is_too_small),
		cmocka_unit_test(states_are_words_where_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
