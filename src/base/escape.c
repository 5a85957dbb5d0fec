/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/escape.h"

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool
is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t
utf8_char_len(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	if (u[0] < 0x80)
		return u[0] != 0;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		return is_continuation(u[1]) ? 2 : 0;
	if ((u[0] & 0xf0) == 0xe0) {
		if (!is_continuation(u[1]) || !is_continuation(u[2]))
			return 0;
		if (u[0] == 0xe0 && u[1] < 0xa0)
			return 0;
		if (u[0] == 0xed && u[1] > 0x9f)
			return 0;
		return 3;
	}
	if (u[0] >= 0xf0 && u[0] <= 0xf4) {
		if (!is_continuation(u[1]) || !is_continuation(u[2]) ||
		    !is_continuation(u[3]))
			return 0;
		if (u[0] == 0xf0 && u[1] < 0x90)
			return 0;
		if (u[0] == 0xf4 && u[1] > 0x8f)
			return 0;
		return 4;
	}
	return 0;
}

bool
utf8_valid(const char *s)
{
	while (*s != '\0') {
		size_t n = utf8_char_len(s);

		if (n == 0)
			return false;
		s += n;
	}
	return true;
}

/* C0, DEL and, in its two-byte form, C1: what a terminal may act on. */
static bool
is_control(const unsigned char *u, size_t len)
{
	if (len == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	return len == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

static uint32_t
code_point_of_3(const unsigned char *u)
{
	return (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
}

/*
 * What shows a line in another order than its bytes have, or breaks it: bidi
 * marks, embeddings, overrides and isolates, line and paragraph separators.
 */
static bool
is_reordering(const unsigned char *u, size_t len)
{
	uint32_t c;

	if (len == 2)
		return u[0] == 0xd8 && u[1] == 0x9c; /* U+061C */
	if (len != 3 || u[0] != 0xe2)
		return false;
	c = code_point_of_3(u);
	return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x206f);
}

size_t
escape_next(const char *s, struct escaped *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = utf8_char_len(s);

	if (n == 0) {
		*ret = (struct escaped){REPLACEMENT, strlen(REPLACEMENT)};
		return *s != '\0';
	}
	if (is_control(u, n) || is_reordering(u, n))
		*ret = (struct escaped){"?", 1};
	else
		*ret = (struct escaped){s, n};
	return n;
}

size_t
escape_plain_len(const char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f)
		n++;
	return n;
}

char *
utf8_repaired(const char *s)
{
	char *buf = NULL;
	size_t size, n;
	FILE *fp = xopen_memstream(&buf, &size);

	for (; *s != '\0'; s += n > 0 ? n : 1) {
		n = utf8_char_len(s);
		if (n == 0)
			(void)fputs(REPLACEMENT, fp);
		else
			(void)fwrite(s, 1, n, fp);
	}
	xclose_memstream(fp);
	return buf;
}

char *
escape_dup(const char *s)
{
	char *buf = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&buf, &size);

	escape_print(fp, s);
	xclose_memstream(fp);
	return buf;
}

void
escape_print(FILE *fp, const char *s)
{
	struct escaped c;
	size_t n;

	for (;;) {
		n = escape_plain_len(s);
		(void)fwrite(s, 1, n, fp);
		s += n;
		n = escape_next(s, &c);
		if (n == 0)
			return;
		(void)fwrite(c.bytes, 1, c.len, fp);
		s += n;
	}
}
