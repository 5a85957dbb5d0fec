/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/line.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "...";

/* Bytes 10xxxxxx go on with a character of UTF-8, and never begin one. */
static bool
is_inside_char(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void
cut(struct line *l)
{
	size_t at = LINE_MAX_BYTES - strlen(ellipsis);

	/* Bytes that are no UTF-8 anyway may be cut anywhere. */
	for (size_t back = 0; back < 3 && is_inside_char(l->text[at]); back++)
		at--;
	memcpy(l->text + at, ellipsis, sizeof(ellipsis));
	l->len = at + strlen(ellipsis);
	l->is_cut = true;
}

void
line_add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	if (l->is_cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		die_no_memory();
	if ((size_t)n < room)
		l->len += (size_t)n;
	else
		cut(l);
}

void
line_add_text(struct line *l, const char *s)
{
	line_add(l, "%s", s);
}
