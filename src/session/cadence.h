/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cadence.h - when the next tick is due
 *
 * The gaps between ticks are independent and uniform in [1/2, 3/2) of the
 * period. So the phase wanders, and nothing that is periodic in the target
 * beats with it. Jittering each tick around a fixed grid would not do: a sample
 * weighs the CPU time since the one before it, and on a grid that weight would
 * depend on the phase at which the sample falls.
 */
#ifndef SCRAPE_SESSION_CADENCE_H
#define SCRAPE_SESSION_CADENCE_H

#include <stdint.h>

struct cadence {
	uint64_t period_ns;
	uint64_t next_ns; /* monotonic */
	uint64_t random;
};

void cadence_init(struct cadence *c, unsigned rate, uint64_t now_ns);
/* For the gaps from the next one on. */
void cadence_set_rate(struct cadence *c, unsigned rate);
/*
 * To be called when a tick is done: sets the next one, in the future, and
 * returns how many were due before now and are lost.
 */
uint64_t cadence_advance(struct cadence *c, uint64_t now_ns);

#endif
