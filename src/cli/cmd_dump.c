/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/command.h"

#include "cli/dumping.h"
#include "cli/options.h"

#include <errno.h>
#include <limits.h>

#define DEFAULT_INTERVAL_NS 1000000000ull
#define MAX_COUNT	    INT_MAX

enum {
	KEY_INTERVAL = KEY_OWN,
	KEY_FREEZE,
	KEY_NO_FOLD,
	KEY_JSON,
	KEY_COLOR,
	KEY_FROM_SNAPSHOT,
};

static const struct argp_option options[] = {
    {.doc = "Target:", .group = 1},
    OPTION_PID("dump this process; may be given more than once"),
    OPTION_CHILDREN("and every process below it"),
    OPTIONS_THREADS,
    {"from-snapshot", KEY_FROM_SNAPSHOT, "FILE", 0,
	"print the stacks in a saved snapshot or core file instead", 0},
    {.doc = "Taking:", .group = 2},
    {"freeze", KEY_FREEZE, NULL, 0,
	"stop all threads together, for a picture of one moment", 0},
    {"count", 'n', "N", 0, "dump N times (default: once)", 0},
    {"interval", KEY_INTERVAL, "TIME", 0,
	"from one dump to the next: 1, 500ms (default: 1s)", 0},
    OPTION_MAX_DEPTH,
    {.doc = "Output:", .group = 3},
    {"json", KEY_JSON, NULL, 0, "one JSON object for each dump, on a line", 0},
    {"no-fold", KEY_NO_FOLD, NULL, 0,
	"show threads with the same stack one by one", 0},
    OPTION_COLOR(KEY_COLOR),
    OPTION_SAVE_SNAPSHOTS(
	"also save registers and stacks to files in DIR; they hold whatever "
	"secrets the stacks hold"),
    OPTIONS_NAMES,
    OPTIONS_DEBUG_FILES,
    {.doc = "Messages:", .group = 4},
    OPTIONS_MESSAGES("print addresses, paths and how long threads were held"),
    {0},
};

struct args {
	struct options common;
	struct dumping_opts dump;
};

static error_t
check_together(const struct args *a)
{
	const struct options *o = &a->common;

	if (o->n_pids > 0 && a->dump.snapshot != NULL)
		(void)err_set(o->err, ERR_USAGE,
		    "either PID %d or the snapshot '%s', not both",
		    (int)o->pids[0], a->dump.snapshot);
	else if (a->dump.snapshot != NULL &&
		 (o->children || a->dump.take.freeze ||
		     a->dump.count > 1 || o->save_dir != NULL))
		(void)err_set(o->err, ERR_USAGE,
		    "--children, --freeze, -n and --save-snapshots are for "
		    "live processes, '%s' is a snapshot",
		    a->dump.snapshot);
	else if (a->dump.snapshot != NULL)
		return options_check(o);
	else if (o->n_pids == 0 && o->tid == 0)
		(void)err_set(
		    o->err, ERR_USAGE, "nothing to dump: give a PID");
	else if (o->tid != 0 && (o->n_pids > 1 || o->children))
		(void)err_set(o->err, ERR_USAGE,
		    "-t %d is a thread of one process: give that one only",
		    (int)o->tid);
	else
		return options_check(o);
	return EINVAL;
}

static error_t
finish(struct args *a)
{
	const struct options *o = &a->common;
	struct dumping_opts *d = &a->dump;

	/* A thread's id leads to its process. */
	d->pids = o->n_pids > 0 ? o->pids : &o->tid;
	d->n_pids = o->n_pids > 0 ? o->n_pids : o->tid != 0;
	d->children = o->children;
	d->take.tid = o->tid;
	d->take.thread_re = o->thread_re;
	d->take.max_depth = o->max_depth;
	d->take.inlines = o->inlines;
	d->take.lines = o->lines;
	d->take.debug = options_debug_search(o);
	d->take.save_dir = o->save_dir;
	d->quiet = o->quiet;
	d->verbose = o->verbose;
	return check_together(a);
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case 'n':
		return option_range(&a->common, arg, MAX_COUNT,
		    "a number of dumps, from 1", &a->dump.count);
	case KEY_INTERVAL:
		return option_duration(
		    &a->common, arg, &a->dump.interval_ns);
	case KEY_FREEZE:
		a->dump.take.freeze = true;
		return 0;
	case KEY_NO_FOLD:
		a->dump.fold = false;
		return 0;
	case KEY_JSON:
		a->dump.json = true;
		return 0;
	case KEY_FROM_SNAPSHOT:
		a->dump.snapshot = arg;
		return 0;
	case KEY_COLOR:
		return option_color(&a->common, arg, &a->dump.color);
	case ARGP_KEY_ARG:
		return options_add_pid(&a->common, arg);
	case ARGP_KEY_END:
		return finish(a);
	default:
		return options_parse(&a->common, key, arg, state);
	}
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "PID...\n--from-snapshot=FILE",
    .doc = "Print the stack of every thread of a process, and what it waits "
	   "for."
	   "\v"
	   "A thread that sleeps is read without a stop, one that runs is "
	   "stopped for some microseconds.",
};

static int
run(int argc, char *argv[], struct err *err)
{
	struct args a = {
	    .common = OPTIONS_DEFAULT(err),
	    .dump = {.count = 1,
		.interval_ns = DEFAULT_INTERVAL_NS,
		.fold = true},
	};
	int r = options_read(&argp, argc, argv, &a.common, &a);

	if (r == 0 && !a.common.answered)
		r = dumping_run(&a.dump, err);
	options_deinit(&a.common);
	return r;
}

const struct command cmd_dump = {
    .name = "dump",
    .summary = "print every thread's stack, and what it waits for",
    .argp = &argp,
    .run = run,
};
