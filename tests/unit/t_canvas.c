/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/canvas.h"

#include "base/attr.h"
#include "own_terminal.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HAN "\xe6\xbc\xa2" /* two cells */
#define ROWS 4
#define COLUMNS 20

static struct own_terminal terminal;
static struct canvas canvas;

static void
open_canvas(const char *type, bool colors)
{
	terminal = own_terminal_open(type, ROWS, COLUMNS);
	canvas_init(&canvas, colors);
	assert_int_equal(canvas.rows, ROWS);
	assert_int_equal(canvas.columns, COLUMNS);
}

static int
open_plain(void **state)
{
	(void)state;
	open_canvas("xterm-256color", true);
	for (int y = 0; y < ROWS; y++)
		canvas_text(&canvas, y, 0, COLUMNS, PAINT_PLAIN,
		    "....................");
	return 0;
}

static int
close_canvas(void **state)
{
	(void)state;
	own_terminal_close(&terminal);
	return 0;
}

static void
expect(int y, const char *wanted)
{
	assert_string_equal(own_terminal_row(y), wanted);
}

static void
text_fills_its_cells(void **state)
{
	(void)state;
	canvas_text(&canvas, 0, 2, 6, PAINT_PLAIN, "abc");
	expect(0, "..abc   ............");
	canvas_text(&canvas, 1, 2, 6, PAINT_PLAIN, "abcdefgh");
	expect(1, "..abcdef............");
	canvas_text_right(&canvas, 2, 2, 6, PAINT_PLAIN, "abc");
	expect(2, "..   abc............");
	canvas_name(&canvas, 3, 2, 10, PAINT_PLAIN, "vector<int>::push");
	expect(3, "..vec\u2026::push........");
}

static void
half_of_a_wide_character_is_a_blank(void **state)
{
	(void)state;
	canvas_text(&canvas, 0, 2, 3, PAINT_PLAIN, HAN HAN);
	expect(0, ".." HAN " ...............");
	canvas_text(&canvas, 1, COLUMNS - 1, 2, PAINT_PLAIN, HAN);
	expect(1, "...................");
}

/* In the last cell of all, too, and nothing goes to another row. */
static void
the_edge_is_not_passed(void **state)
{
	(void)state;
	canvas_text(&canvas, ROWS - 1, 17, 9, PAINT_PLAIN, "abcdefghi");
	expect(ROWS - 1, ".................abc");
	canvas_text(&canvas, 0, 17, 9, PAINT_PLAIN, "abcdefghi");
	expect(0, ".................abc");
	expect(1, "....................");
}

static void
outside_nothing_happens(void **state)
{
	(void)state;
	canvas_text(&canvas, -1, 0, 9, PAINT_PLAIN, "a");
	canvas_text(&canvas, ROWS, 0, 9, PAINT_PLAIN, "a");
	canvas_text(&canvas, 0, -1, 9, PAINT_PLAIN, "a");
	canvas_text(&canvas, 0, COLUMNS, 9, PAINT_PLAIN, "a");
	canvas_text(&canvas, 0, 0, 0, PAINT_PLAIN, "a");
	canvas_name(&canvas, 0, 3, -5, PAINT_PLAIN, "a");
	canvas_text_right(&canvas, 0, 3, -5, PAINT_PLAIN, "a");
	for (int y = 0; y < ROWS; y++)
		expect(y, "....................");
	canvas_clear_row(&canvas, 1);
	expect(0, "....................");
	expect(1, "");
	expect(2, "....................");
}

static void
what_a_terminal_would_obey_is_not_sent(void **state)
{
	(void)state;
	canvas_text(&canvas, 0, 0, COLUMNS, PAINT_PLAIN, "\033[2J\t\n\xff");
	expect(0, "?[2J???");
}

/* Every cell of a text is of its paint, and none beside it. */
static void
paint_is_of_the_cells(void **state)
{
	(void)state;
	canvas_text(&canvas, 0, 2, 5, PAINT_HEAD, "ab");
	assert_int_equal(own_terminal_attrs(0, 1), A_NORMAL);
	assert_int_equal(own_terminal_attrs(0, 2), A_REVERSE);
	assert_int_equal(own_terminal_attrs(0, 6), A_REVERSE);
	assert_int_equal(own_terminal_attrs(0, 7), A_NORMAL);
	canvas_text(&canvas, 1, 0, 5, PAINT_NR + 7, "ab");
	assert_int_equal(own_terminal_attrs(1, 0), A_NORMAL);
}

static void
colours_are_the_terminals(void **state)
{
	static const struct {
		const char *type;
		bool wanted, has_colors;
		unsigned n_flames;
	} terminals[] = {
		{"xterm-256color", true, true, PAINT_FLAMES},
		{"xterm-256color", false, false, 0},
		{"xterm-16color", true, true, 4},
		{"linux", true, true, 2}, /* 8 colours */
		{"vt100", true, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++) {
		open_canvas(terminals[i].type, terminals[i].wanted);
		assert_int_equal(canvas.has_colors, terminals[i].has_colors);
		assert_int_equal(canvas.n_flames, terminals[i].n_flames);
		canvas_text(&canvas, 0, 0, 5, PAINT_BAD, "bad");
		assert_int_equal(own_terminal_colors(0, 0) != 0,
		    terminals[i].has_colors);
		/* A colour is never the only sign. */
		assert_int_not_equal(own_terminal_attrs(0, 0), A_NORMAL);
		own_terminal_close(&terminal);
	}
}

#define on_a_plain_screen(test) \
	cmocka_unit_test_setup_teardown(test, open_plain, close_canvas)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_plain_screen(text_fills_its_cells),
		on_a_plain_screen(half_of_a_wide_character_is_a_blank),
		on_a_plain_screen(the_edge_is_not_passed),
		on_a_plain_screen(outside_nothing_happens),
		on_a_plain_screen(what_a_terminal_would_obey_is_not_sent),
		on_a_plain_screen(paint_is_of_the_cells),
		cmocka_unit_test(colours_are_the_terminals),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
