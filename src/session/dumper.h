/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dumper.h - every thread's stack, now
 *
 * A thread that sleeps is read as it sleeps: /proc tells its pc and sp, and if
 * it has not run by the time its stack is read and walked, the stack is true.
 * Only a running thread, and one whose walk needs a register that only a stop
 * tells, is stopped, for microseconds. With freeze all of them are stopped
 * together, for a picture of one moment.
 */
#ifndef SCRAPE_SESSION_DUMPER_H
#define SCRAPE_SESSION_DUMPER_H

#include "base/err.h"
#include "object/debug_search.h"

#include <regex.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Frames in one dump, inlined ones not counted: a thousand threads in an endless
 * recursion would else take all the memory there is.
 */
#define DUMP_FRAMES_MAX 500000

struct dump;
struct dumper;

struct dump_opts {
	pid_t tid;		  /* only this thread; 0: all */
	const regex_t *thread_re; /* only threads with such a name; or NULL */
	unsigned max_depth;
	bool inlines, lines;
	struct debug_search debug; /* its root_fd is not used */
	bool freeze;
	const char *save_dir; /* saves what it sees there; or NULL */
};

/*
 * Finds the process and checks that it may be read. opts is borrowed. SIGCHLD
 * has to be blocked, in every thread, from here to dumper_close().
 */
int dumper_open(pid_t pid, const struct dump_opts *opts, struct dumper **ret,
    struct err *err);
void dumper_close(struct dumper *d); /* NULL is fine */

pid_t dumper_pid(const struct dumper *d);
/* The process a thread id given as PID belongs to, when it differed; else 0. */
pid_t dumper_asked_tid(const struct dumper *d);

/*
 * Who else traces it, so that nothing of it can be stopped: then only threads
 * that sleep, or that the other one holds, have stacks. 0: nobody.
 */
pid_t dumper_tracer(const struct dumper *d, const char **ret_comm);

/* With save_dir: the file of the last dump, or why it could not be written. */
int dumper_saved(
    const struct dumper *d, const char **ret_path, struct err *err);

/*
 * The stacks of now, for dump_free(); may be called again and again. Fails when
 * the process, or the one thread asked for, is gone.
 */
int dumper_take(struct dumper *d, struct dump **ret, struct err *err);

#endif
