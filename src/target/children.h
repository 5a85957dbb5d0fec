/* SPDX-License-Identifier: GPL-3.0-or-later */
/* children.h - the processes below a process */
#ifndef SCRAPE_TARGET_CHILDREN_H
#define SCRAPE_TARGET_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid, ppid;
};

/*
 * The descendants of pid, parents before their children, siblings by pid;
 * free() them. By one pass over /proc: /proc/PID/task/TID/children needs a
 * kernel with CONFIG_PROC_CHILDREN, and a read for each thread of each process.
 * What was started during the pass may be missing.
 */
struct process *children_of(pid_t pid, size_t *ret_n);
/* Those below any of several, without these themselves. */
struct process *children_of_any(
    const pid_t *pids, size_t n_pids, size_t *ret_n);
/* The parent of a process, or of the process that a thread is of; 0: gone. */
pid_t children_parent(pid_t pid);
/* Whether this is the id of a thread, and of no process. */
bool children_is_thread(pid_t pid);

#endif
