/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/top_text.h"

#include "sample_top.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* To be freed. */
static char *
printed(const struct sample_top *s, struct top_text_opts o)
{
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);
	struct err err;

	assert_int_equal(top_text(&s->page, &o, fp, &err), 0);
	xclose_memstream(fp);
	return text;
}

static void
assert_text(const struct sample_top *s, struct top_text_opts o,
    const char *expected)
{
	char *text = printed(s, o);

	assert_string_equal(text, expected);
	free(text);
}

/* Of what follows the head. */
static void
assert_table(const struct sample_top *s, struct top_text_opts o,
    const char *expected)
{
	char *text = printed(s, o), *table = strstr(text, "\n\n");

	assert_non_null(table);
	assert_string_equal(table + 2, expected);
	free(text);
}

static int
set_up(void **state)
{
	struct sample_top *s = xcalloc(1, sizeof(*s));

	sample_top_init(s);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	sample_top_deinit(*state);
	free(*state);
	return 0;
}

static const struct top_text_opts plain = {.width = 0};

static void
test_a_page(void **state)
{
	assert_text(*state, plain,
	    "scrape " PACKAGE_VERSION "  pid 4242 made  up 3d04h  mode cpu  "
	    "100 Hz  00:00:42\n"
	    "CPU 187.3% (user 150.1 sys 37.2)  attributed 186.9%  "
	    "children unseen 25.0%  threads 9 (3 running)  window last 5s\n"
	    "samples 934  missed 0.1%  complete stacks 99.2%  "
	    "scrape 1.3% CPU, target held 0.04%\n"
	    "\n"
	    "  SELF% TOTAL%     SELF    TOTAL  FUNCTION               "
	    "FILE:LINE  OBJECT\n"
	    "+  62.5   64.9    2.50s    2.60s  fib                    "
	    "a.c:10     made\n"
	    "+  29.9   29.9    1.20s    1.20s  crc32                  "
	    "a.c:10     libz.so.1\n"
	    "+   7.5   32.5    300ms    1.30s  tiny                   "
	    "a.h:3      made\n"
	    "    0.1    0.1      5ms      5ms  [not sampled]\n"
	    "    0.0   97.5        0    3.90s  _start                 "
	    "a.c:10     made\n"
	    "    0.0   32.5        0    1.30s  std::vector<int>::f()  "
	    "a.c:10     made\n"
	    "    0.0    2.4        0     95ms  [truncated: no-cfi]\n");
}

static void
test_tree(void **state)
{
	struct sample_top *s = *state;
	struct view_opts tree = {.kind = VIEW_TREE, .sort = SORT_TOTAL};

	sample_top_show(s, &tree);
	s->page.max_rows = 7;
	assert_table(s, plain,
	    "  SELF% TOTAL%     SELF    TOTAL  FUNCTION                 "
	    "FILE:LINE  OBJECT\n"
	    "    0.0   97.5        0    3.90s  _start                   "
	    "a.c:10     made\n"
	    "+  12.5   62.5    500ms    2.50s    fib                    "
	    "a.c:10     made\n"
	    "+   0.0   50.0        0    2.00s      fib                  "
	    "a.c:10     made\n"
	    "+  50.0   50.0    2.00s    2.00s        fib                "
	    "a.c:10     made\n"
	    "+   0.0   32.5        0    1.30s    std::vector<int>::f()  "
	    "a.c:10     made\n"
	    "+   7.5   32.5    300ms    1.30s      tiny                 "
	    "a.h:3      made\n"
	    "+  25.0   25.0    1.00s    1.00s        crc32              "
	    "a.c:10     libz.so.1\n");
}

static void
test_a_rate_that_had_to_be_lowered(void **state)
{
	struct sample_top *s = *state;
	char *text;

	s->head.paced_rate = 37;
	text = printed(s, plain);
	assert_non_null(strstr(text, "  mode cpu  37 of 100 Hz  00:"));
	free(text);
}

