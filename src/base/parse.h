/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parse.h - strict numbers and durations, as typed on a command line */
#ifndef SCRAPE_BASE_PARSE_H
#define SCRAPE_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal, no sign, no blanks, nothing after it, at most max. */
bool parse_u64(const char *s, uint64_t max, uint64_t *ret);

/*
 * "10", "10s", "500ms", "1m30s", "2h": nanoseconds, above zero. A bare number
 * is seconds; "1.5" and "1.5s" are taken too. At most 365 days.
 */
bool parse_duration(const char *s, uint64_t *ret_ns);

#endif
