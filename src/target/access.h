/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access.h - may this process be read, and if not, the one cause
 *
 * Joins facts.h (what is so), gate.h (what follows from it) and base/err.h
 * (how the user is told). Stops nothing.
 */
#ifndef SCRAPE_TARGET_ACCESS_H
#define SCRAPE_TARGET_ACCESS_H

#include "base/err.h"

#include <sys/types.h>

struct check;

#define ACCESS_NAME_SIZE 64

/* Who traces a target that was let pass all the same; pid 0: nobody. */
struct access_tracer {
	pid_t pid;
	char comm[ACCESS_NAME_SIZE];
};

/*
 * 0, or the cause. proc_fd is an open /proc/PID, or -1. That another process
 * traces it is no failure: it cannot be stopped, but its memory and what /proc
 * says of it can be read. ret_tracer may be NULL.
 */
int access_explain(pid_t pid, int proc_fd, struct access_tracer *ret_tracer,
    struct err *err);
int access_no_process(pid_t pid, struct err *err);

/*
 * The doctor. Fills pid, comm, status and the findings; pid may be a thread's
 * id, or 0 for this machine alone. Asks the kernel also whether it would let
 * scrape attach, which a command finds out by attaching.
 */
void access_check(pid_t pid, struct check *ret);

#endif
