/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.h - start the command of "-- CMD", held at its first instruction
 *
 * A command may end before we have found its /proc entry. So it is seized
 * before its exec and stops there; when we are ready to look, it is let go and
 * nothing remains attached. Should scrape die meanwhile, it simply runs.
 */
#ifndef SCRAPE_TARGET_SPAWN_H
#define SCRAPE_TARGET_SPAWN_H

#include "base/err.h"

#include <signal.h>
#include <sys/types.h>

/*
 * Starts argv with the signal mask given and, unless stdio is NULL, with these
 * three descriptors as standard input, output and error, where -1 leaves what
 * we have. Returns when its exec is done.
 * Fails with ERR_CANNOT_EXEC or ERR_NOT_FOUND. Where we may not trace, the
 * command is not held, and opening it as a target will tell why.
 */
int spawn(char *const argv[], const sigset_t *mask, const int *stdio,
    pid_t *ret_pid, struct err *err);
void spawn_release(pid_t pid);
/* For a command that cannot be recorded: ends it, as if it had not been. */
void spawn_cancel(pid_t pid);

#endif
