/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/parse.h"

#include "base/clock.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define MAX_DURATION_NS (365ull * 24 * 3600 * NS_PER_SEC)

bool
parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (!isdigit((unsigned char)*s) ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

/* The unit at *s in nanoseconds, and *s behind it; 0 where there is none. */
static uint64_t
take_unit(const char **s)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ms", 1000000}, {"us", 1000}, {"s", NS_PER_SEC},
	    {"m", 60 * NS_PER_SEC}, {"h", 3600 * NS_PER_SEC}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*s, units[i].name, n) == 0 &&
		    !isalpha((unsigned char)(*s)[n])) {
			*s += n;
			return units[i].ns;
		}
	}
	return 0;
}

/* Digits with up to nine decimals at *s, in billionths. */
static bool
take_decimal(const char **s, uint64_t *ret)
{
	const char *p = *s;
	uint64_t whole = 0, part = 0, scale = NS_PER_SEC;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		whole = whole * 10 + (uint64_t)(*p - '0');
		if (whole > MAX_DURATION_NS / 1000)
			return false;
	}
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return false;
		for (; isdigit((unsigned char)*p); p++) {
			scale /= 10;
			part += (uint64_t)(*p - '0') * scale;
		}
	}
	*s = p;
	return !__builtin_mul_overflow(whole, NS_PER_SEC, ret) &&
	       !__builtin_add_overflow(*ret, part, ret);
}

bool
parse_duration(const char *s, uint64_t *ret_ns)
{
	uint64_t total = 0, last_unit = UINT64_MAX;

	if (*s == '\0')
		return false;
	while (*s != '\0') {
		uint64_t billionths, unit;
		unsigned __int128 ns;

		if (!take_decimal(&s, &billionths))
			return false;
		if (*s == '\0' && last_unit == UINT64_MAX)
			unit = NS_PER_SEC;
		else
			unit = take_unit(&s);
		/* "30s1m" is more likely a slip than a wish. */
		if (unit == 0 || unit >= last_unit)
			return false;
		last_unit = unit;
		ns = (unsigned __int128)billionths * unit / NS_PER_SEC;
		if (ns > MAX_DURATION_NS - total)
			return false;
		total += (uint64_t)ns;
	}
	if (total == 0)
		return false;
	*ret_ns = total;
	return true;
}
