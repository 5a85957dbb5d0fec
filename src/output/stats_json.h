/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats_json.h - the object of --stats FILE (design section 7), by jansson */
#ifndef SCRAPE_OUTPUT_STATS_JSON_H
#define SCRAPE_OUTPUT_STATS_JSON_H

#include "base/err.h"

#include <stdio.h>

struct stats;

/* Indented, with a newline at the end. What is not a number is null. */
int stats_json_write(const struct stats *s, FILE *fp, struct err *err);
/* The same on one line; to be freed. */
char *stats_json_line(const struct stats *s);

#endif
