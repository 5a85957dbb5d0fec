/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output.h - the formats a profile can be written in
 *
 * To add one: a file with a struct output_ops, and a line in output.c.
 */
#ifndef SCRAPE_OUTPUT_OUTPUT_H
#define SCRAPE_OUTPUT_OUTPUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct profile;

struct output_ops {
	const char *name;     /* for -f */
	const char *suffixes; /* for -o, space-separated: ".pb.gz .pprof" */
	const char *help;
	bool binary; /* not to be written to a terminal */
	/* Flushes fp. The err tells the cause; where, the caller knows. */
	int (*write)(const struct profile *p, FILE *fp, struct err *err);
};

extern const struct output_ops output_pprof, output_folded;
/* All formats, the default first, NULL at the end. */
extern const struct output_ops *const outputs[];

/* NULL when there is none. */
const struct output_ops *output_by_name(const char *name);
const struct output_ops *output_by_suffix(const char *path);

#endif
