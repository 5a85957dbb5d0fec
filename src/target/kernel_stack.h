/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel_stack.h - where in the kernel a thread sleeps
 *
 * /proc/PID/task/TID/stack (proc(5), fs/proc/base.c): a line "[<0>] name+0x1/0x2"
 * for each call, innermost first. The kernel shows it to those with
 * CAP_SYS_ADMIN alone, and what it says of a thread that runs means nothing.
 */
#ifndef SCRAPE_TARGET_KERNEL_STACK_H
#define SCRAPE_TARGET_KERNEL_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct target;

/* The kernel's own bound is 64 (MAX_STACK_TRACE_DEPTH); names are cut. */
#define KERNEL_FRAMES_MAX 64
#define KERNEL_NAME_MAX	  96

struct kernel_stack {
	char names[KERNEL_FRAMES_MAX][KERNEL_NAME_MAX];
	size_t n;
};

/* False: it may not be read, or the thread is gone. */
bool kernel_stack_read(
    const struct target *t, pid_t tid, struct kernel_stack *ret);
void kernel_stack_parse(const char *text, struct kernel_stack *ret);
/* Whether this process may read those of others. */
bool kernel_stack_is_permitted(void);

#endif
