/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/histogram.h"

/* log2(HISTOGRAM_SUB): values below it have a bucket each. */
#define SUB_BITS 7

static unsigned
bucket_of(uint64_t value)
{
	unsigned octave;

	if (value < HISTOGRAM_SUB)
		return (unsigned)value;
	octave = 63 - (unsigned)__builtin_clzll(value) - SUB_BITS;
	if (octave + 1 >= HISTOGRAM_OCTAVES)
		return HISTOGRAM_SUB * HISTOGRAM_OCTAVES - 1;
	return (octave + 1) * HISTOGRAM_SUB +
	       (unsigned)((value >> octave) - HISTOGRAM_SUB);
}

/* The lowest value of a bucket. */
static uint64_t
bucket_floor(unsigned bucket)
{
	unsigned octave = bucket / HISTOGRAM_SUB;

	if (octave == 0)
		return bucket;
	return (uint64_t)(bucket % HISTOGRAM_SUB + HISTOGRAM_SUB)
	       << (octave - 1);
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->n++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
}

uint64_t
histogram_quantile(const struct histogram *h, double q)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_SUB * HISTOGRAM_OCTAVES; i++) {
		seen += h->buckets[i];
		if (h->n > 0 && (double)seen >= q * (double)h->n)
			return bucket_floor(i);
	}
	return h->max;
}
