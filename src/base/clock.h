/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.h - monotonic time in nanoseconds */
#ifndef SCRAPE_BASE_CLOCK_H
#define SCRAPE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SEC 1000000000ull

static inline uint64_t
timespec_ns(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * NS_PER_SEC + (uint64_t)ts->tv_nsec;
}

static inline uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts = {0};

	(void)clock_gettime(clock, &ts);
	return timespec_ns(&ts);
}

static inline uint64_t
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static inline struct timespec
ns_timespec(uint64_t ns)
{
	return (struct timespec){
	    .tv_sec = (time_t)(ns / NS_PER_SEC),
	    .tv_nsec = (long)(ns % NS_PER_SEC),
	};
}

#endif
