/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h - the options that commands share: which process, how much of its
 * stacks, and how much to say
 *
 * A command puts the rows it wants into its argp table and hands every key that
 * is not its own to options_parse().
 */
#ifndef SCRAPE_CLI_OPTIONS_H
#define SCRAPE_CLI_OPTIONS_H

#include "base/err.h"
#include "cli/terminal.h"
#include "object/debug_search.h"
#include "session/session.h"

#include <argp.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEFAULT_DEPTH 8192
#define MAX_DEPTH     65536

enum {
	KEY_HELP = 0x100,
	KEY_VERSION,
	KEY_THREAD,
	KEY_MAX_DEPTH,
	KEY_NO_STOP,
	KEY_KERNEL,
	KEY_NO_INLINE,
	KEY_NO_LINES,
	KEY_DEBUG_PATH,
	KEY_DEBUGINFOD,
	KEY_SAVE_SNAPSHOTS,
	KEY_CHILDREN,
	KEY_MAX_PAUSE,
	KEY_OWN, /* a command's own keys begin here */
};

/* clang-format off */
#define OPTION_PID(doc) \
	{"pid", 'p', "PID", 0, doc, 0}
#define OPTION_CHILDREN(doc) \
	{"children", KEY_CHILDREN, NULL, 0, doc, 0}
#define OPTIONS_THREADS \
	{"tid", 't', "TID", 0, "only this thread", 0}, \
	{"thread", KEY_THREAD, "REGEX", 0, \
	    "only threads whose name matches the extended regular expression", \
	    0}
#define OPTION_MODE \
	{"mode", 'm', "MODE", 0, \
	    "weigh CPU time, or all time, asleep too: cpu or wall (default: " \
	    "cpu)", \
	    0}
#define OPTION_NO_STOP \
	{"no-stop", KEY_NO_STOP, NULL, 0, \
	    "stop no thread: only those that sleep have stacks", 0}
#define OPTION_KERNEL \
	{"kernel", KEY_KERNEL, NULL, 0, \
	    "in mode wall: where in the kernel sleepers sleep, too (needs " \
	    "CAP_SYS_ADMIN)", \
	    0}
#define OPTION_MAX_PAUSE \
	{"max-pause", KEY_MAX_PAUSE, "PCT", 0, \
	    "lower the rate rather than hold a thread for more than PCT " \
	    "percent of the time (default: 1)", \
	    0}
#define OPTION_MAX_DEPTH \
	{"max-depth", KEY_MAX_DEPTH, "N", 0, \
	    "frames kept of a stack, to 65536 (default: 8192)", 0}
#define OPTIONS_NAMES \
	{"no-inline", KEY_NO_INLINE, NULL, 0, "do not list inlined calls", 0}, \
	{"no-lines", KEY_NO_LINES, NULL, 0, \
	    "function names only: do not read DWARF", 0}
#define OPTIONS_DEBUG_FILES \
	{"debug-path", KEY_DEBUG_PATH, "DIR", 0, \
	    "look for separate debug files there first; may be given more " \
	    "than once", \
	    0}, \
	{"debuginfod", KEY_DEBUGINFOD, NULL, 0, \
	    "ask the servers in DEBUGINFOD_URLS as well", 0}
#define OPTION_SAVE_SNAPSHOTS(doc) \
	{"save-snapshots", KEY_SAVE_SNAPSHOTS, "DIR", 0, doc, 0}
#define OPTIONS_MESSAGES(verbose_doc) \
	{"quiet", 'q', NULL, 0, "print errors only", 0}, \
	{"verbose", 'v', NULL, 0, verbose_doc, 0}, \
	OPTIONS_ANSWERS
#define OPTION_COLOR(key) \
	{"color", key, "WHEN", 0, \
	    "auto, always or never (default: auto, on a terminal without " \
	    "NO_COLOR)", \
	    0}
#define OPTIONS_ANSWERS \
	{"help", KEY_HELP, NULL, 0, "print this help and exit", 0}, \
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, \
	{"version", KEY_VERSION, NULL, 0, "print the version and exit", 0}
/* clang-format on */

/* Begins as OPTIONS_DEFAULT. */
struct options {
	pid_t *pids; /* each once, as typed */
	size_t n_pids, cap_pids;
	bool children;	    /* and those below them */
	pid_t tid;	    /* 0: all */
	regex_t *thread_re; /* NULL: all */
	enum measure measure;
	bool no_stop, kernel;
	double max_pause;   /* a share; 0: the usual */
	unsigned max_depth;
	bool inlines, lines;
	const char **debug_paths;
	size_t n_debug_paths, cap_debug_paths;
	bool debuginfod;
	const char *save_dir; /* --save-snapshots */
	char *const *command; /* behind "--", NULL-terminated; or NULL */
	bool quiet, verbose;
	bool answered; /* --help or --version: there is nothing to do */
	struct err *err;
};
#define OPTIONS_DEFAULT(e) \
	{.max_depth = DEFAULT_DEPTH, .inlines = true, .lines = true, .err = (e)}

/* Takes a shared key, or says ARGP_ERR_UNKNOWN. */
error_t options_parse(
    struct options *o, int key, char *arg, struct argp_state *state);
error_t options_add_pid(struct options *o, const char *s);
/* A bare PID, or, behind "--", a command and all that belongs to it. */
error_t options_operand(
    struct options *o, const char *s, struct argp_state *state);
/* Where debug files are looked for; borrows from o. */
struct debug_search options_debug_search(const struct options *o);
/* Which targets, and how much of their stacks; borrows from o. */
void options_take_session(const struct options *o, struct session_opts *ret);
/* Of what does not go together: -q with -v, -t with --thread, our own PID. */
error_t options_check(const struct options *o);
/*
 * The same for those who sample processes or a command. verb: what there is
 * nothing to do, such as "record".
 */
error_t options_check_targets(const struct options *o, const char *verb);
/* Whether there may be more than one process. */
bool options_is_several(const struct options *o);
void options_deinit(struct options *o);

/*
 * Runs argp. 0, or a negative enum err_kind. With o->answered there is nothing
 * more to do. input is what the parser gets.
 */
int options_read(const struct argp *argp, int argc, char *argv[],
    struct options *o, void *input);

/* For values: fills err and gives what a parser returns. */
error_t option_bad(
    const struct options *o, const char *value, const char *should_be);
/* One of the names, which end with NULL: which. */
error_t option_choice(const struct options *o, const char *s,
    const char *const names[], const char *should_be, unsigned *ret);
error_t option_color(
    const struct options *o, const char *s, enum color_when *ret);
error_t option_duration(
    const struct options *o, const char *s, uint64_t *ret_ns);
error_t option_range(const struct options *o, const char *s, unsigned max,
    const char *should_be, unsigned *ret);

#endif
