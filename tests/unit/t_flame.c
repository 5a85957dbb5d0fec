/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/flame.h"

#include "base/attr.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX 64
#define DEPTH_MAX 16

/* A view, and the letter that each of its rows is drawn by. */
struct tree {
	struct view view;
	struct view_row rows[ROWS_MAX];
	char letters[ROWS_MAX];
};

static void
link_row(struct tree *t, uint32_t row, uint32_t parent, uint32_t before)
{
	t->rows[row].parent = parent;
	if (before != VIEW_NONE)
		t->rows[before].next = row;
	else if (parent != VIEW_NONE)
		t->rows[parent].first_child = row;
	else
		t->view.first_root = row;
}

/*
 * From lines of "LETTER TOTAL", each indented by a blank for every caller.
 * Letters are also the ids, and tell rows in tests.
 */
static void
plant(struct tree *t, const char *text)
{
	uint32_t last[DEPTH_MAX + 1], row = 0;

	*t = (struct tree){.view = {.rows = t->rows, .first_root = VIEW_NONE}};
	memset(last, 0xff, sizeof(last));
	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n") + 1) {
		uint32_t depth = (uint32_t)strspn(p, " ");
		const char *at = p + depth;

		assert_true(row < ROWS_MAX && depth < DEPTH_MAX);
		t->letters[row] = at[0];
		t->rows[row] = (struct view_row){.depth = depth,
			.id = (uint64_t)at[0], .first_child = VIEW_NONE,
			.next = VIEW_NONE, .total = strtoull(at + 1, NULL, 10)};
		link_row(t, row, depth > 0 ? last[depth - 1] : VIEW_NONE,
		    last[depth]);
		if (depth == 0)
			t->view.shown += t->rows[row].total;
		last[depth++] = row++;
		for (; depth < DEPTH_MAX; depth++)
			last[depth] = VIEW_NONE;
	}
	t->view.n_rows = row;
}

static uint32_t
row_of(const struct tree *t, char letter)
{
	const char *p = memchr(t->letters, letter, t->view.n_rows);

	return p != NULL ? (uint32_t)(p - t->letters) : VIEW_NONE;
}

/* A line for each level; a box is "[a--]", "[a", or its letter alone. */
static char *
picture(const struct tree *t, const struct flame *f, int columns)
{
	size_t line = (size_t)columns + 1, size = line * (size_t)f->n_levels;
	char *s = xmalloc(size + 1);

	memset(s, '.', size);
	for (size_t i = 0; i < f->n; i++) {
		const struct flame_box *b = &f->boxes[i];
		char *at = s + line * (size_t)b->level + b->x;
		char letter = b->row == VIEW_NONE ? '*' : t->letters[b->row];

		assert_true(b->x >= 0 && b->width > 0 &&
			    b->x + b->width <= columns);
		memset(at, '-', (size_t)b->width);
		at[0] = '[';
		if (b->width > 2)
			at[b->width - 1] = ']';
		at[b->width > 1 ? 1 : 0] = letter;
	}
	for (size_t i = line; i <= size; i += line)
		s[i - 1] = '\n';
	s[size] = '\0';
	return s;
}

static void
expect(const char *text, char zoom, int columns, const char *wanted)
{
	struct flame f = {0};
	struct tree t;
	char *got;

	plant(&t, text);
	flame_layout(&f, &t.view, row_of(&t, zoom), columns);
	got = picture(&t, &f, columns);
	assert_string_equal(got, wanted);
	free(got);
	flame_deinit(&f);
}

#define TREE      \
	"a 20\n"   \
	" b 12\n"  \
	"  c 6\n"  \
	"  d 4\n"  \
	" e 4\n"   \
	"  f 4\n"

static void
frames_are_as_wide_as_their_share(void **state)
{
	(void)state;
	expect(TREE, 0, 20,
	    "[*-----------------]\n"
	    "[a-----------------]\n"
	    "[b---------][e-]....\n"
	    "[c---][d-]..[f-]....\n");
	expect(TREE, 0, 10,
	    "[*-------]\n"
	    "[a-------]\n"
	    "[b---][e..\n"
	    "[c][d.[f..\n");
}

static void
several_roots_share_the_width(void **state)
{
	(void)state;
	expect("a 5\n b 5\nc 15\n", 0, 20,
	    "[*-----------------]\n"
	    "[a--][c------------]\n"
	    "[b--]...............\n");
}

