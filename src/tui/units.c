/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/units.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_MS 1000000ull
/* More is not believed: no number from outside makes a conversion overflow. */
#define MAX_SECONDS 1e10

static uint64_t
whole_seconds(double seconds)
{
	if (!(seconds > 0))
		return 0;
	return (uint64_t)(seconds < MAX_SECONDS ? seconds : MAX_SECONDS);
}

/* The two largest units of s, which is a minute at least. */
static char *
two_units(char *buf, uint64_t s)
{
	if (s < 3600)
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "m%02" PRIu64 "s",
		    s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "h%02" PRIu64 "m",
		    s / 3600, s / 60 % 60);
	else
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "d%02" PRIu64 "h",
		    s / 86400, s / 3600 % 24);
	return buf;
}

char *
units_time(char *buf, uint64_t ns)
{
	uint64_t ms = (ns + NS_PER_MS / 2) / NS_PER_MS;

	if (ns == 0)
		(void)snprintf(buf, UNITS_SIZE, "0");
	else if (ms == 0)
		(void)snprintf(buf, UNITS_SIZE, "<1ms");
	else if (ms < 1000)
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "ms", ms);
	else if (ms < 100000)
		(void)snprintf(buf, UNITS_SIZE, "%.2fs", (double)ns / 1e9);
	else
		two_units(buf, ms / 1000);
	return buf;
}

char *
units_span(char *buf, double seconds)
{
	uint64_t s = whole_seconds(seconds);

	if (s >= 60 && s < 3600 && s % 60 == 0)
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "m", s / 60);
	else if (s >= 60)
		return two_units(buf, s);
	else if (seconds < 60 && seconds > (double)s + 0.05)
		(void)snprintf(buf, UNITS_SIZE, "%.1fs", seconds);
	else
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "s", s);
	return buf;
}

char *
units_clock(char *buf, double seconds)
{
	uint64_t s = whole_seconds(seconds);

	(void)snprintf(buf, UNITS_SIZE,
	    "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60,
	    s % 60);
	return buf;
}

char *
units_age(char *buf, double seconds)
{
	uint64_t s = whole_seconds(seconds);

	if (s >= 60)
		return two_units(buf, s);
	(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 "s", s);
	return buf;
}

char *
units_count(char *buf, uint64_t n)
{
	if (n >= 10000000)
		(void)snprintf(buf, UNITS_SIZE, "%.1fM", (double)n / 1e6);
	else if (n >= 1000000)
		(void)snprintf(buf, UNITS_SIZE,
		    "%" PRIu64 " %03" PRIu64 " %03" PRIu64, n / 1000000,
		    n / 1000 % 1000, n % 1000);
	else if (n >= 1000)
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64 " %03" PRIu64,
		    n / 1000, n % 1000);
	else
		(void)snprintf(buf, UNITS_SIZE, "%" PRIu64, n);
	return buf;
}

char *
units_share(char *buf, uint64_t part, uint64_t whole)
{
	double percent = whole > 0 ? 100 * (double)part / (double)whole : 0;

	if (whole == 0)
		(void)snprintf(buf, UNITS_SIZE, "-");
	else if (percent >= 99.95)
		(void)snprintf(buf, UNITS_SIZE, "%.0f", percent);
	else
		(void)snprintf(buf, UNITS_SIZE, "%.1f", percent);
	return buf;
}

char *
units_percent(char *buf, double share)
{
	double percent = 100 * share;

	if (!(percent > 0))
		(void)snprintf(buf, UNITS_SIZE, "0%%");
	else if (percent < 0.095)
		(void)snprintf(buf, UNITS_SIZE, "%.2f%%", percent);
	else
		(void)snprintf(buf, UNITS_SIZE, "%.1f%%", percent);
	return buf;
}
