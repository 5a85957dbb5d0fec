/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump_json.h - a dump for programs: the object of design section 7
 *
 * dump.schema.json beside this file says the same to a validator. Keys are only
 * ever added, behind those that are there.
 */
#ifndef SCRAPE_OUTPUT_DUMP_JSON_H
#define SCRAPE_OUTPUT_DUMP_JSON_H

#include "base/err.h"

#include <stdio.h>

struct dump;

/*
 * One object on one line, whatever its size: so several dumps (-n, several
 * PIDs) are JSON lines, one is a plain JSON document, and which of both it is
 * makes no difference to jq or to a loop over lines. Whoever wants to look at
 * it pipes it through jq; indented, a thousand threads are a million lines.
 *
 * In ASCII: what is not is written as \uXXXX, which every reader turns back,
 * so that nothing in it can drive a terminal, C1 and bidi controls neither.
 */
int dump_json(const struct dump *d, FILE *fp, struct err *err);

#endif
