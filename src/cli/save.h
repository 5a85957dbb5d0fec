/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save.h - a recording to its file, whatever happens on the way
 *
 * Names come from ELF and DWARF that nobody vouches for, read by a library
 * that has crashed on such input before. So a child of ours looks them up and
 * writes; when it dies of it, the parent, which still holds every sample,
 * writes the profile without names.
 *
 *	parent	 open the file, fork ........ wait ........ commit or remove it
 *	child	                 \ name, write, tell /
 */
#ifndef SCRAPE_CLI_SAVE_H
#define SCRAPE_CLI_SAVE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* name runs in the child only; write and tell in the parent if name crashed. */
struct save_job {
	void (*name)(void *ctx);
	int (*write)(void *ctx, FILE *fp, struct err *err);
	/* In the end, also of a write that failed; or NULL. */
	void (*tell)(void *ctx);
	void *ctx;
};

enum save_end {
	SAVE_NAMED,
	SAVE_UNNAMED, /* the child died: what is written has no names */
	SAVE_ABORTED, /* the user asked for the end once more: no file */
};

struct save_result {
	enum save_end end;
	int signal; /* that the child died of; 0 where it just went */
	off_t size; /* of the file */
};

/*
 * To be called before the signals can matter, once: holds back SIGINT, SIGTERM,
 * SIGHUP, SIGUSR1 and SIGCHLD, and makes a closed pipe, and a file larger than
 * the limit, an error of write().
 * Not undone, but of no effect on children that were started before.
 */
void save_hold_signals(void);

/*
 * From here on a command of ours runs beside the saving, and is what the user
 * has in front: SIGINT is left to it, and the first SIGTERM passed on. It must
 * not be waited for before all is saved.
 */
void save_beside_command(pid_t pid);
/* In the end: what has come meanwhile asked for nothing that is left to do. */
void save_drop_signals(void);

/*
 * SIGINT or SIGTERM meanwhile aborts. SIGHUP does not: a terminal that goes
 * away may send two of them, and the first has ended the recording already.
 */
int save_run(const struct save_job *job, const char *path,
    struct save_result *ret, struct err *err);

/*
 * The same in the background, of the recording as it is now, from a copy of the
 * process; done is called there. Returns its pid, or -1 with errno set. It
 * outlives the terminal's signals; save_wait() hands an abort on.
 */
pid_t save_start(const struct save_job *job, const char *path,
    void (*done)(void *ctx, const char *path, int rc,
	const struct save_result *result, struct err *err));
/* Whether it has ended; never waits. */
bool save_is_over(pid_t pid);
/* False when the user aborted it. */
bool save_wait(pid_t pid);
void save_abort(pid_t pid);

#endif