static void
test_several_processes(void **state)
{
	struct sample_top *s = *state;
	struct view_opts o = {.kind = VIEW_FLAT, .by_process = true};
	char *text;

	s->head.n_processes = 2;
	s->page.several = true;
	s->page.max_rows = 3;
	sample_top_show(s, &o);
	text = printed(s, plain);
	assert_non_null(strstr(text, "pid 4242 made and 1 more  up"));
	free(text);
	assert_table(s, plain,
	    "  SELF% TOTAL%     SELF    TOTAL      PID  FUNCTION  "
	    "FILE:LINE  OBJECT\n"
	    "+  62.5   64.9    2.50s    2.60s     4242  fib       "
	    "a.c:10     made\n"
	    "+  27.4   27.4    1.09s    1.09s     4242  crc32     "
	    "a.c:10     libz.so.1\n"
	    "+   7.5   32.5    300ms    1.30s     4242  tiny      "
	    "a.h:3      made\n");
}

/* No line is wider; columns go from the right, the name is cut in the middle */
static void
test_widths(void **state)
{
	struct sample_top *s = *state;

	for (size_t width = 1; width < 120; width++) {
		char *text = printed(s, (struct top_text_opts){width, false});

		for (char *line = text; *line != '\0';) {
			size_t n = strcspn(line, "\n");

			assert_true(n <= width);
			line += n + 1;
		}
		if (width >= 60)
			assert_non_null(strstr(text, "tiny"));
		assert_true((strstr(text, "FILE:LINE") != NULL) ==
		    (width >= 66));
		assert_true(
		    (strstr(text, "libz.so.1") != NULL) == (width >= 77));
		free(text);
	}
}

static void
test_exit_is_told(void **state)
{
	static const struct {
		int status;
		const char *words;
	} cases[] = {
	    {-1, "made  exited  mode"},
	    {0, "made  exited (status 0)  mode"},
	    {3 << 8, "made  exited (status 3)  mode"},
	    {9, "made  killed by signal 9  mode"},
	};
	struct sample_top *s = *state;

	s->processes[0].has_exited = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text;

		s->processes[0].wait_status = cases[i].status;
		text = printed(s, plain);
		assert_non_null(strstr(text, cases[i].words));
		free(text);
	}
}

static void
test_head_in_other_words(void **state)
{
	struct sample_top *s = *state;
	char *text;

	s->head.window_s = 0;
	s->head.unnamed = 12;
	s->head.elapsed_s = 360000;
	s->processes[0].age_s = 67;
	text = printed(s, (struct top_text_opts){.follows = true});
	assert_int_equal(text[0], '\n');
	assert_non_null(strstr(text, "  window since the start\n"));
	assert_non_null(strstr(text, "  names to come 12\n"));
	assert_non_null(strstr(text, "  100:00:00\n"));
	assert_non_null(strstr(text, "  up 1m07s  "));
	free(text);
}

static void
test_nothing_hostile_gets_through(void **state)
{
	struct sample_top s;
	char *text;

	(void)state;
	sample_top_init_hostile(&s);
	text = printed(&s, plain);
	for (const char *c = text; *c != '\0'; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "evil?[31m?name?"));
	free(text);
	sample_top_deinit(&s);
}

static void
test_nothing_yet(void **state)
{
	struct sample_top s;

	(void)state;
	sample_top_init_empty(&s);
	assert_table(&s, plain,
	    "  SELF% TOTAL%     SELF    TOTAL  FUNCTION  FILE:LINE  OBJECT\n");
	sample_top_deinit(&s);
}

static void
test_a_full_disk_is_told(void **state)
{
	struct sample_top *s = *state;
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	assert_non_null(fp);
	assert_int_equal(top_text(&s->page, &plain, fp, &err), -ERR_RUNTIME);
	assert_non_null(strstr(err.what, "No space left"));
	(void)fclose(fp);
}

#define with_page(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_page(test_a_page),
	    with_page(test_tree),
	    with_page(test_a_rate_that_had_to_be_lowered),
	    with_page(test_several_processes),
	    with_page(test_widths),
	    with_page(test_exit_is_told),
	    with_page(test_head_in_other_words),
	    cmocka_unit_test(test_nothing_hostile_gets_through),
	    cmocka_unit_test(test_nothing_yet),
	    with_page(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
