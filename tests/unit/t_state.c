/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/state.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * A view of (total):
 *
 *	0 main 100 -- 1 run 100 -- 2 hot 70 -- 3 inner 70
 *		                \- 4 cold 30
 *	5 other 10
 */
static struct view_row rows[] = {
    {.id = 100, .parent = VIEW_NONE, .first_child = 1, .next = 5, .total = 100},
    {.id = 101, .parent = 0, .first_child = 2, .next = VIEW_NONE, .total = 100},
    {.id = 102, .parent = 1, .first_child = 3, .next = 4, .total = 70},
    {.id = 103, .parent = 2, .first_child = VIEW_NONE, .next = VIEW_NONE,
	.total = 70},
    {.id = 104, .parent = 1, .first_child = VIEW_NONE, .next = VIEW_NONE,
	.total = 30},
    {.id = 105, .parent = VIEW_NONE, .first_child = VIEW_NONE,
	.next = VIEW_NONE, .total = 10},
};
static const struct view view = {.rows = rows, .n_rows = 6, .first_root = 0};

static const struct ui_opts defaults = {
    .settings = {.window_ns = 5 * NS_PER_SEC, .rate = 100, .delay_ns = NS_PER_SEC},
    .max_rate = 200,
};

static int
set_up(void **state)
{
	struct state *s = xcalloc(1, sizeof(*s));

	state_init(s, &defaults);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	state_deinit(*state);
	free(*state);
	return 0;
}

/* The rows that are seen: "0 1 2", the chosen one as "[1]". */
static void
expect(struct state *s, size_t page, const char *seen)
{
	struct lines lines = {0};
	const struct place *place = state_place(s);
	char got[128] = "";

	lines_list(&lines, &view, state_fold(s));
	place_settle(state_place(s), lines.ids, lines.n, page);
	for (size_t i = place->top; i < lines.n && i < place->top + page; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    i == place->at ? "[%u]" : " %u ", lines.lines[i].row);
	assert_string_equal(got, seen);
	lines_deinit(&lines);
}

static void
press(struct state *s, enum act act, size_t page)
{
	struct lines lines = {0};

	if (state_act(s, act, 0) == UI_NONE) {
		lines_list(&lines, &view, state_fold(s));
		assert_true(state_move(s, act, &view, &lines, page));
		lines_deinit(&lines);
	}
}

static void
the_hot_path_is_open(void **state)
{
	struct state *s = *state;

	state_show(s, UI_TREE);
	fold_follow_hot(&s->tree, &view);
	expect(s, 9, "[0] 1  2  3  4  5 ");
	/* What was closed by hand stays so. */
	press(s, ACT_DOWN, 9);
	press(s, ACT_DOWN, 9);
	press(s, ACT_CLOSE, 9);
	fold_follow_hot(&s->tree, &view);
	expect(s, 9, " 0  1 [2] 4  5 ");
	press(s, ACT_CLOSE_ALL, 9);
	fold_follow_hot(&s->tree, &view);
	press(s, ACT_FIRST, 9);
	expect(s, 9, "[0] 5 ");
}

/* The first samples do not tell which root is the heaviest. */
static void
the_hot_path_may_come_to_be_another(void **state)
{
	struct state *s = *state;
	struct view_row early[6];
	struct view first = {.rows = early, .n_rows = 6, .first_root = 0};

	memcpy(early, rows, sizeof(early));
	early[5].total = 200;
	state_show(s, UI_TREE);
	fold_follow_hot(&s->tree, &first);
	expect(s, 9, "[0] 5 ");
	fold_follow_hot(&s->tree, &view);
	expect(s, 9, "[0] 1  2  3  4  5 ");
	/* All closed by hand: neither opens again. */
	press(s, ACT_CLOSE_ALL, 9);
	fold_follow_hot(&s->tree, &first);
	fold_follow_hot(&s->tree, &view);
	expect(s, 9, "[0] 5 ");
}

static void
rows_are_opened_and_closed(void **state)
{
	struct state *s = *state;

	state_show(s, UI_TREE);
	expect(s, 9, "[0] 5 ");
	press(s, ACT_ENTER, 9);
	expect(s, 9, "[0] 1  2  3  4  5 ");
	press(s, ACT_ENTER, 9);
	expect(s, 9, "[0] 5 ");
	press(s, ACT_OPEN_ALL, 9);
	expect(s, 9, "[0] 1  2  3  4  5 ");
	/* Left: to the caller, then closes it. */
	press(s, ACT_LAST, 9);
	press(s, ACT_UP, 9);
	expect(s, 9, " 0  1  2  3 [4] 5 ");
	press(s, ACT_LEFT, 9);
	expect(s, 9, " 0 [1] 2  3  4  5 ");
	press(s, ACT_LEFT, 9);
	expect(s, 9, " 0 [1] 5 ");
	press(s, ACT_CLOSE_ALL, 9);
	expect(s, 9, " 0 [5]");
	press(s, ACT_FIRST, 9);
	press(s, ACT_RIGHT, 9);
	press(s, ACT_RIGHT, 9);
	expect(s, 9, " 0 [1] 2  3  4  5 ");
}

