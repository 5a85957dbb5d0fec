/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold.h - for how long stops held threads, as the threads would say
 *
 * A hold begins when the thread leaves its own code, which on another CPU is
 * while we ask for the stop, and ends when it is back on a CPU: after the
 * release the kernel has yet to wake that CPU. Of that nobody tells us; so of
 * some stops, the first and then one in HOLD_WATCH_EVERY, it is watched, and
 * the mean of these so far is part of all that follow. Where the stop had to
 * wake us, so long it has lasted already.
 *
 * What is not in it: waiting for a CPU that others have, before the stop or
 * after. Who waits there did not run before, or has had its turn.
 */
#ifndef SCRAPE_SESSION_HOLD_H
#define SCRAPE_SESSION_HOLD_H

#include "session/histogram.h"

#include <stdbool.h>
#include <stdint.h>

#define HOLD_WATCH_EVERY 8

/* All zero: nobody was held. */
struct holds {
	struct histogram ns;
	uint64_t n_watched, comebacks_ns;
};

/* From the stop, or since it has woken us, to the release. */
void holds_add(struct holds *h, uint64_t ns, bool has_woken_us);
/* Whether the way back of the last one is to be watched. */
bool holds_want_watch(const struct holds *h);
/* It was back on a CPU so long after its release. */
void holds_add_comeback(struct holds *h, uint64_t ns);

#endif
