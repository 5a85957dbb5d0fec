/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/pace.h"

#include "base/clock.h"

/*
 * How many stops the mean is made of, more or less: the older, the lighter. And
 * for how many of those a part of what can be borne stands, before there are
 * any: one alone says little, the first least.
 */
#define STOPS	     256
#define STOPS_BEFORE 64
#define PART_BEFORE  4

double
pace_max_held(const struct pace *p)
{
	if (p->max_held > 0)
		return p->max_held;
	return p->rate <= PACE_USUAL_RATE
		   ? PACE_USUAL
		   : PACE_USUAL * p->rate / PACE_USUAL_RATE;
}

void
pace_init(struct pace *p, unsigned rate, double max_held)
{
	*p = (struct pace){
	    .rate = rate, .max_held = max_held, .weight = STOPS_BEFORE};
	p->stop_ns =
	    pace_max_held(p) * (double)NS_PER_SEC / rate / PART_BEFORE;
}

void
pace_note(struct pace *p, uint64_t stops, uint64_t held_ns)
{
	double n = (double)(stops - p->stops);
	double ns = (double)(held_ns - p->held_ns);

	if (stops > p->stops) {
		p->stop_ns += (ns - n * p->stop_ns) / (p->weight + n);
		p->weight += n;
		if (p->weight > STOPS)
			p->weight = STOPS;
	}
	p->stops = stops;
	p->held_ns = held_ns;
}

/* A bound that nobody asked for may cost precision, and not the profile. */
static unsigned
lowest(const struct pace *p)
{
	unsigned rate = p->max_held > 0 ? 0 : p->rate / PACE_USUAL_PART;

	return rate < PACE_MIN_RATE ? PACE_MIN_RATE : rate;
}

unsigned
pace_rate(const struct pace *p)
{
	double max_held = pace_max_held(p);
	double bearable = max_held * (double)NS_PER_SEC;

	if (max_held >= 1 || bearable >= p->stop_ns * p->rate)
		return p->rate;
	bearable /= p->stop_ns;
	return bearable < lowest(p) ? lowest(p) : (unsigned)bearable;
}
