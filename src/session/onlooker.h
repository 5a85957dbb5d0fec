/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * onlooker.h - the threads of a process as /proc shows them, without a stop
 *
 * For the view of threads. Has a struct target of its own, for it is used by
 * another thread than the one that samples. Costs what is asked for: a list of
 * thousands is one directory scan, and what a thread waits for is looked up for
 * those that are on the screen.
 */
#ifndef SCRAPE_SESSION_ONLOOKER_H
#define SCRAPE_SESSION_ONLOOKER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct onlooker;

int onlooker_open(pid_t pid, struct onlooker **ret, struct err *err);
void onlooker_close(struct onlooker *o); /* NULL is fine */

/*
 * Its threads now, sorted; free() them. NULL: it is gone. Begins a new picture:
 * what was found out for the last one is looked up again.
 */
pid_t *onlooker_threads(struct onlooker *o, size_t *ret_n);
/* The letter of /proc/PID/stat; '?': it is gone. */
char onlooker_state(struct onlooker *o, pid_t tid);
/* Raw; "" when it is gone. Valid until the next call. */
const char *onlooker_name(struct onlooker *o, pid_t tid);
/*
 * What it does, in words: the system call as dump tells it; "running", also if
 * it only waits for a CPU; "" when it is gone, or in no call. Raw. Valid until
 * the next call. What it costs is in proportion to the threads asked about.
 */
const char *onlooker_doing(struct onlooker *o, pid_t tid);
/* Seconds since the process was started. */
double onlooker_age(struct onlooker *o);

#endif
