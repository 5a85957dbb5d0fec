/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/command.h"

#include "base/clock.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/top.h"
#include "target/kernel_stack.h"
#include "tui/keys.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_RATE	  100
#define MAX_RATE	  10000
#define DEFAULT_DELAY_NS  NS_PER_SEC
#define MIN_DELAY_NS	  100000000ull
#define DEFAULT_WINDOW_NS (5 * NS_PER_SEC)
#define DEFAULT_ROWS	  40
#define MIN_WINDOW_NS	  NS_PER_SEC
#define MAX_WINDOW_NS	  (3600 * NS_PER_SEC)

enum {
	KEY_DELAY = KEY_OWN,
	KEY_WINDOW,
	KEY_SORT,
	KEY_VIEW,
	KEY_GRAIN,
	KEY_COLOR,
	KEY_JSON,
	KEY_ROWS,
	KEY_HELP_KEYS,
};

static const struct argp_option options[] = {
    {.doc = "Target (PIDs or a CMD):", .group = 1},
    OPTION_PID("watch this process; may be given more than once"),
    OPTION_CHILDREN("and every process below it, as they come"),
    OPTIONS_THREADS,
    {.doc = "Sampling:", .group = 2},
    {"rate", 'r', "HZ", 0, "samples per second and thread (default: 100)", 0},
    OPTION_MODE,
    OPTION_NO_STOP,
    OPTION_KERNEL,
    OPTION_MAX_PAUSE,
    OPTION_MAX_DEPTH,
    {.doc = "Screen:", .group = 3},
    {"window", KEY_WINDOW, "TIME", 0,
	"show the last TIME, or all since the start (default: 5s)", 0},
    {"delay", KEY_DELAY, "TIME", 0,
	"from one refresh to the next, from 100ms (default: 1s)", 0},
    {"view", KEY_VIEW, "VIEW", 0,
	"flat, tree, callers, flame or threads (default: flat)", 0},
    {"grain", KEY_GRAIN, "WHAT", 0,
	"a row for each function, line, object or address (default: function)",
	0},
    {"sort", KEY_SORT, "COLUMN", 0,
	"self, total, name, file, object or trend (default: self)", 0},
    OPTION_COLOR(KEY_COLOR),
    {"help-keys", KEY_HELP_KEYS, NULL, 0, "print what keys do and exit", 0},
    {.doc = "Without a screen:", .group = 4},
    {"batch", 'b', NULL, 0,
	"print tables (default: when there is no terminal)", 0},
    {"iterations", 'n', "N", 0,
	"end after N tables (default: when the target ends)", 0},
    {"json", KEY_JSON, NULL, 0,
	"print one JSON object for each refresh, on a line; as -b", 0},
    {"rows", KEY_ROWS, "N", 0,
	"rows of a table (default: 40, of JSON all)", 0},
    {.doc = "Names:", .group = 5},
    OPTIONS_NAMES,
    OPTIONS_DEBUG_FILES,
    {.doc = "", .group = 6},
    OPTIONS_ANSWERS,
    {0},
};

struct args {
	struct options common;
	struct top_opts top;
};

static error_t
parse_window(struct args *a, const char *s)
{
	uint64_t *ns = &a->top.ui.settings.window_ns;

	*ns = 0;
	if (strcmp(s, "all") == 0)
		return 0;
	if (option_duration(&a->common, s, ns) != 0)
		return EINVAL;
	if (*ns < MIN_WINDOW_NS || *ns > MAX_WINDOW_NS)
		return option_bad(
		    &a->common, s, "a time from 1s to 1h, or all");
	return 0;
}

static error_t
parse_delay(struct args *a, const char *s)
{
	uint64_t *ns = &a->top.ui.settings.delay_ns;

	if (option_duration(&a->common, s, ns) != 0)
		return EINVAL;
	if (*ns < MIN_DELAY_NS)
		return option_bad(&a->common, s, "a time from 100ms");
	return 0;
}

static error_t
parse_view(struct args *a, const char *s)
{
	static const char *const names[] = {
	    [UI_FLAT] = "flat",
	    [UI_TREE] = "tree",
	    [UI_CALLERS] = "callers",
	    [UI_FLAME] = "flame",
	    [UI_THREADS] = "threads",
	    NULL,
	};
	unsigned choice = 0;
	error_t r = option_choice(&a->common, s, names,
	    "a view: flat, tree, callers, flame or threads", &choice);

	a->top.ui.screen = (enum ui_screen)choice;
	return r;
}

