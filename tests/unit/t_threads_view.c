/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/threads_view.h"

#include "own_terminal.h"
#include "tui/canvas.h"

#include <locale.h>
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

static void
rows_stand_below_their_heads(void **state)
{
	static const struct top_thread polls = {.pid = 42, .tid = 4242,
		.name = "evil\033[31m", .state = 'S', .cpu = 0,
		.doing = "epoll_wait fd 5"};
	static const struct top_thread spins = {.pid = 42, .tid = 4194304,
		.name = "a name of 15 by", .state = 'R', .cpu = 0.9876,
		.doing = "running"};
	struct own_terminal terminal = own_terminal_open("vt100", 3, 60);
	struct threads_columns columns;
	struct canvas c;

	(void)state;
	canvas_init(&c, false);
	threads_fit(&columns, c.columns, true);
	threads_draw_heads(&c, 0, &columns);
	threads_draw_row(&c, 1, &columns, &polls, NULL, false);
	threads_draw_row(&c, 2, &columns, &spins, NULL, true);
	assert_string_equal(own_terminal_row(0),
	    "    PID     TID NAME            S   CPU% DOING");
	assert_string_equal(own_terminal_row(1),
	    "     42    4242 evil?[31m       S    0.0 epoll_wait fd 5");
	assert_string_equal(own_terminal_row(2),
	    "     42 4194304 a name of 15 by R   98.8 running");
	assert_true(own_terminal_attrs(2, 0) & A_REVERSE);
	assert_true(own_terminal_attrs(2, 59) & A_REVERSE);
	assert_false(own_terminal_attrs(1, 0) & A_REVERSE);
	own_terminal_close(&terminal);
}

static void
a_name_that_is_looked_for_is_marked(void **state)
{
	static const struct top_thread t = {.name = "worker", .doing = ""};
	struct own_terminal terminal = own_terminal_open("vt100", 3, 80);
	struct threads_columns columns;
	struct canvas c;
	regex_t re;

	(void)state;
	assert_int_equal(regcomp(&re, "^work", REG_NOSUB), 0);
	canvas_init(&c, false);
	threads_fit(&columns, c.columns, false);
	threads_draw_row(&c, 1, &columns, &t, &re, false);
	threads_draw_row(&c, 2, &columns, &t, NULL, false);
	assert_true(own_terminal_attrs(1, 8) & A_UNDERLINE);
	assert_false(own_terminal_attrs(1, 7) & A_UNDERLINE);
	assert_false(own_terminal_attrs(2, 8) & A_UNDERLINE);
	regfree(&re);
	own_terminal_close(&terminal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_stand_beside_each_other),
		cmocka_unit_test(narrow_rows_lose_columns_in_order),
		cmocka_unit_test(no_width_is_too_small),
		cmocka_unit_test(states_are_words_where_there_is_room),
		cmocka_unit_test(rows_stand_below_their_heads),
		cmocka_unit_test(a_name_that_is_looked_for_is_marked),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
