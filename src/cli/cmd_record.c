/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/command.h"

#include "base/attr.h"
#include "base/parse.h"
#include "cli/naming.h"
#include "cli/recording.h"
#include "output/output.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_RATE  100
#define USUAL_RATE    1000 /* above it the cost to the target is worth a word */
#define MAX_RATE      10000
#define DEFAULT_DEPTH 8192
#define MAX_DEPTH     65536

enum {
	KEY_HELP = 0x100,
	KEY_VERSION,
	KEY_THREAD,
	KEY_LABELS,
	KEY_STATS,
	KEY_MAX_DEPTH,
	KEY_NO_INLINE,
	KEY_NO_LINES,
};

static const struct argp_option options[] = {
    {.doc = "Target (one of PID and CMD):", .group = 1},
    {"pid", 'p', "PID", 0, "record this process", 0},
    {"tid", 't', "TID", 0, "only this thread", 0},
    {"thread", KEY_THREAD, "REGEX", 0,
	"only threads whose name matches the extended regular expression", 0},
    {.doc = "Sampling:", .group = 2},
    {"duration", 'd', "TIME", 0,
	"stop after TIME: 10, 10s, 500ms, 1m30s (default: when the target "
	"ends, or at ^C)",
	0},
    {"rate", 'r', "HZ", 0, "samples per second and thread (default: 100)", 0},
    {"max-depth", KEY_MAX_DEPTH, "N", 0,
	"frames kept of a stack, 1 to 65536 (default: 8192)", 0},
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
    {"no-inline", KEY_NO_INLINE, NULL, 0, "do not list inlined calls", 0},
    {"no-lines", KEY_NO_LINES, NULL, 0,
	"function names only: do not read DWARF", 0},
    {.doc = "Messages:", .group = 4},
    {"quiet", 'q', NULL, 0, "print errors only", 0},
    {"verbose", 'v', NULL, 0, "print more in the summary", 0},
    {"help", KEY_HELP, NULL, 0, "print this help and exit", 0},
    {"version", KEY_VERSION, NULL, 0, "print the version and exit", 0},
    {0},
};

/* What was typed, as far as it needs more than one option to be judged. */
struct args {
	struct recording_opts rec;
	const char *format;
	regex_t thread_re;
	bool has_thread_re;
	bool answered; /* --help or --version: there is nothing to do */
	struct err *err;
};

static error_t
bad_value(const struct args *a, const char *value, const char *should_be)
{
	(void)err_set(a->err, ERR_USAGE, "'%s' is not %s", value, should_be);
	return EINVAL;
}

static error_t
parse_id(const struct args *a, const char *s, const char *what, pid_t *ret)
{
	uint64_t v;

	if (!parse_u64(s, INT_MAX, &v) || v == 0)
		return bad_value(a, s, what);
	*ret = (pid_t)v;
	return 0;
}

static error_t
parse_range(const struct args *a, const char *s, unsigned max, const char *what,
    unsigned *ret)
{
	uint64_t v;

	if (!parse_u64(s, max, &v) || v == 0)
		return bad_value(a, s, what);
	*ret = (unsigned)v;
	return 0;
}

static error_t
parse_pid(const struct args *a, const char *s, pid_t *ret)
{
	pid_t had = *ret;
	error_t r = parse_id(a, s, "a process id", ret);

	if (r == 0 && had != 0) {
		(void)err_set(a->err, ERR_USAGE,
		    "one process at a time: %d or %d", (int)had, (int)*ret);
		return EINVAL;
	}
	return r;
}

static error_t
parse_thread_re(struct args *a, const char *s)
{
	char why[128];
	int r;

	if (a->has_thread_re)
		regfree(&a->thread_re);
	r = regcomp(&a->thread_re, s, REG_EXTENDED | REG_NOSUB);
	a->has_thread_re = r == 0;
	if (r != 0) {
		(void)regerror(r, &a->thread_re, why, sizeof(why));
		(void)err_set(a->err, ERR_USAGE,
		    "'%s' is not a regular expression: %s", s, why);
		return EINVAL;
	}
	a->rec.session.thread_re = &a->thread_re;
	return 0;
}

static error_t
parse_labels(const struct args *a, const char *s, enum session_labels *ret)
{
	static const struct {
		const char *name;
		enum session_labels labels;
	} all[] = {{"none", LABELS_NONE}, {"name", LABELS_NAME},
	    {"thread", LABELS_THREAD}};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(s, all[i].name) == 0) {
			*ret = all[i].labels;
			return 0;
		}
	}
	return bad_value(a, s, "a kind of label: none, name or thread");
}

