/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/options.h"

#include "base/attr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct argp_option table[] = {
    OPTION_PID("process"),
    OPTIONS_THREADS,
    OPTION_MODE,
    OPTION_CHILDREN("children"),
    OPTION_MAX_PAUSE,
    OPTION_MAX_DEPTH,
    OPTIONS_NAMES,
    OPTIONS_DEBUG_FILES,
    OPTION_SAVE_SNAPSHOTS("save"),
    OPTIONS_MESSAGES("more"),
    {0},
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	return options_parse(state->input, key, arg, state);
}

static const struct argp argp = {.options = table, .parser = parse};

static struct err err;
static struct options o;

static int
setup(void **state)
{
	(void)state;
	err = (struct err){0};
	o = (struct options)OPTIONS_DEFAULT(&err);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	options_deinit(&o);
	return 0;
}

#define MAX_WORDS 15

/* Reads words as main() gets them, behind the program's name. */
static int
read_words(const char *const *words)
{
	char *argv[MAX_WORDS + 2] = {(char *)(uintptr_t)"scrape"};
	int argc = 1;

	while (words[argc - 1] != NULL && argc <= MAX_WORDS) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
		argc++;
	}
	return options_read(&argp, argc, argv, &o, &o);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

/* That what was read last is refused in these words. */
static void
assert_refused(int r, const char *what)
{
	assert_int_equal(r, -ERR_USAGE);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.what, what);
}

static void
what_holds_when_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(read_words((const char *const[]){NULL}), 0);
	assert_int_equal(o.n_pids, 0);
	assert_int_equal(o.tid, 0);
	assert_null(o.thread_re);
	assert_int_equal(o.measure, MEASURE_CPU);
	assert_int_equal(o.max_depth, DEFAULT_DEPTH);
	assert_true(o.inlines);
	assert_true(o.lines);
	assert_false(o.debuginfod);
	assert_false(o.quiet);
	assert_false(o.verbose);
	assert_false(o.answered);
	assert_null(o.save_dir);
	assert_int_equal(options_check(&o), 0);
}

static void
every_option_is_taken(void **state)
{
	struct debug_search search;

	(void)state;
	assert_int_equal(READ("-p", "7", "--tid=8", "--max-depth", "9",
			     "--no-inline", "--no-lines", "--debug-path=/",
			     "--debug-path", "/tmp", "--debuginfod",
			     "--save-snapshots=there", "-q"),
	    0);
	assert_int_equal(o.pids[0], 7);
	assert_int_equal(o.tid, 8);
	assert_int_equal(o.max_depth, 9);
	assert_false(o.inlines);
	assert_false(o.lines);
	assert_string_equal(o.save_dir, "there");
	assert_true(o.quiet);
	search = options_debug_search(&o);
	assert_int_equal(search.n_paths, 2);
	assert_string_equal(search.paths[0], "/");
	assert_string_equal(search.paths[1], "/tmp");
	assert_int_equal(search.root_fd, -1);
	assert_true(search.debuginfod);
}

static void
a_mode_is_cpu_or_wall(void **state)
{
	struct session_opts session = {0};

	(void)state;
	assert_int_equal(READ("-m", "wall"), 0);
	options_take_session(&o, &session);
	assert_int_equal(session.measure, MEASURE_WALL);
	assert_int_equal(READ("--mode=cpu"), 0);
	assert_int_equal(o.measure, MEASURE_CPU);
	assert_refused(READ("-m", "clock"), "'clock' is not a mode: cpu or wall");
}

static void
a_process_counts_once(void **state)
{
	(void)state;
	assert_int_equal(READ("-p", "7", "-p", "9", "-p", "7", "-p8"), 0);
	assert_int_equal(o.n_pids, 3);
	assert_int_equal(o.pids[0], 7);
	assert_int_equal(o.pids[1], 9);
	assert_int_equal(o.pids[2], 8);
}

static void
ids_that_are_none(void **state)
{
	static const char *const bad[] = {
	    "0", "-1", "", " 7", "7 ", "0x7", "2147483648",
	    "18446744073709551623" /* 7, if it wrapped */};
	char what[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(what, sizeof(what), "'%s' is not a process id",
		    bad[i]);
		assert_refused(READ("-p", bad[i]), what);
		assert_string_equal(err.try, "");
		(void)snprintf(what, sizeof(what), "'%s' is not a thread id",
		    bad[i]);
		assert_refused(READ("-t", bad[i]), what);
	}
	assert_int_equal(o.n_pids, 0);
	assert_int_equal(READ("-p", "2147483647"), 0);
}

static void
a_name_leads_to_pgrep(void **state)
{
	(void)state;
	assert_refused(READ("-p", "nginx"), "'nginx' is not a process id");
	assert_string_equal(err.try, "pgrep nginx");
	/* Nothing to type that a shell would take apart. */
	assert_refused(READ("-p", "a;b"), "'a;b' is not a process id");
	assert_string_equal(err.try, "");
}

static void
depths(void **state)
{
	(void)state;
	assert_int_equal(READ("--max-depth", "65536"), 0);
	assert_int_equal(o.max_depth, MAX_DEPTH);
	assert_refused(READ("--max-depth", "65537"),
	    "'65537' is not a depth from 1 to 65536");
	assert_refused(
	    READ("--max-depth", "0"), "'0' is not a depth from 1 to 65536");
	assert_int_equal(o.max_depth, MAX_DEPTH);
}

