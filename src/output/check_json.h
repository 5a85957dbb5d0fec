/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_json.h - what `scrape check` found out, for programs
 *
 * One object, schema "scrape-check/1": keys are only ever added.
 */
#ifndef SCRAPE_OUTPUT_CHECK_JSON_H
#define SCRAPE_OUTPUT_CHECK_JSON_H

#include <stdio.h>

struct check;

void check_json_write(const struct check *c, FILE *fp);

#endif
