/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * top_json.h - what top shows, for programs: top -b --json
 *
 * One object on one line for each refresh, in ASCII, as dump_json.h has it;
 * top.schema.json beside this file is the promise. Keys are only ever added.
 */
#ifndef SCRAPE_OUTPUT_TOP_JSON_H
#define SCRAPE_OUTPUT_TOP_JSON_H

#include "base/err.h"

#include <stdio.h>

struct top_page;

int top_json(const struct top_page *p, FILE *fp, struct err *err);

#endif
