/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/command.h"

#include "base/xalloc.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "core/check.h"
#include "output/check_json.h"
#include "output/check_text.h"
#include "session/quality.h"
#include "target/access.h"
#include "target/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	KEY_JSON = KEY_OWN,
};

static const struct argp_option options[] = {
    OPTION_PID("check this process"),
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    OPTIONS_DEBUG_FILES,
    OPTIONS_ANSWERS,
    {0},
};

struct args {
	struct options common;
	bool json;
};

static error_t
check_together(const struct options *o)
{
	if (o->n_pids <= 1)
		return 0;
	(void)err_set(o->err, ERR_USAGE, "one process at a time: %d or %d",
	    (int)o->pids[0], (int)o->pids[1]);
	return EINVAL;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case KEY_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return options_add_pid(&a->common, arg);
	case ARGP_KEY_END:
		return check_together(&a->common);
	default:
		return options_parse(&a->common, key, arg, state);
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
	FILE *fp = xopen_memstream(&text, &size);

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
	xclose_memstream(fp);
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
look_at_modules(
    struct check *c, const struct debug_search *search, struct err *err)
{
	struct target t;
	int r = target_open(c->pid, &t, err);

	if (r < 0)
		return r;
	if (!quality_look(&t, search, c) && target_has_exited(&t))
		r = access_no_process(c->pid, err);
	target_close(&t);
	if (r == 0)
		c->advice = advise_packages(c);
	return r;
}

static int
check(const struct args *a, struct err *err)
{
	const struct debug_search search = options_debug_search(&a->common);
	struct check c;
	int r = 0;

	access_check(a->common.n_pids > 0 ? a->common.pids[0] : 0, &c);
	if (c.pid != 0 && c.status == 0)
		r = look_at_modules(&c, &search, err);
	if (r == 0) {
		c.summary = summarize(&c);
		if (a->json)
			check_json_write(&c, stdout);
		else
			check_text_write(
			    &c, terminal_wants_colour(COLOR_AUTO), stdout);
		r = c.status;
	}
	check_deinit(&c);
	return r;
}

static int
run(int argc, char *argv[], struct err *err)
{
	struct args a = {.common = OPTIONS_DEFAULT(err)};
	int r = options_read(&argp, argc, argv, &a.common, &a);

	if (r == 0 && !a.common.answered)
		r = check(&a, err);
	options_deinit(&a.common);
	return r;
}

const struct command cmd_check = {
    .name = "check",
    .summary = "find out whether a process can be read, and how well",
    .argp = &argp,
    .run = run,
};
