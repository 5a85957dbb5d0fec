/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/options.h"

#include "base/parse.h"
#include "base/pattern.h"
#include "base/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

error_t
option_bad(const struct options *o, const char *value, const char *should_be)
{
	(void)err_set(o->err, ERR_USAGE, "'%s' is not %s", value, should_be);
	return EINVAL;
}

error_t
option_choice(const struct options *o, const char *s, const char *const names[],
    const char *should_be, unsigned *ret)
{
	for (unsigned i = 0; names[i] != NULL; i++) {
		if (strcmp(s, names[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return option_bad(o, s, should_be);
}

error_t
option_color(const struct options *o, const char *s, enum color_when *ret)
{
	static const char *const names[] = {
	    [COLOR_AUTO] = "auto",
	    [COLOR_ALWAYS] = "always",
	    [COLOR_NEVER] = "never",
	    NULL,
	};
	unsigned choice = 0;
	error_t r =
	    option_choice(o, s, names, "auto, always or never", &choice);

	*ret = (enum color_when)choice;
	return r;
}

error_t
option_duration(const struct options *o, const char *s, uint64_t *ret_ns)
{
	if (parse_duration(s, ret_ns))
		return 0;
	return option_bad(o, s, "a duration, such as 10, 500ms or 1m30s");
}

error_t
option_range(const struct options *o, const char *s, unsigned max,
    const char *should_be, unsigned *ret)
{
	uint64_t v;

	if (!parse_u64(s, max, &v) || v == 0)
		return option_bad(o, s, should_be);
	*ret = (unsigned)v;
	return 0;
}

static error_t
parse_id(const struct options *o, const char *s, const char *what, pid_t *ret)
{
	unsigned v = 0;
	error_t r = option_range(o, s, INT_MAX, what, &v);

	*ret = (pid_t)v;
	return r;
}

/* Of what there is one of: a second one would silently replace the first. */
static error_t
refuse_twice(const struct options *o, const char *option)
{
	(void)err_set(o->err, ERR_USAGE, "%s may be given once only", option);
	return EINVAL;
}

/* Such as a program's name, which can be shown as something to type. */
static bool
is_plain_word(const char *s)
{
	return isalpha((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._-") == strlen(s);
}

error_t
options_add_pid(struct options *o, const char *s)
{
	pid_t pid;
	error_t r = parse_id(o, s, "a process id", &pid);

	if (r != 0 && is_plain_word(s))
		err_try(o->err, "pgrep %s", s);

	for (size_t i = 0; r == 0 && i < o->n_pids; i++)
		if (o->pids[i] == pid)
			return 0;
	if (r == 0) {
		GROW(o->pids, o->n_pids, o->cap_pids);
		o->pids[o->n_pids++] = pid;
	}
	return r;
}

error_t
options_operand(struct options *o, const char *s, struct argp_state *state)
{
	if (state->quoted == 0 || state->next - 1 < state->quoted) {
		uint64_t v;

		if (!parse_u64(s, INT_MAX, &v))
			return option_bad(
			    o, s, "a process id; a command goes behind --");
		return options_add_pid(o, s);
	}
	o->command = &state->argv[state->next - 1];
	state->next = state->argc;
	return 0;
}

static error_t
parse_thread_re(struct options *o, const char *s)
{
	regex_t *re = xcalloc(1, sizeof(*re));
	char why[128];

	if (pattern_compile(re, s, 0, why, sizeof(why))) {
		o->thread_re = re;
		return 0;
	}
	(void)err_set(o->err, ERR_USAGE,
	    "'%s' is not a regular expression: %s", s, why);
	free(re);
	return EINVAL;
}

static error_t
parse_mode(struct options *o, const char *s)
{
	static const char *const names[] = {
	    [MEASURE_CPU] = "cpu",
	    [MEASURE_WALL] = "wall",
	    NULL,
	};
	unsigned choice = 0;
	error_t r = option_choice(o, s, names, "a mode: cpu or wall", &choice);

	o->measure = (enum measure)choice;
	return r;
}

/* A slip in its name would show only in names that are missing. */
static error_t
add_debug_path(struct options *o, const char *dir)
{
	struct stat st;

	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return option_bad(o, dir, "a directory");
	GROW(o->debug_paths, o->n_debug_paths, o->cap_debug_paths);
	o->debug_paths[o->n_debug_paths++] = dir;
	return 0;
}

/* "1", "0.5", "2.5%". */
static error_t
parse_percent(const struct options *o, const char *s, double *ret_share)
{
	size_t digits = strspn(s, "0123456789.");
	double percent = strtod(s, NULL);

	if (digits == 0 || strchr(s, '.') != strrchr(s, '.') ||
	    (s[digits] != '\0' && strcmp(s + digits, "%") != 0) ||
	    percent <= 0 || percent > 100)
		return option_bad(
		    o, s, "a percentage above 0, up to 100 for no bound");
	*ret_share = percent / 100;
	return 0;
}

struct debug_search
options_debug_search(const struct options *o)
{
	return (struct debug_search){.paths = o->debug_paths,
	    .n_paths = o->n_debug_paths,
	    .root_fd = -1,
	    .debuginfod = o->debuginfod};
}

void
options_take_session(const struct options *o, struct session_opts *ret)
{
	ret->argv = o->command;
	ret->pids = o->pids;
	ret->n_pids = o->n_pids;
	ret->children = o->children;
	ret->tid = o->tid;
	ret->thread_re = o->thread_re;
	ret->measure = o->measure;
	ret->no_stop = o->no_stop;
	ret->kernel = o->kernel;
	ret->max_pause = o->max_pause;
	ret->max_depth = o->max_depth;
	ret->inlines = o->inlines;
	ret->lines = o->lines;
	ret->debug = options_debug_search(o);
}

static error_t
answer(struct options *o)
{
	o->answered = true;
	return ECANCELED;
}

error_t
options_parse(struct options *o, int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		/* argp's own "Try ..." is main's to print. */
		state->err_stream = NULL;
		return 0;
	case 'p':
		return options_add_pid(o, arg);
	case KEY_CHILDREN:
		o->children = true;
		return 0;
	case 't':
		return o->tid != 0
			   ? refuse_twice(o, "-t")
			   : parse_id(o, arg, "a thread id", &o->tid);
	case KEY_THREAD:
		return o->thread_re != NULL ? refuse_twice(o, "--thread")
					    : parse_thread_re(o, arg);
	case 'm':
		return parse_mode(o, arg);
	case KEY_NO_STOP:
		o->no_stop = true;
		return 0;
	case KEY_KERNEL:
		o->kernel = true;
		return 0;
	case KEY_MAX_PAUSE:
		return parse_percent(o, arg, &o->max_pause);
	case KEY_MAX_DEPTH:
		return option_range(o, arg, MAX_DEPTH,
		    "a depth from 1 to 65536", &o->max_depth);
	case KEY_NO_INLINE:
		o->inlines = false;
		return 0;
	case KEY_NO_LINES:
		o->lines = false;
		return 0;
	case KEY_DEBUG_PATH:
		return add_debug_path(o, arg);
	case KEY_DEBUGINFOD:
		o->debuginfod = true;
		return 0;
	case KEY_SAVE_SNAPSHOTS:
		o->save_dir = arg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case KEY_HELP:
	case 'h':
		argp_state_help(
		    state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		return answer(o);
	case KEY_VERSION:
		argp_program_version_hook(stdout, state);
		return answer(o);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

error_t
options_check(const struct options *o)
{
	for (size_t i = 0; i < o->n_pids; i++) {
		if (o->pids[i] != getpid())
			continue;
		(void)err_set(o->err, ERR_USAGE,
		    "PID %d is this scrape, which cannot stop itself",
		    (int)o->pids[i]);
		return EINVAL;
	}
	if (o->tid != 0 && o->thread_re != NULL)
		(void)err_set(
		    o->err, ERR_USAGE, "either -t or --thread, not both");
	else if (o->quiet && o->verbose)
		(void)err_set(o->err, ERR_USAGE, "either -q or -v, not both");
	else
		return 0;
	return EINVAL;
}

bool
options_is_several(const struct options *o)
{
	return o->n_pids > 1 || o->children;
}

error_t
options_check_targets(const struct options *o, const char *verb)
{
	if (o->n_pids == 0 && o->command == NULL)
		(void)err_set(o->err, ERR_USAGE,
		    "nothing to %s: give a PID, or a command behind --", verb);
	else if (o->n_pids > 0 && o->command != NULL)
		(void)err_set(o->err, ERR_USAGE,
		    "either PID %d or the command '%s', not both",
		    (int)o->pids[0], o->command[0]);
	else if (o->tid != 0 && o->command != NULL)
		(void)err_set(o->err, ERR_USAGE,
		    "-t %d: a command that is yet to start has no such thread",
		    (int)o->tid);
	else if (o->tid != 0 && options_is_several(o))
		(void)err_set(o->err, ERR_USAGE,
		    "-t %d is a thread of one process: give that one only",
		    (int)o->tid);
	else
		return options_check(o);
	return EINVAL;
}

void
options_deinit(struct options *o)
{
	if (o->thread_re != NULL)
		regfree(o->thread_re);
	free(o->thread_re);
	free(o->pids);
	free(o->debug_paths);
}

int
options_read(const struct argp *argp, int argc, char *argv[], struct options *o,
    void *input)
{
	error_t r;

	/* What argp finds wrong itself, it has printed; err stays empty. */
	(void)err_set(o->err, ERR_USAGE, "%s", "");
	r = argp_parse(
	    argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, input);
	return r == 0 || o->answered ? 0 : -ERR_USAGE;
}
