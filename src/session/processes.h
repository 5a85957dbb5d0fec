/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * processes.h - the processes that a session watches, each with its sampler
 *
 * They are sampled in turn, by one thread, into one profile. One that ends is
 * finished with and stays as what it was: its row in the list, its modules for
 * those who name its frames.
 */
#ifndef SCRAPE_SESSION_PROCESSES_H
#define SCRAPE_SESSION_PROCESSES_H

#include "base/err.h"
#include "session/sampler.h"
#include "target/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What one costs, living or not, has to stay a small part of a machine. */
#define PROCESSES_MAX 4096

struct watched {
	struct target target;
	struct sampler sampler;
	char comm[TARGET_COMM_SIZE]; /* of late */
	uint64_t comm_ns;
	bool is_given; /* not found below another */
	bool has_ended;
	uint64_t cpu_ns; /* the kernel's count, when it had ended */
};

struct processes {
	struct sampling *sampling;
	struct watched **v; /* in the order they came */
	size_t n, cap;
	size_t n_living;
	int ended_fd;	  /* readable when one has ended; -1: none was added */
	uint64_t look_ns; /* when those below are to be looked for again */
	/* Below, but not to be opened: not tried again as long as they live. */
	pid_t *refused;
	size_t n_refused, cap_refused;
};

int processes_init(
    struct processes *ps, struct sampling *sampling, struct err *err);
void processes_deinit(struct processes *ps);

/* One that was asked for; no error when it is there already. */
int processes_add(struct processes *ps, pid_t pid, struct err *err);
/*
 * Opens what stands below the living ones. newborn: it has come since the last
 * time, so that all it ever used counts. Does nothing before it is time again.
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
void processes_finish(struct processes *ps);
/* Finishes with those that have ended since. */
void processes_retire_ended(struct processes *ps);

#endif
