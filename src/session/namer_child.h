/* SPDX-License-Identifier: GPL-3.0-or-later */
/* namer_child.h - the process that looks names up, once it has been forked */
#ifndef SCRAPE_SESSION_NAMER_CHILD_H
#define SCRAPE_SESSION_NAMER_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct namer_opts;

/* In place of a place: none of the batch. */
#define NAMER_NOWHERE UINT32_MAX

/*
 * What a child is at, in memory that it shares with the namer and that outlives
 * it: so it is known what it died of, without a message for each place. It may
 * hold anything if the child was taken over; then that child's own places are
 * given up, and its CPU time is told wrong, no more.
 */
struct namer_page {
	_Atomic uint32_t step; /* another value: another thing was begun */
	_Atomic uint32_t at;   /* which place of the batch, or NAMER_NOWHERE */
	_Atomic bool is_opening; /* it may be reading a large file just now */
	_Atomic pid_t pid;	     /* of the child; 0: there is none */
	_Atomic uint64_t ended_cpu_ns; /* of those that have ended */
};

/* Answers what comes by sock until nobody is there any more. */
_Noreturn void namer_child_run(
    int sock, const struct namer_opts *opts, struct namer_page *page);

#endif
