/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - the stop window
 *
 * What happens between a thread's stop and its release, and all of it:
 * registers, one contiguous read of the stack, and where the stop itself broke
 * a system call, the repair. No allocation, no parsing, no names, no I/O. The
 * thinking comes after the release (design section 2).
 */
#ifndef SCRAPE_TARGET_CAPTURE_H
#define SCRAPE_TARGET_CAPTURE_H

#include "core/mapping.h"
#include "core/snapshot.h"
#include "target/remote_mem.h"
#include "target/stopper.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest stack that is copied in one stop. */
#define CAPTURE_STACK_MAX (256u << 10)
/* What is read of a thread that was never seen before. */
#define CAPTURE_STACK_FIRST (16u << 10)

/* Room for the snapshots of threads stopped in one tick. */
#define CAPTURE_SLABS 64

/*
 * Of so many the first pages are made present before a stop. More threads do not
 * come to it at once, but on machines where some page faults are no matter.
 */
#define CAPTURE_READY_SLABS 8

struct slabs {
	uint8_t *base; /* n x CAPTURE_STACK_MAX, page-aligned */
	size_t n;
	size_t ready[CAPTURE_READY_SLABS]; /* bytes */
};

/* Memory is used only of those that are, and only as far. */
bool slabs_init(struct slabs *s, size_t n);
/* Readies the first of n slabs for so many bytes each. */
void slabs_ready(struct slabs *s, size_t n, size_t bytes);
void slabs_deinit(struct slabs *s);
uint8_t *slab(const struct slabs *s, size_t i);

/*
 * The stack of a thread that sleeps, without a stop, where its registers pc and
 * sp are known from elsewhere. Whether it slept all the while is for the caller
 * to find out. snap->stack points to CAPTURE_STACK_MAX bytes.
 */
void capture_unstopped(struct remote_mem *rm, const struct mappings *maps,
    uint64_t pc, uint64_t sp, size_t want, struct snapshot *snap);

/* The system call in which a stop found a thread. */
struct stopped_call {
	int64_t number; /* -1: in none, it ran in its own code */
	uint64_t args[6];
};

/*
 * The registers with the arguments of the system call that it sleeps in, which
 * a walk may need too: a vfork()ing function keeps its return address in one.
 */
void capture_call_args(const uint64_t args[6], struct snapshot *snap);

/*
 * Whether it has much to do itself, and begins anew at each stop: of a caller
 * that is stopped too often it never comes to its end.
 */
bool capture_begins_anew(const struct stopped_call *call);

/*
 * Fills snap, whose .stack points to CAPTURE_STACK_MAX bytes, from a thread
 * that stop says is stopped, with at most want bytes of stack, which end where
 * the stack's mapping ends. False when even the registers could not be read.
 * *ret_repaired: a system call that the stop had made fail goes on instead.
 * ret_call may be NULL.
 */
bool capture(const struct stop *stop, struct remote_mem *rm,
    const struct mappings *maps, size_t want, struct snapshot *snap,
    bool *ret_repaired, struct stopped_call *ret_call);

#endif
