/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syscall_table.h - system calls by number: names, and what they are given
 *
 * The names are those of the kernel headers that scrape was built with, and the
 * newer ones in syscalls.txt; what each argument is, stands there.
 */
#ifndef SCRAPE_TARGET_SYSCALL_TABLE_H
#define SCRAPE_TARGET_SYSCALL_TABLE_H

#include "core/dump.h"

#include <stdint.h>

/* The words of syscalls.txt, where each is explained. */
enum arg_kind {
	ARG_HIDDEN,
	ARG_ADDR,
	ARG_CLOCKSLEEP,
	ARG_FCNTL,
	ARG_FD,
	ARG_FDNO,
	ARG_FDSET,
	ARG_FLOCK,
	ARG_FUTEX,
	ARG_FUTEXES,
	ARG_FUTEXWAIT,
	ARG_ID,
	ARG_L,
	ARG_MASK,
	ARG_MS,
	ARG_N,
	ARG_OPTFD,
	ARG_PATH,
	ARG_PID,
	ARG_POLLFDS,
	ARG_POLLMS,
	ARG_POLLTS,
	ARG_POLLTV,
	ARG_SIGNAL,
	ARG_SIZE,
	ARG_SLEEP,
	ARG_TO,
	ARG_TS,
	ARG_WAITID,
	ARG_WAITPID,
	ARG_WAITSET,
	ARG_X,
	N_ARG_KINDS,
};

struct syscall_info {
	const char *name;
	uint8_t n_args;
	uint8_t kinds[SYSCALL_ARGS]; /* enum arg_kind */
};

/* NULL: no call that we know. */
const struct syscall_info *syscall_info(int64_t number);
const char *syscall_name(int64_t number);
/* How many arguments it takes; all six for one that is not known. */
unsigned syscall_n_args(int64_t number);

#endif