static void
zoomed_its_callers_are_as_wide(void **state)
{
	(void)state;
	expect(TREE, 'b', 12,
	    "[*---------]\n"
	    "[a---------]\n"
	    "[b---------]\n"
	    "[c---][d-]..\n");
	expect(TREE, 'f', 6,
	    "[*---]\n"
	    "[a---]\n"
	    "[e---]\n"
	    "[f---]\n");
}

static void
nothing_is_one_empty_box(void **state)
{
	(void)state;
	expect("", 0, 5, "[*--]\n");
	expect("a 0\n", 0, 5, "[*--]\n");
	expect(TREE, 0, 1, "*\na\n");
	expect(TREE, 0, 0, "");
}

/* What is too narrow is counted, once, and its callees not looked at. */
static void
narrow_frames_are_hidden_and_counted(void **state)
{
	struct flame f = {0};
	struct tree t;
	char *got;

	(void)state;
	plant(&t, "a 1000\n b 10\n  c 10\n d 30\n e 950\n g 5\n");
	flame_layout(&f, &t.view, VIEW_NONE, 10);
	got = picture(&t, &f, 10);
	assert_string_equal(got,
	    "[*-------]\n"
	    "[a-------]\n"
	    "[e------].\n");
	assert_int_equal(f.hidden, 10 + 30 + 5);
	free(got);
	flame_deinit(&f);
}

/* A callee never sticks out of its caller, whatever the rounding. */
static void
boxes_lie_in_their_callers(void **state)
{
	struct flame f = {0};
	struct tree t;

	(void)state;
	plant(&t, "a 1000003\n b 333331\n  c 111109\n  d 111113\n  e 111109\n"
		  " f 333337\n  g 333337\n   h 333336\n k 333335\n");
	for (int columns = 1; columns < 300; columns++) {
		flame_layout(&f, &t.view, VIEW_NONE, columns);
		for (size_t i = 1; i < f.n; i++) {
			const struct flame_box *b = &f.boxes[i];
			size_t on = flame_at(&f, b->level - 1, b->x);

			assert_true(on < i);
			assert_int_equal(f.boxes[on].row, t.rows[b->row].parent);
			assert_int_equal(on, flame_at(&f, b->level - 1,
						 b->x + b->width - 1));
		}
	}
	flame_deinit(&f);
}

static void
values_may_be_huge(void **state)
{
	struct flame f = {0};
	struct tree t;

	(void)state;
	plant(&t, "a 18446744073709551615\n b 9223372036854775807\n");
	flame_layout(&f, &t.view, VIEW_NONE, 500);
	assert_int_equal(f.n, 3);
	assert_int_equal(f.boxes[1].width, 500);
	assert_in_range(f.boxes[2].width, 249, 250);
	flame_deinit(&f);
}

/* The letter at a place of TREE in 20 columns; '.': none. */
static char
letter(const struct tree *t, const struct flame *f, size_t box)
{
	if (box == SIZE_MAX)
		return '.';
	return f->boxes[box].row == VIEW_NONE ? '*' :
						t->letters[f->boxes[box].row];
}

static void
a_place_has_its_box(void **state)
{
	static const struct { int level, x; char wanted; } places[] = {
		{0, 0, '*'}, {0, 19, '*'}, {1, 7, 'a'}, {2, 0, 'b'},
		{2, 11, 'b'}, {2, 12, 'e'}, {2, 15, 'e'}, {2, 16, '.'},
		{3, 5, 'c'}, {3, 6, 'd'}, {3, 10, '.'}, {3, 12, 'f'},
		{4, 0, '.'}, {-1, 0, '.'}, {0, -1, '.'}, {0, 20, '.'},
		{1, -1, '.'},
	};
	struct flame f = {0};
	struct tree t;

	(void)state;
	assert_int_equal(flame_at(&f, 0, 0), SIZE_MAX);
	plant(&t, TREE);
	flame_layout(&f, &t.view, VIEW_NONE, 20);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(letter(&t, &f, flame_at(&f, places[i].level,
						    places[i].x)),
		    places[i].wanted);
	flame_deinit(&f);
}

