/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/trend.h"

/* A share has to move by this much to be worth a mark. */
#define VISIBLE_CHANGE 0.01

/*
 * Standard errors. Samples that follow each other are alike, and hundreds of
 * rows are asked at each refresh: at 1.96 some would be marked at any time.
 */
#define CERTAIN 3.5

enum view_trend
trend_of(uint64_t n, uint64_t all, uint64_t before_n, uint64_t before_all)
{
	double change, pooled, variance;

	if (all == 0 || before_all == 0)
		return TREND_NONE;
	change =
	    (double)n / (double)all - (double)before_n / (double)before_all;
	if (change < VISIBLE_CHANGE && change > -VISIBLE_CHANGE)
		return TREND_NONE;
	/* The two-proportion z-test, squared. */
	pooled =
	    ((double)n + (double)before_n) / ((double)all + (double)before_all);
	variance =
	    pooled * (1 - pooled) * (1 / (double)all + 1 / (double)before_all);
	if (change * change <= CERTAIN * CERTAIN * variance)
		return TREND_NONE;
	return change > 0 ? TREND_UP : TREND_DOWN;
}
