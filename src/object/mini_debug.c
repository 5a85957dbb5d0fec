/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/mini_debug.h"

#include "base/cleanup.h"
#include "base/xalloc.h"

#include <lzma.h>
#include <stdbool.h>

/* libxul's unpacks to 30 MiB. */
#define UNPACKED_MAX ((size_t)256 << 20)
/* xz -9 needs 65 MiB to unpack. */
#define XZ_MEMORY_MAX (128u << 20)
#define FIRST_ROOM ((size_t)64 << 10)

/* Room for more output; false where there is as much as there may be. */
static bool
grow(lzma_stream *xz, uint8_t **buf, size_t *room)
{
	size_t bigger = *room == 0 ? FIRST_ROOM : *room * 2;

	if (bigger > UNPACKED_MAX)
		return false;
	*buf = xreallocarray(*buf, bigger, 1);
	xz->next_out = *buf + *room;
	xz->avail_out = bigger - *room;
	*room = bigger;
	return true;
}

static bool
decode(lzma_stream *xz, uint8_t **buf)
{
	lzma_ret r = LZMA_OK;
	size_t room = 0;

	while (r == LZMA_OK) {
		if (xz->avail_out == 0 && !grow(xz, buf, &room))
			return false;
		r = lzma_code(xz, LZMA_FINISH);
	}
	return r == LZMA_STREAM_END;
}

uint8_t *
mini_debug_unpack(const uint8_t *data, size_t size, size_t *ret_size)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	_cleanup_free_ uint8_t *buf = NULL;
	bool whole;

	if (lzma_stream_decoder(&xz, XZ_MEMORY_MAX, 0) != LZMA_OK)
		return NULL;
	xz.next_in = data;
	xz.avail_in = size;
	whole = decode(&xz, &buf);
	*ret_size = (size_t)xz.total_out;
	lzma_end(&xz);
	return whole ? steal_ptr(buf) : NULL;
}
