/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/flame_draw.h"

#include "base/attr.h"
#include "own_terminal.h"
#include "tui/canvas.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS 6
#define COLUMNS 40
#define MS 1000000ull

/*
 * A view of the test's own, for which it stands in for the viewer:
 *
 *	main 200 ms
 *	  parse 120 ms
 *	    std::vector<int>::push_back 60 ms
 *	  [not sampled] 40 ms
 */
enum { MAIN, PARSE, PUSH, LOST, N_ROWS };

static const struct view_key keys[N_ROWS] = {
	[MAIN] = {.name = "main", .file = "/src/main.c", .line = 7,
	    .object = "prog"},
	[PARSE] = {.name = "parse\033[31m", .file = "", .object = "libparse.so"},
	[PUSH] = {.name = "std::vector<int>::push_back", .file = "v.h",
	    .object = ""},
	[LOST] = {.name = "[not sampled]", .file = "", .object = "",
	    .is_marker = true},
};

static struct view_row rows[N_ROWS] = {
	[MAIN] = {MAIN, VIEW_NONE, PARSE, VIEW_NONE, .depth = 0, .id = 1,
	    .self = 40 * MS, .total = 200 * MS},
	[PARSE] = {PARSE, MAIN, PUSH, LOST, .depth = 1, .id = 2,
	    .self = 60 * MS, .total = 120 * MS},
	[PUSH] = {PUSH, PARSE, VIEW_NONE, VIEW_NONE, .depth = 2, .id = 3,
	    .self = 60 * MS, .total = 60 * MS},
	[LOST] = {LOST, MAIN, VIEW_NONE, VIEW_NONE, .depth = 1, .id = 4,
	    .self = 40 * MS, .total = 40 * MS},
};

static const struct view view = {.rows = rows, .n_rows = N_ROWS,
	.first_root = MAIN, .all = 400 * MS, .shown = 200 * MS};

struct view_key
view_key(const struct viewer *v, uint32_t key)
{
	(void)v;
	return keys[key];
}

static struct own_terminal terminal;
static struct canvas canvas;
static struct flame flame;

/* Ready to be drawn, into all rows. */
static struct flame_picture
picture(const char *type, uint32_t zoom)
{
	terminal = own_terminal_open(type, ROWS, COLUMNS);
	canvas_init(&canvas, true);
	flame_layout(&flame, &view, zoom, COLUMNS);
	return (struct flame_picture){.flame = &flame, .view = &view,
		.chosen = SIZE_MAX, .rows = ROWS};
}

static int
close_picture(void **state)
{
	(void)state;
	own_terminal_close(&terminal);
	flame_deinit(&flame);
	return 0;
}

static void
expect(int y, const char *wanted)
{
	assert_string_equal(own_terminal_row(y), wanted);
}

static void
names_stand_in_their_boxes(void **state)
{
	struct flame_picture p = picture("xterm-256color", VIEW_NONE);

	(void)state;
	flame_draw(&canvas, &p);
	expect(0, "all");
	expect(1, "main");
	expect(2, "parse?[31m              [no\u2026led]");
	expect(3, "st\u2026push_back");
	expect(4, "");
}

static void
it_can_grow_upward(void **state)
{
	struct flame_picture p = picture("xterm-256color", VIEW_NONE);

	(void)state;
	p.upward = true;
	p.y = 1;
	p.rows = 4;
	flame_draw(&canvas, &p);
	expect(0, "");
	expect(1, "st\u2026push_back");
	expect(3, "main");
	expect(4, "all");
	expect(5, "");
	p.first = 2;
	flame_draw(&canvas, &p);
	expect(1, "");
	expect(3, "st\u2026push_back");
	expect(4, "parse?[31m              [no\u2026led]");
}

static void
without_colours_there_are_bars(void **state)
{
	struct flame_picture p = picture("vt100", VIEW_NONE);

	(void)state;
	flame_draw(&canvas, &p);
	expect(1, "|main");
	expect(2, "|parse?[31m             |[n\u2026led]");
}

/* With two colours only, and where their names are the same. */
static void
neighbours_differ(void **state)
{
	struct flame_picture p = picture("linux", VIEW_NONE);

	(void)state;
	rows[LOST].key = PARSE;
	flame_draw(&canvas, &p);
	rows[LOST].key = LOST;
	assert_int_not_equal(own_terminal_colors(2, 0), 0);
	assert_int_not_equal(
	    own_terminal_colors(2, 23), own_terminal_colors(2, 24));
	/* Own time is blank. */
	assert_int_equal(own_terminal_colors(2, 32), own_terminal_colors(5, 0));
}

static void
the_chosen_box_and_matches_are_marked(void **state)
{
	struct flame_picture p = picture("vt100", VIEW_NONE);
	regex_t re;

	(void)state;
	assert_int_equal(regcomp(&re, "^main", REG_NOSUB), 0);
	p.search = &re;
	p.chosen = 2;
	flame_draw(&canvas, &p);
	assert_false(own_terminal_attrs(0, 0) & (A_UNDERLINE | A_REVERSE));
	assert_true(own_terminal_attrs(1, 0) & A_UNDERLINE);
	assert_true(own_terminal_attrs(2, 0) & A_REVERSE);
	assert_true(own_terminal_attrs(2, 23) & A_REVERSE);
	assert_false(own_terminal_attrs(2, 24) & A_REVERSE);
	regfree(&re);
}

static void
a_click_finds_its_box(void **state)
{
	struct flame_picture p = picture("vt100", VIEW_NONE);

	(void)state;
	p.y = 1;
	p.rows = 4;
	assert_int_equal(flame_clicked(&p, 0, 0), SIZE_MAX);
	assert_int_equal(flame_clicked(&p, 1, 0), 0);
	assert_int_equal(flame_clicked(&p, 3, 30), 3);
	assert_int_equal(flame_clicked(&p, 5, 0), SIZE_MAX);
	p.upward = true;
	p.first = 1;
	assert_int_equal(flame_clicked(&p, 4, 0), 1);
	assert_int_equal(flame_clicked(&p, 3, 30), 3);
}

static void
info_tells_the_chosen_frame(void **state)
{
	struct flame_picture p = picture("vt100", VIEW_NONE);

	(void)state;
	flame_draw_info(&canvas, &p, 4);
	expect(4, "");
	expect(5, "");
	p.chosen = 0;
	flame_draw_info(&canvas, &p, 4);
	expect(4, "all");
	expect(5, "total 200ms 50.0%  self 0 0.0%");
	p.chosen = 1;
	flame_draw_info(&canvas, &p, 4);
	expect(4, "main");
	expect(5, "total 200ms 50.0%  self 40ms 10.0%  /\u2026og");
}

static void
of_a_zoom_info_tells_the_share(void **state)
{
	struct flame_picture p = picture("vt100", PARSE);

	(void)state;
	p.first = 1;
	p.rows = 2;
	p.chosen = flame_find(&flame, &view, 3);
	flame_draw_info(&canvas, &p, 4);
	expect(4, "std::vector\u2026::push_back  levels 2-3 of 4");
	expect(5, "total 60ms 15.0%  self 60ms 15.0%  50.0%");
}

#define drawn(test) cmocka_unit_test_teardown(test, close_picture)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		drawn(names_stand_in_their_boxes),
		drawn(it_can_grow_upward),
		drawn(without_colours_there_are_bars),
		drawn(neighbours_differ),
		drawn(the_chosen_box_and_matches_are_marked),
		drawn(a_click_finds_its_box),
		drawn(info_tells_the_chosen_frame),
		drawn(of_a_zoom_info_tells_the_share),
	};

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
