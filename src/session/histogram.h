/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * histogram.h - many durations, few bytes, quantiles within one per cent
 */
#ifndef SCRAPE_SESSION_HISTOGRAM_H
#define SCRAPE_SESSION_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB	  128 /* buckets per power of two */
#define HISTOGRAM_OCTAVES 40  /* up to 2^46 ns, most of a day */

/* All zero is empty. */
struct histogram {
	uint32_t buckets[HISTOGRAM_SUB * HISTOGRAM_OCTAVES];
	uint64_t n, sum, max;
};

void histogram_add(struct histogram *h, uint64_t value);
/* The value below which the share q of all lies; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double q);

#endif
