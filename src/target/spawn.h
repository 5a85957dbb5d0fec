/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.h - start the command of "-- CMD", held until we look
 */
#ifndef SCRAPE_TARGET_SPAWN_H
#define SCRAPE_TARGET_SPAWN_H

#include "base/err.h"

#include <signal.h>
#include <sys/types.h>

/*
 * Starts argv with the signal mask given; returns when the program is running
 * (its exec has succeeded), or fails with ERR_CANNOT_EXEC or ERR_NOT_FOUND.
 */
int spawn(char *const argv[], const sigset_t *mask, pid_t *ret_pid,
    struct err *err);

#endif
