/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/command.h"

#include "base/parse.h"
#include "base/xalloc.h"
#include "core/check.h"
#include "output/check_json.h"
#include "output/check_text.h"
#include "session/quality.h"
#include "target/access.h"
#include "target/target.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	KEY_HELP = 0x100,
	KEY_VERSION,
	KEY_JSON,
};

static const struct argp_option options[] = {
    {"pid", 'p', "PID", 0, "check this process", 0},
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    {"help", KEY_HELP, NULL, 0, "print this help and exit", 0},
    {"version", KEY_VERSION, NULL, 0, "print the version and exit", 0},
    {0},
};

struct args {
	pid_t pid; /* 0: this machine */
	bool json;
	bool answered; /* --help or --version: there is nothing to do */
	struct err *err;
};

static error_t
parse_pid(struct args *a, const char *s)
{
	uint64_t v;

	if (!parse_u64(s, INT_MAX, &v) || v == 0) {
		(void)err_set(a->err, ERR_USAGE, "'%s' is not a process id", s);
		return EINVAL;
	}
	if (a->pid != 0) {
		(void)err_set(a->err, ERR_USAGE,
		    "one process at a time: %d or %d", (int)a->pid, (int)v);
		return EINVAL;
	}
	a->pid = (pid_t)v;
	return 0;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* argp's own "Try ..." is main's to print. */
		state->err_stream = NULL;
		return 0;
	case 'p':
	case ARGP_KEY_ARG:
		return parse_pid(a, arg);
	case KEY_JSON:
		a->json = true;
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
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "[PID]",
    .doc = "Find out whether a process can be read, how good its stacks will "
	   "be, and what to change."
	   "\v"
	   "Without a PID this machine is checked. The target is not stopped.",
};

static bool
is_without_names(const struct check_module *m)
{
	return check_module_verdict(m) == VERDICT_WARN &&
	       m->symbols != SYMBOLS_FULL;
}

static size_t
count_modules(const struct check *c, bool (*is)(const struct check_module *m))
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_modules; i++)
		n += is(&c->modules[i]);
	return n;
}

static bool
is_without_unwind(const struct check_module *m)
{
	return m->unwind == NULL;
}

/* The vDSO has no lines anywhere. */
static bool
is_without_lines(const struct check_module *m)
{
	return !m->has_lines && m->path[0] != '[';
}

/* The first that keeps scrape out. */
static const struct finding *
first_failed(const struct check *c)
{
	for (size_t i = 0; i < c->n_findings; i++)
		if (c->findings[i].verdict == VERDICT_FAIL)
			return &c->findings[i];
	return NULL;
}

static char *
summarize_modules(const struct check *c)
{
	size_t names = count_modules(c, is_without_names);
	size_t unwind = count_modules(c, is_without_unwind);
	size_t lines = count_modules(c, is_without_lines);
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);

	if (fp == NULL)
		die_no_memory();
	(void)fprintf(
	    fp, "scrape can read PID %d (%s): ", (int)c->pid, c->comm);
	if (names > 0)
		(void)fprintf(fp, "%zu of %zu modules without symbols", names,
		    c->n_modules);
	else
		(void)fputs("all modules have symbols", fp);
	if (unwind > 0)
		(void)fprintf(fp, ", %zu without unwind tables", unwind);
	if (lines > 0)
		(void)fprintf(fp, ", %zu without lines", lines);
	if (fclose(fp) != 0)
		die_no_memory();
	return text;
}

static char *
summarize(const struct check *c)
{
	const struct finding *failed = first_failed(c);

	if (c->pid == 0)
		return xstrdup(failed == NULL ? "scrape can be used here"
					      : "scrape cannot be used here");
	if (failed == NULL)
		return summarize_modules(c);
	if (c->comm[0] == '\0')
		return xasprintf(
		    "scrape cannot read PID %d: %s", (int)c->pid, failed->what);
	return xasprintf("scrape cannot read PID %d (%s): %s", (int)c->pid,
	    c->comm, failed->what);
}

/* The program of debian-goodies that names the packages of a process. */
static char *
advise_packages(const struct check *c)
{
	if (count_modules(c, is_without_lines) == 0 ||
	    access("/etc/debian_version", F_OK) != 0)
		return NULL;
	return xasprintf("find-dbgsym-packages %d (of debian-goodies) names "
			 "the packages with symbols and lines",
	    (int)c->pid);
}

/* It may have ended since the gates were looked at: that is no zombie's end. */
static int
look_at_modules(struct check *c, struct err *err)
{
	struct target t;
	int r = target_open(c->pid, &t, err);

	if (r < 0)
		return r;
	if (!quality_look(&t, c) && target_has_exited(&t))
		r = access_no_process(c->pid, err);
	target_close(&t);
	if (r == 0)
		c->advice = advise_packages(c);
	return r;
}

static bool
wants_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0');
}

static int
check(const struct args *a, struct err *err)
{
	struct check c;
	int r = 0;

	access_check(a->pid, &c);
	if (c.pid != 0 && c.status == 0)
		r = look_at_modules(&c, err);
	if (r == 0) {
		c.summary = summarize(&c);
		if (a->json)
			check_json_write(&c, stdout);
		else
			check_text_write(&c, wants_colours(), stdout);
		r = c.status;
	}
	check_deinit(&c);
	return r;
}

static int
run(int argc, char *argv[], struct err *err)
{
	struct args a = {.err = err};
	int r;

	/* What argp finds wrong itself, it has printed; err stays empty. */
	(void)err_set(err, ERR_USAGE, "%s", "");
	r = argp_parse(
	    &argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, &a);
	if (a.answered)
		return 0;
	return r != 0 ? -ERR_USAGE : check(&a, err);
}

const struct command cmd_check = {
    .name = "check",
    .summary = "find out whether a process can be read, and how well",
    .argp = &argp,
    .run = run,
};
