/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/cursor.h"

#include <string.h>

bool
cursor_skip(struct cursor *c, uint64_t n)
{
	if (c->bad || n > (uint64_t)(c->end - c->pos)) {
		c->bad = true;
		return false;
	}
	c->pos += n;
	return true;
}

static uint64_t
read_le(struct cursor *c, unsigned size)
{
	const uint8_t *p = c->pos;
	uint64_t v = 0;

	if (!cursor_skip(c, size))
		return 0;
	memcpy(&v, p, size);
	return v;
}

uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)read_le(c, 1);
}

uint16_t
cursor_u16(struct cursor *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t
cursor_u32(struct cursor *c)
{
	return (uint32_t)read_le(c, 4);
}

uint64_t
cursor_u64(struct cursor *c)
{
	return read_le(c, 8);
}

/*
 * Both LEB128 kinds (DWARF 5, 7.6). Padding is legal, so the length is not
 * bounded, but bits above the 64th are dropped.
 */
static uint64_t
read_leb(struct cursor *c, bool is_signed)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = cursor_u8(c);
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += shift < 64 ? 7 : 0;
	} while ((byte & 0x80) != 0 && !c->bad);
	if (is_signed && (byte & 0x40) != 0 && shift < 64)
		v |= ~0ull << shift;
	return c->bad ? 0 : v;
}

uint64_t
cursor_uleb(struct cursor *c)
{
	return read_leb(c, false);
}

int64_t
cursor_sleb(struct cursor *c)
{
	return (int64_t)read_leb(c, true);
}

const char *
cursor_str(struct cursor *c)
{
	const uint8_t *s = c->pos, *nul = NULL;

	if (cursor_left(c) > 0)
		nul = memchr(s, 0, cursor_left(c));
	if (nul == NULL) {
		c->bad = true;
		return NULL;
	}
	c->pos = nul + 1;
	return (const char *)s;
}

struct cursor
cursor_sub(struct cursor *c, uint64_t n)
{
	const uint8_t *p = c->pos;

	if (!cursor_skip(c, n))
		return (struct cursor){.pos = c->end, .end = c->end, .bad = true};
	return cursor_of(p, n);
}