static void
moves_go_to_neighbours(void **state)
{
	static const struct { char from; int dx, dy; char wanted; } moves[] = {
		{'*', 0, 1, 'a'}, {'*', 0, -1, '*'}, {'*', 1, 0, '*'},
		{'*', -1, 0, '*'}, {'a', 0, 1, 'b'}, {'a', 0, -1, '*'},
		{'b', 1, 0, 'e'}, {'b', -1, 0, 'b'}, {'e', 1, 0, 'e'},
		{'e', -1, 0, 'b'}, {'b', 0, 1, 'c'}, {'c', 0, 1, 'c'},
		{'c', 1, 0, 'd'}, {'d', 1, 0, 'f'}, {'d', 0, -1, 'b'},
		{'f', 0, -1, 'e'}, {'f', 1, 0, 'f'}, {'b', 0, 0, 'b'},
	};
	struct flame f = {0};
	struct tree t;

	(void)state;
	assert_int_equal(flame_move(&f, 0, 0, 1), SIZE_MAX);
	plant(&t, TREE);
	flame_layout(&f, &t.view, VIEW_NONE, 20);
	assert_int_equal(flame_move(&f, SIZE_MAX, 0, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		char c = moves[i].from;
		size_t from = flame_find(
		    &f, &t.view, c == '*' ? 0 : (uint64_t)c);

		assert_int_equal(letter(&t, &f, from), c);
		assert_int_equal(letter(&t, &f, flame_move(&f, from,
						    moves[i].dx, moves[i].dy)),
		    moves[i].wanted);
	}
	flame_deinit(&f);
}

static void
towards_the_leaves_is_to_the_widest(void **state)
{
	struct flame f = {0};
	struct tree t;

	(void)state;
	plant(&t, "a 20\n b 5\n c 10\n d 5\n");
	flame_layout(&f, &t.view, VIEW_NONE, 20);
	assert_int_equal(letter(&t, &f, flame_move(&f, 1, 0, 1)), 'c');
	plant(&t, "a 20\n b 5\n c 5\n"); /* the first of equal ones */
	flame_layout(&f, &t.view, VIEW_NONE, 20);
	assert_int_equal(letter(&t, &f, flame_move(&f, 1, 0, 1)), 'b');
	flame_deinit(&f);
}

static void
a_box_is_found_by_its_row(void **state)
{
	struct flame f = {0};
	struct tree t;

	(void)state;
	plant(&t, TREE);
	flame_layout(&f, &t.view, row_of(&t, 'b'), 20);
	assert_int_equal(flame_find(&f, &t.view, 0), 0);
	assert_int_equal(letter(&t, &f, flame_find(&f, &t.view, 'd')), 'd');
	assert_int_equal(flame_find(&f, &t.view, 'e'), SIZE_MAX);
	flame_deinit(&f);
}

static void
scrolling_keeps_the_box_on_the_screen(void **state)
{
	struct flame f = {0};
	struct tree t;

	(void)state;
	plant(&t, "a 9\n b 9\n  c 9\n   d 9\n    e 9\n"); /* six levels */
	flame_layout(&f, &t.view, VIEW_NONE, 9);
	assert_int_equal(f.n_levels, 6);
	assert_int_equal(flame_scroll(&f, 0, 0, 3), 0);
	assert_int_equal(flame_scroll(&f, 2, 0, 3), 0);
	assert_int_equal(flame_scroll(&f, 3, 0, 3), 1);
	assert_int_equal(flame_scroll(&f, 5, 0, 3), 3);
	assert_int_equal(flame_scroll(&f, 2, 3, 3), 2);
	assert_int_equal(flame_scroll(&f, SIZE_MAX, 9, 3), 3);
	assert_int_equal(flame_scroll(&f, SIZE_MAX, 2, 3), 2);
	assert_int_equal(flame_scroll(&f, 5, 4, 10), 0);
	flame_deinit(&f);
}

static void
upward_the_first_level_is_at_the_bottom(void **state)
{
	(void)state;
	assert_int_equal(flame_turn(0, 10, false), 0);
	assert_int_equal(flame_turn(0, 10, true), 9);
	assert_int_equal(flame_turn(9, 10, true), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_as_wide_as_their_share),
		cmocka_unit_test(several_roots_share_the_width),
		cmocka_unit_test(zoomed_its_callers_are_as_wide),
		cmocka_unit_test(nothing_is_one_empty_box),
		cmocka_unit_test(narrow_frames_are_hidden_and_counted),
		cmocka_unit_test(boxes_lie_in_their_callers),
		cmocka_unit_test(values_may_be_huge),
		cmocka_unit_test(a_place_has_its_box),
		cmocka_unit_test(moves_go_to_neighbours),
		cmocka_unit_test(towards_the_leaves_is_to_the_widest),
		cmocka_unit_test(a_box_is_found_by_its_row),
		cmocka_unit_test(scrolling_keeps_the_box_on_the_screen),
		cmocka_unit_test(upward_the_first_level_is_at_the_bottom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
