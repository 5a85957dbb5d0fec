/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/head.h"

#include "tui/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct top_process nginx = {0, 4242, "nginx", 273600, false, -1};

static struct top_head
a_head(void)
{
	return (struct top_head){
	    .processes = &nginx,
	    .n_processes = 1,
	    .mode = "cpu",
	    .rate = 100,
	    .elapsed_s = 42,
	    .window_s = 5,
	    .filled_s = 5,
	    .cpu = 1.873,
	    .cpu_user = 1.501,
	    .cpu_system = 0.372,
	    .attributed = 1.869,
	    .n_threads = 9,
	    .n_running = 3,
	    .samples = 7863,
	    .missed = 0.001,
	    .complete = 0.992,
	    .held = 0.0004,
	    .own_cpu = 0.013,
	};
}

/* The lines as they stand in so many columns, with two blanks between parts. */
static void
expect(const struct top_head *head, const struct head_marks *marks, int columns,
    const char *const text[HEAD_LINES])
{
	struct head_line lines[HEAD_LINES];

	head_lines(head, marks, lines);
	for (int i = 0; i < HEAD_LINES; i++) {
		char got[512] = "";

		head_fit(&lines[i], columns);
		for (size_t j = 0; j < lines[i].n; j++) {
			(void)strcat(got, j > 0 ? "  " : "");
			(void)strcat(got, lines[i].parts[j].text);
		}
		assert_string_equal(got, text[i]);
	}
}

static const struct head_part *
find(const struct top_head *head, const char *start)
{
	static struct head_line lines[HEAD_LINES];
	const struct head_marks marks = {0};

	head_lines(head, &marks, lines);
	for (int i = 0; i < HEAD_LINES; i++)
		for (size_t j = 0; j < lines[i].n; j++)
			if (strncmp(lines[i].parts[j].text, start,
				strlen(start)) == 0)
				return &lines[i].parts[j];
	fail_msg("no part starts with \"%s\"", start);
	return NULL;
}

static void
three_lines_say_what_is_looked_at(void **state)
{
	struct top_head head = a_head();

	(void)state;
	expect(&head, &(struct head_marks){0}, 132,
	    (const char *[]){"scrape " PACKAGE_VERSION
			     "  pid 4242 nginx  up 3d04h  mode cpu  100 Hz  "
			     "00:00:42  [?] help  [q] quit",
		"CPU 187.3%  user 150.1 sys 37.2  attributed 186.9%  "
		"threads 9 (3 running)  window last 5s",
		"samples 7 863  missed 0.1%  complete stacks 99.2%  "
		"scrape 1.3% CPU  target held 0.04%"});
}

static void
a_rate_that_had_to_be_lowered(void **state)
{
	struct top_head head = a_head();
	struct head_line lines[HEAD_LINES];
	const struct head_marks none = {0};

	(void)state;
	head.paced_rate = head.rate;
	head_lines(&head, &none, lines);
	assert_string_equal(lines[0].parts[4].text, "100 Hz");
	head.paced_rate = 37;
	head_lines(&head, &none, lines);
	assert_string_equal(lines[0].parts[4].text, "37 of 100 Hz");
}

static void
children_that_nobody_watched(void **state)
{
	struct top_head head = a_head();
	struct head_line lines[HEAD_LINES];
	const struct head_marks none = {0};

	(void)state;
	head.cpu_unseen = 0.25;
	head_lines(&head, &none, lines);
	assert_string_equal(lines[1].parts[3].text, "children unseen 25.0%");
	head.cpu_unseen = 0.001;
	head_lines(&head, &none, lines);
	assert_string_equal(lines[1].parts[3].text, "threads 9 (3 running)");
}

static void
names_that_will_not_come(void **state)
{
	struct top_head head = a_head();

	(void)state;
	head.unnamed = 3;
	assert_int_equal(find(&head, "naming 3")->paint, PAINT_WEAK);
	head.names_are_over = true;
	assert_int_equal(find(&head, "no new names")->paint, PAINT_WARN);
}