static void
pages_and_ends_stay_on_the_list(void **state)
{
	struct state *s = *state;

	state_show(s, UI_TREE);
	press(s, ACT_OPEN_ALL, 3);
	press(s, ACT_UP, 3);
	expect(s, 3, "[0] 1  2 ");
	press(s, ACT_PAGE_DOWN, 3);
	expect(s, 3, " 0  1 [2]");
	press(s, ACT_PAGE_DOWN, 3);
	expect(s, 3, " 2  3 [4]");
	press(s, ACT_PAGE_DOWN, 3);
	press(s, ACT_PAGE_DOWN, 3);
	expect(s, 3, " 3  4 [5]");
	press(s, ACT_PAGE_UP, 3);
	expect(s, 3, "[3] 4  5 ");
	press(s, ACT_FIRST, 3);
	expect(s, 3, "[0] 1  2 ");
	/* A page of nothing, and one that grew. */
	expect(s, 0, "");
	press(s, ACT_LAST, 1);
	expect(s, 9, " 0  1  2  3  4 [5]");
}

/* The chosen row goes where its numbers take it. */
static void
a_choice_outlives_a_refresh(void **state)
{
	const uint64_t before[] = {1, 2, 3, 4}, after[] = {4, 3, 1, 2, 9};
	struct place p = {0};

	(void)state;
	place_settle(&p, before, 4, 2);
	place_move(&p, before, 4, 2, 1);
	assert_int_equal(p.id, 2);
	place_settle(&p, after, 5, 2);
	assert_int_equal(p.at, 3);
	assert_int_equal(p.top, 2);
	/* It is gone: another one is at its place, until it is back. */
	place_settle(&p, (uint64_t[]){4, 3}, 2, 2);
	assert_int_equal(p.at, 1);
	place_settle(&p, NULL, 0, 2);
	assert_int_equal(p.at, 0);
	place_settle(&p, before, 4, 2);
	assert_int_equal(p.at, 1);
	/* The first one is not a choice. */
	place_first(&p);
	place_settle(&p, after, 5, 2);
	assert_int_equal(p.at, 0);
}

/* 102 is 202 now, and what was below it went along; 104 has come to be 101. */
static void
what_is_open_and_chosen_follows_its_rows(void **state)
{
	static const struct view_move moves[] = {
	    {102, 202}, {103, 203}, {104, 101}};
	struct state *s = *state;

	state_show(s, UI_TREE);
	s->tree.is_by_hand = true;
	fold_set(&s->tree, 102, true);
	fold_set(&s->tree, 104, true);
	fold_set(&s->tree, 101, false);
	state_place(s)->id = s->zoom = 103;
	state_follow(s, moves, ARRAY_SIZE(moves));
	assert_true(fold_is_open(&s->tree, 202));
	assert_false(fold_is_open(&s->tree, 203));
	assert_true(fold_is_open(&s->tree, 101));
	assert_int_equal(state_place(s)->id, 203);
	assert_int_equal(s->zoom, 203);
}

static void
the_wheel_moves_the_page(void **state)
{
	const uint64_t ids[] = {1, 2, 3, 4, 5, 6};
	struct place p = {0};

	(void)state;
	place_scroll(&p, ids, 6, 3, 2);
	assert_int_equal(p.top, 2);
	assert_int_equal(p.at, 2);
	place_scroll(&p, ids, 6, 3, 9);
	assert_int_equal(p.top, 3);
	place_scroll(&p, ids, 6, 3, -9);
	assert_int_equal(p.top, 0);
	assert_int_equal(p.at, 2);
	place_scroll(&p, ids, 6, 9, 1);
	assert_int_equal(p.top, 0);
}

static void
only_children_stand_below_their_callers(void **state)
{
	struct fold all = {.are_open = true};
	struct lines l = {0};

	(void)state;
	lines_list(&l, &view, &all);
	assert_int_equal(l.n, 6);
	assert_int_equal(l.lines[1].indent, 0);
	assert_int_equal(l.lines[2].indent, 1);
	assert_true(l.lines[2].is_branch);
	assert_int_equal(l.lines[2].guides, 2); /* goes on to 4 */
	assert_int_equal(l.lines[3].indent, 1);
	assert_false(l.lines[3].is_branch);
	assert_int_equal(l.lines[3].guides, 2);
	assert_int_equal(l.lines[4].guides, 0);
	assert_int_equal(l.lines[5].indent, 0);
	lines_deinit(&l);
}

