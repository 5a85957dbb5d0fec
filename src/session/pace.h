/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h - how many ticks a second the target can bear
 *
 * A thread that runs is stopped once a tick. So the share of the time that it
 * is held is what a stop takes, times the ticks in a second; and the rate at
 * which that share is the most it may be follows from what a stop takes, which
 * does not depend on the rate: there is nothing that could swing. What a stop
 * takes is the mean of some of the last, so one long stop is made up for by a
 * lower rate afterwards.
 */
#ifndef SCRAPE_SESSION_PACE_H
#define SCRAPE_SESSION_PACE_H

#include <stdint.h>

/* For every so many ticks a second that were asked for, and at least once. */
#define PACE_USUAL	0.01
#define PACE_USUAL_RATE 100
/* Of the rate that was asked for so much stays at least, if no bound was. */
#define PACE_USUAL_PART 4
/* No profile comes of less. */
#define PACE_MIN_RATE 1

struct pace {
	unsigned rate;	/* that was asked for */
	double max_held; /* a share of the time; 1: no bound; 0: the usual */
	double stop_ns;	 /* what a stop takes, of late */
	double weight;	 /* of how many that is the mean */
	uint64_t stops, held_ns; /* what was noted last */
};

void pace_init(struct pace *p, unsigned rate, double max_held);
/* All the stops so far, and for how long they held, one after the other. */
void pace_note(struct pace *p, uint64_t stops, uint64_t held_ns);
/* The share of the time that holds for the rate that was asked for. */
double pace_max_held(const struct pace *p);
/* Ticks per second: as many as were asked for, or fewer. */
unsigned pace_rate(const struct pace *p);

#endif
