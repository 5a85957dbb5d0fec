/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_util.h - the values that scrape's JSON is made of, by jansson
 *
 * What is unknown is null; an address is a string of hex, as a JSON number is a
 * double to most readers and loses bits above 2^53. Without memory the program
 * ends, so none of these fails and none returns NULL.
 */
#ifndef SCRAPE_OUTPUT_JSON_UTIL_H
#define SCRAPE_OUTPUT_JSON_UTIL_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/*
 * Ends the program where jansson had no memory; else value. For the
 * constructors that are not below: json_need(json_object()).
 */
json_t *json_need(json_t *value);

/*
 * Bytes of a target: what is not UTF-8 becomes U+FFFD, all else stays, control
 * characters too, which JSON escapes. NULL is null.
 */
json_t *json_text(const char *s);
json_t *json_hex(uint64_t v);	/* "0x1234" */
json_t *json_count(uint64_t v); /* INT64_MAX at most: all that jansson knows */
json_t *json_finite(double v);	/* NaN and the infinities are null */
/* "2026-11-22T07:00:00.123Z"; null for a year that has no such form. */
json_t *json_time(const struct timespec *time);

/* Both take value over. */
void json_put(json_t *object, const char *key, json_t *value);
void json_append(json_t *array, json_t *value);

/*
 * The value's text, to be freed; flags as of json_dumps(). What json_finite()
 * got is written with as many digits as such quantities have.
 */
char *json_line(const json_t *value, size_t flags);
/* Ends what was printed to fp: a failure of any write so far is told. */
int json_flush(FILE *fp, struct err *err);

#endif