static error_t
parse_grain(struct args *a, const char *s)
{
	static const char *const names[] = {
	    [GRAIN_FUNCTION] = "function",
	    [GRAIN_LINE] = "line",
	    [GRAIN_OBJECT] = "object",
	    [GRAIN_ADDRESS] = "address",
	    NULL,
	};
	unsigned choice = 0;
	error_t r = option_choice(&a->common, s, names,
	    "what rows stand for: function, line, object or address",
	    &choice);

	a->top.ui.grain = (enum view_grain)choice;
	return r;
}

static error_t
parse_sort(struct args *a, const char *s)
{
	static const char *const names[] = {
	    [SORT_SELF] = "self",
	    [SORT_TOTAL] = "total",
	    [SORT_NAME] = "name",
	    [SORT_FILE] = "file",
	    [SORT_OBJECT] = "object",
	    [SORT_TREND] = "trend",
	    NULL,
	};
	unsigned choice = 0;
	error_t r = option_choice(&a->common, s, names,
	    "a column: self, total, name, file, object or trend", &choice);

	a->top.ui.sort = (enum view_sort)choice;
	return r;
}

static error_t
check_together(const struct args *a)
{
	if (options_check_targets(&a->common, "watch") != 0)
		return EINVAL;
	if (!a->top.batch || a->top.ui.screen == UI_FLAT ||
	    a->top.ui.screen == UI_TREE)
		return 0;
	(void)err_set(a->common.err, ERR_USAGE,
	    "this view is for a screen: --view flat or tree with -b");
	return EINVAL;
}

/* A terminal that cannot be drawn on, or none: plain text. */
static bool
has_screen(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

static error_t
finish(struct args *a)
{
	const struct options *o = &a->common;
	struct session_opts *s = &a->top.session;

	options_take_session(o, s);
	a->top.ui.settings.rate = s->rate;
	a->top.ui.settings.measure = s->measure;
	a->top.ui.settings.kernel = s->kernel;
	a->top.ui.may_kernel = kernel_stack_is_permitted();
	a->top.ui.several = options_is_several(o);
	a->top.ui.color = a->top.color == COLOR_AUTO
			      ? UI_COLOR_AUTO
			      : (a->top.color == COLOR_ALWAYS ? UI_COLOR_ALWAYS
							      : UI_COLOR_NEVER);
	a->top.batch |= a->top.json || a->top.iterations != 0 || !has_screen();
	if (a->top.rows == 0 && !a->top.json)
		a->top.rows = DEFAULT_ROWS;
	return check_together(a);
}

static error_t
parse_number(struct args *a, const char *s)
{
	unsigned n = 0;
	error_t r = option_range(
	    &a->common, s, INT_MAX, "a number of tables, from 1", &n);

	a->top.iterations = n;
	return r;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case 'r':
		return option_range(&a->common, arg, MAX_RATE,
		    "a rate from 1 to 10000 per second", &a->top.session.rate);
	case 'b':
		a->top.batch = true;
		return 0;
	case 'n':
		return parse_number(a, arg);
	case KEY_DELAY:
		return parse_delay(a, arg);
	case KEY_WINDOW:
		return parse_window(a, arg);
	case KEY_SORT:
		return parse_sort(a, arg);
	case KEY_VIEW:
		return parse_view(a, arg);
	case KEY_GRAIN:
		return parse_grain(a, arg);
	case KEY_COLOR:
		return option_color(&a->common, arg, &a->top.color);
	case KEY_JSON:
		a->top.json = true;
		return 0;
	case KEY_ROWS:
		return option_range(&a->common, arg, INT_MAX,
		    "a number of rows, from 1", &a->top.rows);
	case KEY_HELP_KEYS:
		keys_print(stdout);
		a->common.answered = true;
		return ECANCELED;
	case ARGP_KEY_ARG:
		return options_operand(&a->common, arg, state);
	case ARGP_KEY_END:
		return finish(a);
	default:
		return options_parse(&a->common, key, arg, state);
	}
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "PID...\n-- CMD [ARG...]",
    .doc = "Show live where processes spend their CPU time."
	   "\v"
	   "On the screen h shows what keys do, q quits.",
};

static int
run(int argc, char *argv[], struct err *err)
{
	struct args a = {
	    .common = OPTIONS_DEFAULT(err),
	    .top = {.session = {.rate = DEFAULT_RATE, .labels = LABELS_THREAD},
		.ui = {.settings = {.window_ns = DEFAULT_WINDOW_NS,
			   .delay_ns = DEFAULT_DELAY_NS},
		    .max_rate = MAX_RATE}},
	};
	int r = options_read(&argp, argc, argv, &a.common, &a);

	if (r == 0 && !a.common.answered)
		r = top_run(&a.top, err);
	options_deinit(&a.common);
	return r;
}

const struct command cmd_top = {
    .name = "top",
    .summary = "show live where processes spend their CPU time",
    .argp = &argp,
    .run = run,
};
