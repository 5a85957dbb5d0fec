/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/json_util.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Enough for any quantity here, and 0.1 stays 0.1. */
#define DIGITS 9

#define HEX_SIZE sizeof("0x0123456789abcdef")

json_t *
json_need(json_t *value)
{
	if (value == NULL)
		die_no_memory();
	return value;
}

json_t *
json_text(const char *s)
{
	json_t *value;
	char *repaired;

	if (s == NULL)
		return json_null();
	if (utf8_valid(s))
		return json_need(json_string_nocheck(s));
	repaired = utf8_repaired(s);
	value = json_need(json_string_nocheck(repaired));
	free(repaired);
	return value;
}

json_t *
json_hex(uint64_t v)
{
	char buf[HEX_SIZE];

	(void)snprintf(buf, sizeof(buf), "0x%" PRIx64, v);
	return json_need(json_string_nocheck(buf));
}

json_t *
json_count(uint64_t v)
{
	return json_need(
	    json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v));
}

json_t *
json_finite(double v)
{
	return isfinite(v) ? json_need(json_real(v)) : json_null();
}

json_t *
json_time(const struct timespec *time)
{
	char day[24], text[40];
	struct tm tm;

	if (gmtime_r(&time->tv_sec, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	(void)snprintf(text, sizeof(text), "%s.%03uZ", day,
	    (unsigned)time->tv_nsec / 1000000 % 1000);
	return json_text(text);
}

void
json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value) != 0)
		die_no_memory();
}

void
json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		die_no_memory();
}

char *
json_line(const json_t *value, size_t flags)
{
	char *text = json_dumps(value, flags | JSON_REAL_PRECISION(DIGITS));

	if (text == NULL)
		die_no_memory();
	return text;
}

int
json_flush(FILE *fp, struct err *err)
{
	if (ferror(fp) || fflush(fp) != 0)
		return err_set(err, ERR_RUNTIME, "write: %s", strerror(errno));
	return 0;
}
