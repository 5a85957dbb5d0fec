/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trend.h - whether a share has changed, or only seems to */
#ifndef SCRAPE_PROFILE_TREND_H
#define SCRAPE_PROFILE_TREND_H

#include <stdint.h>

enum view_trend { TREND_NONE, TREND_UP, TREND_DOWN };

/*
 * Of all samples, n were of something; before, it was before_n of before_all.
 * Up or down only for a change that can be seen, by a point of a hundred, and
 * that chance does not make: a sample is a draw, and so is a share of them.
 */
enum view_trend trend_of(
    uint64_t n, uint64_t all, uint64_t before_n, uint64_t before_all);

#endif
