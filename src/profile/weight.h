/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * weight.h - what a stack weighs: samples, CPU time, and elapsed time
 *
 * wall is the time that threads spent there whatever they did: on a CPU, waiting
 * for one, or asleep. It is 0 where only CPU time is recorded.
 */
#ifndef SCRAPE_PROFILE_WEIGHT_H
#define SCRAPE_PROFILE_WEIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct weight {
	uint64_t count;
	uint64_t cpu, wall; /* nanoseconds */
};

static inline struct weight
cpu_weight(uint64_t count, uint64_t cpu)
{
	return (struct weight){.count = count, .cpu = cpu};
}

static inline void
weight_add(struct weight *to, const struct weight *w)
{
	to->count += w->count;
	to->cpu += w->cpu;
	to->wall += w->wall;
}

static inline void
weight_subtract(struct weight *from, const struct weight *w)
{
	from->count -= w->count;
	from->cpu -= w->cpu;
	from->wall -= w->wall;
}

/* What shares are shares of. */
enum measure { MEASURE_CPU, MEASURE_WALL };

/* "cpu", "wall": as options, files and screens have it. */
static inline const char *
measure_name(enum measure measure)
{
	return measure == MEASURE_WALL ? "wall" : "cpu";
}

static inline uint64_t
weight_by(const struct weight *w, enum measure measure)
{
	return measure == MEASURE_WALL ? w->wall : w->cpu;
}

/* By CPU time, samples of those who slept are none: they weigh wall alone. */
static inline uint64_t
weight_count(const struct weight *w, enum measure measure)
{
	bool is_asleep = w->cpu == 0 && w->wall != 0;

	return measure == MEASURE_CPU && is_asleep ? 0 : w->count;
}

static inline bool
weight_is_none(const struct weight *w)
{
	return w->count == 0 && w->cpu == 0 && w->wall == 0;
}

#endif
