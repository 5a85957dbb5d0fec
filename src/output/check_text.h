/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check_text.h - what `scrape check` found out, for people */
#ifndef SCRAPE_OUTPUT_CHECK_TEXT_H
#define SCRAPE_OUTPUT_CHECK_TEXT_H

#include <stdbool.h>
#include <stdio.h>

struct check;

/* A line for each finding and module, the summary last. */
void check_text_write(const struct check *c, bool colours, FILE *fp);

#endif