/* A bare PID, or, behind "--", a command and all that belongs to it. */
static error_t
parse_operand(struct args *a, const char *s, struct argp_state *state)
{
	if (state->quoted == 0 || state->next - 1 < state->quoted) {
		uint64_t v;

		if (!parse_u64(s, INT_MAX, &v))
			return bad_value(
			    a, s, "a process id; a command goes behind --");
		return parse_pid(a, s, &a->rec.session.pid);
	}
	a->rec.session.argv = &state->argv[state->next - 1];
	state->next = state->argc;
	return 0;
}

static error_t
check_together(const struct args *a)
{
	const struct recording_opts *rec = &a->rec;
	const struct session_opts *s = &rec->session;

	if (s->pid == 0 && s->argv == NULL)
		(void)err_set(a->err, ERR_USAGE,
		    "nothing to record: give a PID, or a command behind --");
	else if (s->pid != 0 && s->argv != NULL)
		(void)err_set(a->err, ERR_USAGE,
		    "either PID %d or the command '%s', not both", (int)s->pid,
		    s->argv[0]);
	else if (s->pid == getpid())
		(void)err_set(a->err, ERR_USAGE,
		    "PID %d is this scrape, which cannot stop itself",
		    (int)s->pid);
	else if (s->tid != 0 && s->argv != NULL)
		(void)err_set(a->err, ERR_USAGE,
		    "-t %d: a command that is yet to start has no such thread",
		    (int)s->tid);
	else if (s->tid != 0 && s->thread_re != NULL)
		(void)err_set(
		    a->err, ERR_USAGE, "either -t or --thread, not both");
	else if (rec->quiet && rec->verbose)
		(void)err_set(a->err, ERR_USAGE, "either -q or -v, not both");
	else if (rec->output != NULL && rec->stats != NULL &&
		 strcmp(rec->output, rec->stats) == 0)
		(void)err_set(a->err, ERR_USAGE,
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

	if (naming_format(a->format, rec->output, &rec->format, a->err) < 0)
		return EINVAL;
	if (to_stdout && rec->format->binary && isatty(STDOUT_FILENO)) {
		(void)err_set(a->err, ERR_USAGE,
		    "%s is binary and standard output is a terminal",
		    rec->format->name);
		err_try(a->err, "-o FILE, or -o - | COMMAND");
		return EINVAL;
	}
	return 0;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	struct session_opts *s = &a->rec.session;

	switch (key) {
	case ARGP_KEY_INIT:
		/* argp's own "Try ..." is main's to print. */
		state->err_stream = NULL;
		return 0;
	case 'p':
		return parse_pid(a, arg, &s->pid);
	case 't':
		return parse_id(a, arg, "a thread id", &s->tid);
	case KEY_THREAD:
		return parse_thread_re(a, arg);
	case 'd':
		if (!parse_duration(arg, &s->duration_ns))
			return bad_value(
			    a, arg, "a duration, such as 10, 500ms or 1m30s");
		return 0;
	case 'r':
		return parse_range(a, arg, MAX_RATE,
		    "a rate from 1 to 10000 per second", &s->rate);
	case KEY_MAX_DEPTH:
		return parse_range(a, arg, MAX_DEPTH, "a depth from 1 to 65536",
		    &s->max_depth);
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
	case KEY_NO_INLINE:
		s->inlines = false;
		return 0;
	case KEY_NO_LINES:
		s->lines = false;
		return 0;
	case 'q':
		a->rec.quiet = true;
		return 0;
	case 'v':
		a->rec.verbose = true;
		return 0;
	case KEY_HELP:
		argp_state_help(
		    state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		a->answered = true;
		return ECANCELED;
	case KEY_VERSION:
		argp_program_version_hook(stdout, state);
		a->answered = true;
		return ECANCELED;
	case ARGP_KEY_ARG:
		return parse_operand(a, arg, state);
	case ARGP_KEY_END: {
		error_t r = check_together(a);

		return r != 0 ? r : check_format(a);
	}
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "PID\n-- CMD [ARG...]",
    .doc = "Record where a process spends its CPU time, as a profile for "
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
	    .rec.session =
		{
		    .rate = DEFAULT_RATE,
		    .labels = LABELS_THREAD,
		    .max_depth = DEFAULT_DEPTH,
		    .inlines = true,
		    .lines = true,
		},
	    .err = err,
	};
	int r;

	/* What argp finds wrong itself, it has printed; err stays empty. */
	(void)err_set(err, ERR_USAGE, "%s", "");
	r = argp_parse(
	    &argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, &a);
	if (a.answered)
		r = 0;
	else if (r != 0)
		r = -ERR_USAGE;
	else
		r = warn_and_run(&a, err);
	if (a.has_thread_re)
		regfree(&a.thread_re);
	return r;
}

const struct command cmd_record = {
    .name = "record",
    .summary = "write a profile of a process or command to a file",
    .argp = &argp,
    .run = run,
};