static void
lines_are_listed_as_far_as_somebody_looks(void **state)
{
	struct fold all = {.are_open = true};
	struct lines some = {0}, whole = {0};

	(void)state;
	lines_list(&whole, &view, &all);
	lines_begin(&some, &view);
	for (size_t n = 0; n < 9; n++) {
		lines_reach(&some, &view, &all, n);
		assert_int_equal(some.n, n < whole.n ? n : whole.n);
	}
	for (size_t i = 0; i < whole.n; i++) {
		assert_int_equal(some.ids[i], whole.ids[i]);
		assert_int_equal(some.lines[i].indent, whole.lines[i].indent);
		assert_int_equal(some.lines[i].guides, whole.lines[i].guides);
	}
	lines_deinit(&some);
	lines_deinit(&whole);
}

static void
windows_go_round(void **state)
{
	struct state *s = *state;
	const uint64_t seconds[] = {30, 60, 0, 5};

	for (size_t i = 0; i < 4; i++) {
		unsigned question = s->question;

		assert_int_equal(state_act(s, ACT_WINDOW, 'w'), UI_SETTINGS);
		/* Else a held picture would keep the rows of the last one. */
		assert_int_not_equal(s->question, question);
		assert_int_equal(
		    s->settings.window_ns, seconds[i] * NS_PER_SEC);
	}
	assert_string_equal(s->said, "window: the last 5s");
	s->settings.window_ns = 10 * NS_PER_SEC;
	state_act(s, ACT_WINDOW, 'w');
	assert_int_equal(s->settings.window_ns, 30 * NS_PER_SEC);
	s->settings.window_ns = 900 * NS_PER_SEC;
	state_act(s, ACT_WINDOW, 'w');
	assert_int_equal(s->settings.window_ns, 0);
}

static void
a_mode_is_another_question(void **state)
{
	struct state *s = *state;
	unsigned question = s->question;

	assert_int_equal(state_question(s).measure, MEASURE_CPU);
	s->is_paused = true;
	assert_int_equal(state_act(s, ACT_MODE, 'a'), UI_SETTINGS);
	assert_int_equal(s->settings.measure, MEASURE_WALL);
	assert_int_equal(state_question(s).measure, MEASURE_WALL);
	assert_int_not_equal(s->question, question);
	/* What is held has none of the time that is asked for. */
	assert_false(s->is_paused);
	assert_int_equal(state_act(s, ACT_MODE, 'a'), UI_SETTINGS);
	assert_int_equal(state_question(s).measure, MEASURE_CPU);
}

static void
the_kernel_s_frames_need_a_right(void **state)
{
	struct state *s = *state;

	assert_int_equal(state_act(s, ACT_KERNEL, 'K'), UI_REDRAW);
	assert_false(s->settings.kernel);
	assert_non_null(strstr(s->said, "CAP_SYS_ADMIN"));
	s->may_kernel = true;
	assert_int_equal(state_act(s, ACT_KERNEL, 'K'), UI_SETTINGS);
	assert_true(s->settings.kernel);
	assert_non_null(strstr(s->said, "a shows sleepers"));
	s->settings.measure = MEASURE_WALL;
	assert_int_equal(state_act(s, ACT_KERNEL, 'K'), UI_SETTINGS);
	assert_false(s->settings.kernel);
	assert_null(strstr(s->said, "a shows"));
}

static void
rates_have_ends(void **state)
{
	struct state *s = *state;

	assert_int_equal(state_act(s, ACT_FASTER, '.'), UI_SETTINGS);
	assert_int_equal(s->settings.rate, 200);
	assert_int_equal(state_act(s, ACT_FASTER, '.'), UI_REDRAW);
	assert_int_equal(s->settings.rate, 200);
	s->settings.rate = 99;
	state_act(s, ACT_SLOWER, ',');
	assert_int_equal(s->settings.rate, 50);
	for (int i = 0; i < 20; i++)
		state_act(s, ACT_SLOWER, ',');
	assert_int_equal(s->settings.rate, 1);
}

static void
a_delay_makes_sense_or_is_refused(void **state)
{
	struct state *s = *state;

	assert_true(state_set_delay(s, "0.5"));
	assert_int_equal(s->settings.delay_ns, NS_PER_SEC / 2);
	assert_false(state_set_delay(s, "1ms"));
	assert_false(state_set_delay(s, "soon"));
	assert_false(state_set_delay(s, "2h"));
	assert_int_equal(s->settings.delay_ns, NS_PER_SEC / 2);
	assert_string_not_equal(s->said, "");
}

