/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syscall.h - the system call that a thread is in, without stopping it
 *
 * /proc/PID/task/TID/syscall (proc(5), fs/proc/base.c): the kernel takes the
 * registers of a thread that sleeps off its kernel stack. It asks for the right
 * to attach with ptrace, but attaches nothing; the thread does not notice.
 */
#ifndef SCRAPE_TARGET_SYSCALL_H
#define SCRAPE_TARGET_SYSCALL_H

#include "core/dump.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct target;

struct syscall_state {
	bool is_running; /* on a CPU, or waiting for one: no more is known */
	int64_t number;	 /* -1: blocked, but in no call (page fault, stop) */
	uint64_t args[SYSCALL_ARGS]; /* zero when in no call */
	uint64_t sp, pc; /* in user space; pc is behind the call */
};

/* False: the thread is gone, the kernel refuses, or has no such file. */
bool syscall_read(
    const struct target *t, pid_t tid, struct syscall_state *ret);
/* The text of the file; ret is untouched when it is not one. */
bool syscall_parse(const char *text, struct syscall_state *ret);

#endif
