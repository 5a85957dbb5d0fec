/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.h - every nanosecond the kernel counted, and which row carries it
 *
 * The kernel's count comes from the process's CPU clock (with a thread filter:
 * from the chosen threads' own run times). Rows are samples, "[not sampled]" of
 * each thread, and, for the rest, "[short-lived threads]": what threads used
 * that were never seen, or used between their last look and their end.
 */
#ifndef SCRAPE_SESSION_LEDGER_H
#define SCRAPE_SESSION_LEDGER_H

#include "profile/weight.h"
#include "target/target.h"

#include <stdbool.h>
#include <stdint.h>

struct profile;
struct session_opts;
struct thread;
struct threads;

struct ledger {
	const struct target *target;
	struct profile *profile;
	const struct session_opts *opts;
	bool is_filtered; /* only some threads count */
	uint64_t clock_base_ns, clock_ns; /* process CPU clock: first, last */
	uint64_t split_read_ns; /* when the two below were last read */
	struct cpu_split split_base, split;
	uint64_t gone_ns;    /* used by chosen threads that are gone */
	uint64_t carried_ns; /* by all rows so far */
	uint64_t sampled_ns; /* ... by samples */
};

void ledger_init(struct ledger *l, const struct target *t, struct profile *p,
    const struct session_opts *opts);
/* What was used before counts too: for a process started meanwhile. */
void ledger_count_from_start(struct ledger *l);
/* Reads the clock; false when nothing ran since the last time, or no more. */
bool ledger_read_clock(struct ledger *l);
/* Of one that may have ended. */
void ledger_read_last_clock(struct ledger *l);
/* The label set of a thread, its name read anew when that is old. */
uint32_t ledger_labels(struct ledger *l, struct thread *th);
/*
 * Counts a stack (leaf first) for th, with what else it weighs. All that th used
 * since its last sample goes to both, half and half: nobody knows when it went
 * from the one to the other. To the new one alone, what is used late in a burst
 * would weigh more than what is used early.
 */
void ledger_charge(struct ledger *l, struct thread *th, uint32_t labels,
    const uint32_t *frames, unsigned n, struct weight weight);
/*
 * What th used up to now is no sample's: for when it could not be sampled, so
 * that the next stack does not carry a time it says nothing about.
 */
void ledger_skip(struct ledger *l, struct thread *th);
/* th is gone: what it still owes goes to its row. */
void ledger_settle(struct ledger *l, struct thread *th);
/*
 * What threads used that nobody knows, as far as that is certain by now. All
 * that are known have just been looked at.
 */
uint64_t ledger_short_lived_ns(
    const struct ledger *l, const struct threads *ts);
/*
 * Gives it a row, for who watches; ledger_close() has the rest. Only right after
 * a scan: what a newcomer used is its own.
 */
void ledger_show_short_lived(struct ledger *l, const struct threads *ts);
/* The end: settles the living, and what nobody is known for. */
void ledger_close(struct ledger *l, const struct threads *ts);
/* What the kernel counted since the start. */
uint64_t ledger_kernel_ns(const struct ledger *l, const struct threads *ts);

#endif
