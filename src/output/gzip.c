/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/gzip.h"

#include "base/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* zlib: the largest window, and a gzip instead of a zlib header. */
#define GZIP_WINDOW_BITS (15 + 16)
#define MEM_LEVEL	 8 /* zlib's default */

void
gzip_init(struct gzip *g, FILE *fp)
{
	g->z = (z_stream){0};
	g->fp = fp;
	g->error = 0;
	if (deflateInit2(&g->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
		GZIP_WINDOW_BITS, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		die_no_memory();
}

/* Until deflate leaves room in out, it has more to give. */
static void
drain(struct gzip *g, int flush)
{
	do {
		size_t len;

		g->z.next_out = g->out;
		g->z.avail_out = sizeof(g->out);
		(void)deflate(&g->z, flush);
		len = sizeof(g->out) - g->z.avail_out;
		if (g->error == 0 && fwrite(g->out, 1, len, g->fp) != len)
			g->error = errno;
	} while (g->z.avail_out == 0);
}

void
gzip_write(struct gzip *g, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		uInt part = len < UINT_MAX ? (uInt)len : UINT_MAX;

		g->z.next_in = (z_const Bytef *)(uintptr_t)p;
		g->z.avail_in = part;
		drain(g, Z_NO_FLUSH);
		p += part;
		len -= part;
	}
}

int
gzip_finish(struct gzip *g, struct err *err)
{
	g->z.next_in = NULL;
	g->z.avail_in = 0;
	drain(g, Z_FINISH);
	(void)deflateEnd(&g->z);
	if (g->error == 0 && fflush(g->fp) != 0)
		g->error = errno;
	if (g->error != 0)
		return err_set(
		    err, ERR_RUNTIME, "write: %s", strerror(g->error));
	return 0;
}
