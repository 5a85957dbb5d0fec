/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syscall_arg.h - the arguments of one call, each put into words
 *
 * Private to syscall_text.c and arg_*.c. A printer adds what its argument says,
 * with a blank or ", " before it, or nothing. It looks at the arguments behind
 * its own only where syscalls.txt says so.
 */
#ifndef SCRAPE_TARGET_SYSCALL_ARG_H
#define SCRAPE_TARGET_SYSCALL_ARG_H

#include "target/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct fd_names;
struct target;

struct call {
	const struct target *t;
	struct fd_names *names;
	const uint64_t *args; /* SYSCALL_ARGS of them */
	struct line line;
};

typedef void arg_printer(struct call *c, unsigned i);

/* Exactly len bytes at addr in the target, or false. */
bool call_read(const struct call *c, uint64_t addr, void *buf, size_t len);
/* An int is passed in a register whose upper half means nothing. */
static inline int
call_int(const struct call *c, unsigned i)
{
	return (int)(uint32_t)c->args[i];
}

/* arg_fd.c */
arg_printer arg_fd, arg_fdno, arg_optfd, arg_pollfds, arg_fdset, arg_fcntl,
    arg_flock;
void add_fd(struct call *c, int fd);

/* arg_futex.c */
arg_printer arg_futex, arg_futexes, arg_futexwait;

/* arg_process.c */
arg_printer arg_pid, arg_waitpid, arg_waitid;

/* arg_signal.c */
arg_printer arg_signal, arg_waitset, arg_mask;

/* arg_time.c */
arg_printer arg_ms, arg_ts, arg_pollms, arg_pollts, arg_polltv, arg_sleep,
    arg_clocksleep;
/* ", timeout 2.5 s" of the struct timespec at addr; nothing for none. */
void add_timeout(struct call *c, uint64_t addr);
/* ", 2.5 s left" until the time at addr on a clock; nothing for none. */
void add_deadline(struct call *c, clockid_t clock, uint64_t addr);

#endif
