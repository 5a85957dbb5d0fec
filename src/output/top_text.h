/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * top_text.h - what top shows, as a table for pipes and logs: top -b
 *
 *	scrape 0.1.0  pid 4242 nginx  up 3d04h  mode cpu  100 Hz  00:00:42
 *	CPU 187.3% (user 150.1 sys 37.2)  attributed 186.9%  threads 9 (3 ...
 *	samples 934  missed 0.1%  complete stacks 99.2%  scrape 1.3% CPU, ...
 *
 *	  SELF% TOTAL%     SELF    TOTAL  FUNCTION   FILE:LINE    OBJECT
 *	   21.4   23.0    1.99s    2.14s  ngx_parse  ngx.c:871    nginx
 *	+   9.3   14.0    865ms    1.30s  memcpy                  libc.so.6
 *
 * + and - stand before rows whose share rises or falls. No escape sequences;
 * what a target is called is escaped.
 */
#ifndef SCRAPE_OUTPUT_TOP_TEXT_H
#define SCRAPE_OUTPUT_TOP_TEXT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct top_page;

struct top_text_opts {
	size_t width; /* 0: as wide as it gets */
	bool follows; /* another one stands above: keep a distance */
};

int top_text(const struct top_page *p, const struct top_text_opts *o, FILE *fp,
    struct err *err);

#endif
