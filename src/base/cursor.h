/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.h - a bounded reader over bytes that nobody vouches for
 *
 * Every read checks the bound; the first read past the end, or of a value that
 * does not fit, sets .bad and from then on everything reads as zero, so a
 * parser checks once, at the end. Little-endian: both of our architectures are.
 */
#ifndef SCRAPE_BASE_CURSOR_H
#define SCRAPE_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *pos;
	const uint8_t *end;
	bool bad;
};

static inline struct cursor
cursor_of(const void *data, size_t size)
{
	const uint8_t *p = data;

	return (struct cursor){.pos = p, .end = p + size};
}

static inline size_t
cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->pos);
}

bool cursor_skip(struct cursor *c, uint64_t n);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
uint64_t cursor_uleb(struct cursor *c);
int64_t cursor_sleb(struct cursor *c);
/* A NUL-terminated string inside the bytes, or NULL and .bad. */
const char *cursor_str(struct cursor *c);
/* A cursor over the next n bytes, which c steps over. */
struct cursor cursor_sub(struct cursor *c, uint64_t n);

#endif
