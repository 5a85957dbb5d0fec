/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * processes.h - the processes that a session watches, each with its sampler
 *
 * They are sampled in turn, by one thread, into one profile. One that ends is
 * finished with: what it was in numbers goes into sums, what its frames lie in
 * stays with the spaces, and of the last ones so does the name.
 */
#ifndef SCRAPE_SESSION_PROCESSES_H
#define SCRAPE_SESSION_PROCESSES_H

#include "base/err.h"
#include "profile/stats.h"
#include "session/sampler.h"
#include "target/access.h"
#include "target/births.h"
#include "target/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Living at a time: what one costs has to stay a small part of a machine. */
#define PROCESSES_MAX 4096
/* Of those that have ended, the last ones are known by name. */
#define PROCESSES_ENDED_MAX 256

struct watched {
	uint64_t serial; /* the how-manieth it was */
	struct target target;
	struct sampler sampler;
	char comm[TARGET_COMM_SIZE]; /* of late */
	uint64_t comm_ns;
	pid_t ppid; /* its parent's, when that was last asked */
	bool has_ended;
	struct access_tracer tracer; /* who had it when we came; pid 0: nobody */
	/*
	 * Of the CPU time of its ended children, and theirs, what is known
	 * whose it was: all that they ever used.
	 */
	uint64_t below_ns;
};

struct ended_process {
	uint64_t serial;
	pid_t pid;
	char comm[TARGET_COMM_SIZE];
};

struct processes {
	struct sampling *sampling;
	/*
	 * In the order they came: the living, and the first of all, which stays
	 * where others look for it.
	 */
	struct watched **v;
	size_t n, cap;
	uint64_t next_serial;
	struct stats past; /* sums of those that are not in v any more */
	struct ended_process ended[PROCESSES_ENDED_MAX]; /* a ring */
	size_t n_ended; /* ever; the next one's place in the ring */
	size_t n_living;
	int ended_fd;	  /* readable when one has ended; -1: none was added */
	/* Of those below, see processes_below.c. */
	struct births births;
	bool births_untold; /* they cannot be told one by one */
	uint64_t look_ns, pass_ns, rest_ns; /* not before these */
	uint64_t passed_ns; /* when all were looked through last; 0: to do */
	uint64_t open_ns;   /* that the last look cost to open what it found */
	uint64_t open_end_ns; /* when it was to be done with that */
	/* Below, but not to be opened: not tried again as long as they live. */
	pid_t *refused;
	size_t n_refused, cap_refused;
};

int processes_init(
    struct processes *ps, struct sampling *sampling, struct err *err);
void processes_deinit(struct processes *ps);

/* One that was asked for; no error when it is there already. */
int processes_add(struct processes *ps, pid_t pid, struct err *err);
/* Takes the open target over, also when it fails. */
int processes_take(struct processes *ps, const struct target *t,
    const struct access_tracer *tracer, bool newborn, struct watched **ret,
    struct err *err);
/* NULL: none of the living. */
struct watched *processes_find_living(const struct processes *ps, pid_t pid);
/*
 * Opens what stands below the living ones (processes_below.c). newborn: it has
 * come since the last time, so that all it ever used counts. Does nothing
 * before it is time again.
 */
void processes_find_children(struct processes *ps, bool newborn);

void processes_tick(struct processes *ps);
/* The same as the sampler's of these names, for all that live. */
void processes_collect(struct processes *ps);
/* Before a sleep in which threads may come to their stop. */
void processes_await(struct processes *ps);
void processes_settle(struct processes *ps);
void processes_disown(struct processes *ps);
void processes_read_clocks(struct processes *ps);
void processes_skip(struct processes *ps);
void processes_settle_wall(struct processes *ps);
void processes_begin_wall(struct processes *ps);
void processes_finish(struct processes *ps);
/*
 * What its children used whom nobody watched: the kernel's count of those that
 * have ended, without what is known.
 */
uint64_t watched_unseen_ns(const struct watched *w);
/* Adds what was counted of it, and of its children. */
void watched_add_stats(const struct watched *w, struct stats *st);
/* Finishes with those that have ended since. */
void processes_retire_ended(struct processes *ps);

#endif