static void
shares_of_the_time(void **state)
{
	static const char *const bad[] = {"0", "0.0", "-1", "100.1", "", "%",
	    "1.2.3", "1e1", "0x1", " 1", "1 %", "nan", "inf", "."};
	struct session_opts session = {0};

	(void)state;
	assert_true(o.max_pause == 0);
	assert_int_equal(READ("--max-pause", "2.5"), 0);
	assert_true(o.max_pause == 0.025);
	assert_int_equal(READ("--max-pause=.5%"), 0);
	assert_true(o.max_pause == 0.005);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(READ("--max-pause", bad[i]), -ERR_USAGE);
	assert_int_equal(READ("--max-pause", "100"), 0);
	options_take_session(&o, &session);
	assert_true(session.max_pause == 1);
}

static void
more_than_one_process(void **state)
{
	struct session_opts session = {0};

	(void)state;
	assert_int_equal(READ("-p", "7"), 0);
	assert_false(options_is_several(&o));
	assert_int_equal(READ("--children"), 0);
	assert_true(options_is_several(&o));
	assert_int_equal(options_check_targets(&o, "record"), 0);
	options_take_session(&o, &session);
	assert_true(session.children);
	assert_int_equal(READ("-t", "8"), 0);
	assert_int_equal(options_check_targets(&o, "record"), EINVAL);
	assert_string_equal(err.what,
	    "-t 8 is a thread of one process: give that one only");
	o.tid = 0;
	o.children = false;
	assert_int_equal(READ("-p", "9"), 0);
	assert_true(options_is_several(&o));
	o.n_pids = 0;
	assert_int_equal(options_check_targets(&o, "record"), EINVAL);
	assert_string_equal(err.what,
	    "nothing to record: give a PID, or a command behind --");
}

static void
threads_by_name(void **state)
{
	(void)state;
	assert_int_equal(READ("--thread", "^(a|b)+$"), 0);
	assert_int_equal(regexec(o.thread_re, "abba", 0, NULL, 0), 0);
	assert_int_equal(
	    regexec(o.thread_re, "abc", 0, NULL, 0), REG_NOMATCH);
}

static void
a_regular_expression_that_is_none(void **state)
{
	(void)state;
	assert_int_equal(READ("--thread", "a("), -ERR_USAGE);
	assert_non_null(
	    strstr(err.what, "'a(' is not a regular expression: "));
	assert_null(o.thread_re);
}

static void
given_once_only(void **state)
{
	(void)state;
	assert_refused(
	    READ("-t", "7", "-t", "8"), "-t may be given once only");
	assert_int_equal(o.tid, 7);
	assert_refused(READ("--thread", "a", "--thread", "b"),
	    "--thread may be given once only");
	assert_int_equal(regexec(o.thread_re, "a", 0, NULL, 0), 0);
}

static void
debug_paths_are_directories(void **state)
{
	(void)state;
	assert_refused(READ("--debug-path", "/dev/null"),
	    "'/dev/null' is not a directory");
	assert_refused(READ("--debug-path", "/nonesuch"),
	    "'/nonesuch' is not a directory");
	assert_int_equal(o.n_debug_paths, 0);
}

static void
what_does_not_go_together(void **state)
{
	char self[32], what[80];

	(void)state;
	assert_int_equal(READ("-q", "-v"), 0);
	assert_int_not_equal(options_check(&o), 0);
	assert_string_equal(err.what, "either -q or -v, not both");
	o.quiet = false;
	assert_int_equal(options_check(&o), 0);
	assert_int_equal(READ("-t", "7", "--thread", "x"), 0);
	assert_int_not_equal(options_check(&o), 0);
	assert_string_equal(err.what, "either -t or --thread, not both");
	o.tid = 0;
	assert_int_equal(options_check(&o), 0);
	(void)snprintf(self, sizeof(self), "%d", (int)getpid());
	assert_int_equal(READ("-p", "1", "-p", self), 0);
	assert_int_not_equal(options_check(&o), 0);
	(void)snprintf(what, sizeof(what),
	    "PID %s is this scrape, which cannot stop itself", self);
	assert_string_equal(err.what, what);
}

static void
ranges(void **state)
{
	unsigned v = 5;

	(void)state;
	assert_int_equal(option_range(&o, "1", 3, "up to 3", &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(option_range(&o, "3", 3, "up to 3", &v), 0);
	assert_int_equal(v, 3);
	assert_int_not_equal(option_range(&o, "4", 3, "up to 3", &v), 0);
	assert_string_equal(err.what, "'4' is not up to 3");
	assert_int_not_equal(option_range(&o, "0", 3, "up to 3", &v), 0);
	assert_int_equal(v, 3);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(what_holds_when_nothing_is_said),
	    TEST(every_option_is_taken),
	    TEST(a_mode_is_cpu_or_wall),
	    TEST(a_process_counts_once),
	    TEST(ids_that_are_none),
	    TEST(a_name_leads_to_pgrep),
	    TEST(depths),
	    TEST(shares_of_the_time),
	    TEST(more_than_one_process),
	    TEST(threads_by_name),
	    TEST(a_regular_expression_that_is_none),
	    TEST(given_once_only),
	    TEST(debug_paths_are_directories),
	    TEST(what_does_not_go_together),
	    TEST(ranges),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
