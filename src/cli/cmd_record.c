/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/command.h"

#include "cli/naming.h"
#include "cli/options.h"
#include "cli/recording.h"
#include "output/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_RATE  100
#define USUAL_RATE    1000 /* above it the cost to the target is worth a word */
#define MAX_RATE      10000

enum {
	KEY_LABELS = KEY_OWN,
	KEY_STATS,
};

static const struct argp_option options[] = {
    {.doc = "Target (PIDs or a CMD):", .group = 1},
    OPTION_PID("record this process; may be given more than once"),
    OPTION_CHILDREN("and every process below it, as they come"),
    OPTIONS_THREADS,
    {.doc = "Sampling:", .group = 2},
    {"duration", 'd', "TIME", 0,
	"stop after TIME: 10, 10s, 500ms, 1m30s (default: when the targets "
	"have ended, or at ^C)",
	0},
    {"rate", 'r', "HZ", 0, "samples per second and thread (default: 100)", 0},
    OPTION_MODE,
    OPTION_NO_STOP,
    OPTION_KERNEL,
    OPTION_MAX_PAUSE,
    OPTION_MAX_DEPTH,
    {.doc = "Output:", .group = 3},
    {"output", 'o', "FILE", 0,
	"write to FILE; - is standard output (default: "
	"scrape.NAME.PID.YYYYMMDD-HHMMSS.pb.gz)",
	0},
    {"format", 'f', "FORMAT", 0,
	"pprof or folded (default: by the ending of FILE, else pprof)", 0},
    {"labels", KEY_LABELS, "WHICH", 0,
	"tell samples apart by thread, by thread name, or not at all: thread, "
	"name, none (default: thread)",
	0},
    {"stats", KEY_STATS, "FILE", 0,
	"write what was counted, missed and paid for to FILE, as JSON", 0},
    OPTION_SAVE_SNAPSHOTS(
	"also save registers and stack of each sample to a file in DIR; they "
	"hold whatever secrets the stacks hold"),
    OPTIONS_NAMES,
    OPTIONS_DEBUG_FILES,
    {.doc = "Messages:", .group = 4},
    OPTIONS_MESSAGES("print more in the summary"),
    {0},
};

struct args {
	struct options common;
	struct recording_opts rec;
	const char *format;
};

static error_t
parse_labels(const struct args *a, const char *s, enum session_labels *ret)
{
	static const char *const names[] = {
	    [LABELS_THREAD] = "thread",
	    [LABELS_NAME] = "name",
	    [LABELS_NONE] = "none",
	    NULL,
	};
	unsigned choice = 0;
	error_t r = option_choice(&a->common, s, names,
	    "a kind of label: none, name or thread", &choice);

	*ret = (enum session_labels)choice;
	return r;
}

static error_t
check_together(const struct args *a)
{
	const struct recording_opts *rec = &a->rec;
	const struct options *o = &a->common;

	if (options_check_targets(o, "record") != 0)
		return EINVAL;
	if (o->save_dir != NULL && options_is_several(o))
		(void)err_set(o->err, ERR_USAGE,
		    "--save-snapshots is of one process: give that one only");
	else if (o->kernel && o->measure != MEASURE_WALL)
		(void)err_set(o->err, ERR_USAGE,
		    "--kernel is of threads that sleep: with --mode wall");
	else if (rec->output != NULL && rec->stats != NULL &&
		 strcmp(rec->output, rec->stats) == 0)
		(void)err_set(o->err, ERR_USAGE,
		    "-o and --stats both write to '%s'", rec->output);
	else
		return 0;
	return EINVAL;
}

static error_t
check_format(struct args *a)
{
	struct recording_opts *rec = &a->rec;
	bool to_stdout = rec->output != NULL && strcmp(rec->output, "-") == 0;

	if (naming_format(a->format, rec->output, &rec->format, a->common.err) < 0)
		return EINVAL;
	if (to_stdout && rec->format->binary && isatty(STDOUT_FILENO)) {
		(void)err_set(a->common.err, ERR_USAGE,
		    "%s is binary and standard output is a terminal",
		    rec->format->name);
		err_try(a->common.err, "-o FILE, or -o - | COMMAND");
		return EINVAL;
	}
	return 0;
}

/* What the recording needs of the options that commands share. */
static void
take_common(struct args *a)
{
	const struct options *o = &a->common;
	struct session_opts *s = &a->rec.session;

	options_take_session(o, s);
	s->save_dir = o->save_dir;
	a->rec.quiet = o->quiet;
	a->rec.verbose = o->verbose;
}

static error_t
finish(struct args *a)
{
	error_t r = check_together(a);

	take_common(a);
	return r != 0 ? r : check_format(a);
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	struct session_opts *s = &a->rec.session;

	switch (key) {
	case 'd':
		return option_duration(&a->common, arg, &s->duration_ns);
	case 'r':
		return option_range(&a->common, arg, MAX_RATE,
		    "a rate from 1 to 10000 per second", &s->rate);
	case 'o':
		a->rec.output = arg;
		return 0;
	case 'f':
		a->format = arg;
		return 0;
	case KEY_LABELS:
		return parse_labels(a, arg, &s->labels);
	case KEY_STATS:
		a->rec.stats = arg;
		return 0;
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
    .doc = "Record where processes spend their CPU time, as a profile for "
	   "pprof."
	   "\v"
	   "The first ^C, SIGTERM or SIGHUP ends the recording and writes it, "
	   "a second ^C aborts. SIGUSR1 writes what there is and goes on.",
};

static int
warn_and_run(const struct args *a, struct err *err)
{
	unsigned rate = a->rec.session.rate;

	if (rate > USUAL_RATE && !a->rec.quiet)
		(void)fprintf(stderr,
		    "scrape: at %u samples a second the target will feel it: "
		    "each stops a thread for some microseconds\n",
		    rate);
	return recording_run(&a->rec, err);
}

static int
run(int argc, char *argv[], struct err *err)
{
	struct args a = {
	    .common = OPTIONS_DEFAULT(err),
	    .rec.session = {.rate = DEFAULT_RATE, .labels = LABELS_THREAD},
	};
	int r = options_read(&argp, argc, argv, &a.common, &a);

	if (r == 0 && !a.common.answered)
		r = warn_and_run(&a, err);
	options_deinit(&a.common);
	return r;
}

const struct command cmd_record = {
    .name = "record",
    .summary = "write a profile of processes or a command to a file",
    .argp = &argp,
    .run = run,
};
