/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gzip.h - a compressing stream in front of a FILE
 *
 * No name and no time go into the header: equal bytes in, equal bytes out. The
 * first failure sticks and is told by gzip_finish().
 */
#ifndef SCRAPE_OUTPUT_GZIP_H
#define SCRAPE_OUTPUT_GZIP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

struct gzip {
	z_stream z;
	FILE *fp;
	int error; /* errno of the first write that failed; 0: none */
	uint8_t out[16384];
};

void gzip_init(struct gzip *g, FILE *fp);
void gzip_write(struct gzip *g, const void *data, size_t len);
/* Writes the rest and releases what g holds, also when it fails. */
int gzip_finish(struct gzip *g, struct err *err);

#endif
