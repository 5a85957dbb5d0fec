/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access.h - may this process be read, and if not, the one cause
 *
 * The kernel answers EPERM for six different reasons; the message must name the
 * one that applies, so they are looked at in the order in which
 * __ptrace_may_access() and ptrace_attach() test them.
 */
#ifndef SCRAPE_TARGET_ACCESS_H
#define SCRAPE_TARGET_ACCESS_H

#include "base/err.h"

#include <sys/types.h>

/* 0, or the cause. proc_fd is an open /proc/PID, or -1. Stops nothing. */
int access_explain(pid_t pid, int proc_fd, struct err *err);
int access_no_process(pid_t pid, struct err *err);

#endif