static void
a_pattern_is_one_or_is_refused(void **state)
{
	struct state *s = *state;

	assert_true(state_set_filter(s, FIELD_OBJECT, "lib(c|m)"));
	assert_int_equal(
	    regexec(state_question(s).filter, "LIBC.so", 0, NULL, 0), 0);
	assert_false(state_set_filter(s, FIELD_FILE, "a(b"));
	assert_non_null(strstr(s->said, "not a regular expression"));
	/* The one before stands. */
	assert_string_equal(s->filter.text, "lib(c|m)");
	assert_int_equal(state_question(s).filter_field, FIELD_OBJECT);
	assert_true(state_set_filter(s, FIELD_OBJECT, "Lib"));
	assert_int_not_equal(
	    regexec(state_question(s).filter, "libc.so", 0, NULL, 0), 0);
	state_act(s, ACT_CLEAR, KEY_ESCAPE);
	assert_null(state_question(s).filter);
}

static void
sorting_is_each_screens_own(void **state)
{
	struct state *s = *state;

	assert_int_equal(state_question(s).sort, SORT_SELF);
	state_act(s, ACT_SORT, '3');
	assert_int_equal(state_question(s).sort, SORT_NAME);
	assert_false(state_question(s).inverted);
	state_act(s, ACT_SORT, '3');
	assert_true(state_question(s).inverted);
	state_act(s, ACT_SORT_NEXT, '>');
	assert_int_equal(state_question(s).sort, SORT_FILE);
	assert_false(state_question(s).inverted);
	state_act(s, ACT_SORT, '7');
	assert_int_equal(state_question(s).sort, SORT_FILE);
	assert_string_equal(s->said, "there is one process");
	state_show(s, UI_TREE);
	assert_int_equal(state_question(s).sort, SORT_TOTAL);
	state_act(s, ACT_SORT_PREVIOUS, '<');
	assert_int_equal(state_question(s).sort, SORT_SELF);
	state_act(s, ACT_SORT_PREVIOUS, '<');
	assert_int_equal(state_question(s).sort, SORT_TREND);
	state_show(s, UI_FLAME);
	state_act(s, ACT_SORT, '1');
	assert_int_equal(state_question(s).sort, SORT_NAME);
}

/*
 * A pause asks for the rows of its moment; held, they change only where they are
 * asked for something else.
 */
static void
a_pause_is_one_question(void **state)
{
	struct state *s = *state;
	unsigned question = s->question;

	state_act(s, ACT_PAUSE, ' ');
	assert_true(s->is_paused);
	assert_int_not_equal(s->question, question);
	question = s->question;
	state_act(s, ACT_HELP, '?');
	state_act(s, ACT_FASTER, '.');
	assert_int_equal(s->question, question);
	state_act(s, ACT_GRAIN, 'l');
	assert_int_not_equal(s->question, question);
	state_act(s, ACT_PAUSE, ' ');
	assert_false(s->is_paused);
}

static void
screens_lead_back(void **state)
{
	struct state *s = *state;

	state_act(s, ACT_FLAME, 'F');
	s->zoom = 7;
	state_act(s, ACT_THREADS, 'H');
	assert_int_equal(s->screen, UI_THREADS);
	state_choose_thread(s, 1, 2);
	state_show(s, s->stacks);
	assert_int_equal(s->screen, UI_FLAME);
	assert_int_equal(state_question(s).only_tid, 2);
	state_act(s, ACT_BACK, 0);
	assert_int_equal(s->zoom, 0);
	state_act(s, ACT_BACK, 0);
	assert_int_equal(s->only_tid, 0);
	state_act(s, ACT_BACK, 0);
	assert_int_equal(s->screen, UI_FLAT);
	state_act(s, ACT_PREVIOUS_VIEW, 0);
	assert_int_equal(s->screen, UI_THREADS);
	state_act(s, ACT_NEXT_VIEW, 0);
	assert_int_equal(s->screen, UI_FLAT);
	state_act(s, ACT_TREE, 't');
	state_act(s, ACT_TREE, 't');
	assert_int_equal(s->screen, UI_FLAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_hot_path_is_open),
	    TEST(the_hot_path_may_come_to_be_another),
	    TEST(rows_are_opened_and_closed),
	    TEST(pages_and_ends_stay_on_the_list),
	    TEST(a_choice_outlives_a_refresh),
	    TEST(what_is_open_and_chosen_follows_its_rows),
	    TEST(the_wheel_moves_the_page),
	    TEST(only_children_stand_below_their_callers),
	    TEST(lines_are_listed_as_far_as_somebody_looks),
	    TEST(windows_go_round),
	    TEST(a_mode_is_another_question),
	    TEST(the_kernel_s_frames_need_a_right),
	    TEST(rates_have_ends),
	    TEST(a_delay_makes_sense_or_is_refused),
	    TEST(a_pattern_is_one_or_is_refused),
	    TEST(sorting_is_each_screens_own),
	    TEST(a_pause_is_one_question),
	    TEST(screens_lead_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
