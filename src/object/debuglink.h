/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debuglink.h - .gnu_debuglink: the name of a file's debug file, and its CRC
 *
 * What there was before build-ids, and still all there is where the linker was
 * not told to write one. The CRC is that of zlib, over the whole debug file.
 */
#ifndef SCRAPE_OBJECT_DEBUGLINK_H
#define SCRAPE_OBJECT_DEBUGLINK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct module;

/* A larger file is not read for its CRC, be it sparse or not. */
#define DEBUGLINK_FILE_MAX ((int64_t)2 << 30)

struct debuglink {
	char name[NAME_MAX + 1]; /* no path: never with a slash */
	uint32_t crc;
};

bool debuglink_read(struct module *m, struct debuglink *ret);
/* Whether the file's bytes have this CRC: reads it all, so not a huge one. */
bool debuglink_fits(const struct debuglink *link, int fd);

#endif
