/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/cadence.h"

#include "base/clock.h"
#include "base/hash.h"

/* splitmix64: one odd step, one mix. */
static uint64_t
next_random(struct cadence *c)
{
	c->random += 0x9e3779b97f4a7c15ull;
	return hash_u64(c->random);
}

static uint64_t
gap(struct cadence *c)
{
	return c->period_ns / 2 + next_random(c) % c->period_ns;
}

void
cadence_init(struct cadence *c, unsigned rate, uint64_t now_ns)
{
	*c = (struct cadence){
	    .period_ns = NS_PER_SEC / rate, .random = now_ns};
	c->next_ns = now_ns + gap(c);
}

void
cadence_set_rate(struct cadence *c, unsigned rate)
{
	c->period_ns = NS_PER_SEC / rate;
}

uint64_t
cadence_advance(struct cadence *c, uint64_t now_ns)
{
	uint64_t missed = 0;

	c->next_ns += gap(c);
	while (c->next_ns <= now_ns) {
		c->next_ns += gap(c);
		missed++;
	}
	return missed;
}