static void
stacks_that_found_no_room(void **state)
{
	struct top_head head = a_head();

	(void)state;
	head.folded = 0.25;
	assert_int_equal(find(&head, "no room for 25")->paint, PAINT_WARN);
}

static void
what_matters_least_leaves_a_short_line(void **state)
{
	struct top_head head = a_head();

	(void)state;
	expect(&head, &(struct head_marks){0}, 40,
	    (const char *[]){"pid 4242 nginx  100 Hz  00:00:42",
		"CPU 187.3%  window last 5s", "samples 7 863  missed 0.1%"});
	expect(&head, &(struct head_marks){.is_paused = true, .only_tid = 7},
	    1,
	    (const char *[]){"pid 4242 nginx  PAUSED",
		"CPU 187.3%  thread 7 alone  window last 5s",
		"samples 7 863  missed 0.1%"});
}

static void
judged(double *share, double value, const struct top_head *head,
    const char *start, unsigned paint, const char *text)
{
	const struct head_part *part;

	*share = value;
	part = find(head, start);
	assert_int_equal(part->paint, paint);
	assert_string_equal(part->text, text);
}

static void
a_bad_number_has_a_colour_and_a_word(void **state)
{
	struct top_head head = a_head();

	(void)state;
	judged(&head.missed, 0.01, &head, "missed", PAINT_PLAIN, "missed 1.0%");
	judged(&head.missed, 0.02, &head, "missed", PAINT_WARN,
	    "missed 2.0% (many)");
	judged(&head.missed, 0.07, &head, "missed", PAINT_BAD,
	    "missed 7.0% (too many)");
	judged(&head.complete, 0.96, &head, "complete", PAINT_PLAIN,
	    "complete stacks 96.0%");
	judged(&head.complete, 0.94, &head, "complete", PAINT_WARN,
	    "complete stacks 94.0% (some broken)");
	judged(&head.complete, 0.7, &head, "complete", PAINT_BAD,
	    "complete stacks 70.0% (many broken)");
	judged(&head.held, 0.02, &head, "target held", PAINT_WARN,
	    "target held 2.0% (much)");
	head.samples = 0;
	judged(&head.complete, 0, &head, "complete", PAINT_PLAIN,
	    "complete stacks -");
}

static void
the_window_is_named(void **state)
{
	struct top_head head = a_head();

	(void)state;
	head.filled_s = 2;
	assert_string_equal(
	    find(&head, "window")->text, "window last 5s (2s so far)");
	head.window_s = 0;
	head.filled_s = 90;
	assert_string_equal(find(&head, "window")->text, "window all (1m30s)");
}

static void
an_end_is_told(void **state)
{
	struct top_head head = a_head();
	struct top_process gone[] = {nginx, nginx};

	(void)state;
	head.processes = gone;
	gone[0].has_exited = true;
	assert_string_equal(find(&head, "exited")->text, "exited");
	gone[0].wait_status = 3 << 8;
	assert_string_equal(find(&head, "exited")->text, "exited (status 3)");
	gone[0].wait_status = 9;
	assert_string_equal(find(&head, "killed")->text, "killed (SIGKILL)");
	head.n_processes = 2;
	assert_string_equal(find(&head, "up")->text, "up 3d04h");
	assert_string_equal(find(&head, "pid")->text, "pid 4242 nginx +1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rate_that_had_to_be_lowered),
	    cmocka_unit_test(children_that_nobody_watched),
	    cmocka_unit_test(three_lines_say_what_is_looked_at),
	    cmocka_unit_test(names_that_will_not_come),
	    cmocka_unit_test(stacks_that_found_no_room),
	    cmocka_unit_test(what_matters_least_leaves_a_short_line),
	    cmocka_unit_test(a_bad_number_has_a_colour_and_a_word),
	    cmocka_unit_test(the_window_is_named),
	    cmocka_unit_test(an_end_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
