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
is_control(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (len == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	return len == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

char *
escape_dup(const char *s)
{
	char *buf = NULL;
	size_t size;
	FILE *fp = open_memstream(&buf, &size);

	if (fp == NULL)
		die_no_memory();
	escape_print(fp, s);
	if (fclose(fp) != 0)
		die_no_memory();
	return buf;
}

void
escape_print(FILE *fp, const char *s)
{
	while (*s != '\0') {
		size_t n = utf8_char_len(s);

		if (n == 0) {
			(void)fputs(REPLACEMENT, fp);
			s++;
		} else {
			if (is_control(s, n))
				(void)fputc('?', fp);
			else
				(void)fwrite(s, 1, n, fp);
			s += n;
		}
	}
}
