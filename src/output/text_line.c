/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/text_line.h"

#include "base/escape.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define CUT	  "..."
#define CUT_WIDTH (sizeof(CUT) - 1)

#define MAX_OWN_WORDS 128

#define RESET "\033[0m"

static const char *const styles[TEXT_NR_STYLES] = {
    [TEXT_PLAIN] = "",
    [TEXT_BOLD] = "\033[1m",
    [TEXT_DIM] = "\033[2m",
    [TEXT_CYAN] = "\033[36m",
    [TEXT_RED] = "\033[31m",
    [TEXT_YELLOW] = "\033[33m",
};

/* Wide characters begin at U+1100 (three bytes, not with E0). */
static size_t
char_width(const struct escaped *c)
{
	return c->len < 3 || (unsigned char)c->bytes[0] == 0xe0 ? 1 : 2;
}

size_t
text_width(const char *s)
{
	struct escaped c;
	size_t n, width = 0;

	for (;;) {
		n = escape_plain_len(s);
		width += n;
		s += n;
		n = escape_next(s, &c);
		if (n == 0)
			return width;
		width += char_width(&c);
		s += n;
	}
}

size_t
text_room(const struct text_line *l)
{
	if (l->width == 0)
		return SIZE_MAX;
	return l->width > l->column ? l->width - l->column : 0;
}

static void
set_style(struct text_line *l, enum text_style style)
{
	if (!l->colour || style == l->style)
		return;
	if (l->style != TEXT_PLAIN)
		(void)fputs(RESET, l->fp);
	(void)fputs(styles[style], l->fp);
	l->style = style;
}

/* The characters of s that end at or before the column max. */
static void
write_head(struct text_line *l, const char *s, size_t max)
{
	size_t n, width = 0;
	struct escaped c;

	for (; (n = escape_next(s, &c)) > 0; s += n) {
		width += char_width(&c);
		if (width > max)
			break;
		(void)fwrite(c.bytes, 1, c.len, l->fp);
		l->column += char_width(&c);
	}
}

/* The characters of s, which has that width, in its last max columns. */
static void
write_tail(struct text_line *l, const char *s, size_t width, size_t max)
{
	struct escaped c;
	size_t n;

	for (; width > max && (n = escape_next(s, &c)) > 0; s += n)
		width -= char_width(&c);
	write_head(l, s, max);
}

/* s in max columns: so much of its head, "...", and what fits of its tail. */
static void
put_cut(
    struct text_line *l, const char *s, size_t width, size_t head, size_t max)
{
	size_t dots = max < CUT_WIDTH ? max : CUT_WIDTH;

	write_head(l, s, head);
	write_head(l, CUT, dots);
	write_tail(l, s, width, max - dots - head);
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What is kept of a text that is cut to max columns. */
enum kept { HEAD, BOTH_ENDS, TAIL };

static size_t
head_of(enum kept kept, size_t max)
{
	size_t left = max > CUT_WIDTH ? max - CUT_WIDTH : 0;

	switch (kept) {
	case HEAD:
		return left;
	case BOTH_ENDS:
		return (left + 1) / 2;
	case TAIL:
	default:
		return 0;
	}
}

static void
put(struct text_line *l, enum text_style style, const char *s, enum kept kept,
    size_t max)
{
	size_t room = min_size(max, text_room(l)), width;

	if (s[0] == '\0' || room == 0)
		return;
	set_style(l, style);
	width = l->width != 0 ? text_width(s) : 0;
	if (width <= room) {
		escape_print(l->fp, s);
		l->column += width;
	} else {
		put_cut(l, s, width, head_of(kept, room), room);
	}
}

void
text_put(struct text_line *l, enum text_style style, const char *s)
{
	put(l, style, s, HEAD, SIZE_MAX);
}

void
text_put_middle(
    struct text_line *l, enum text_style style, const char *s, size_t max)
{
	put(l, style, s, BOTH_ENDS, max);
}

void
text_put_tail(
    struct text_line *l, enum text_style style, const char *s, size_t max)
{
	put(l, style, s, TAIL, max);
}

void
text_printf(struct text_line *l, enum text_style style, const char *fmt, ...)
{
	char buf[MAX_OWN_WORDS];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	text_put(l, style, buf);
}

void
text_spaces(struct text_line *l, size_t n)
{
	static const char spaces[] = "                                ";
	size_t left = min_size(n, text_room(l));

	if (left == 0)
		return;
	set_style(l, TEXT_PLAIN);
	if (l->width != 0)
		l->column += left;
	for (size_t some; left > 0; left -= some) {
		some = min_size(left, sizeof(spaces) - 1);
		(void)fwrite(spaces, 1, some, l->fp);
	}
}

void
text_end(struct text_line *l)
{
	set_style(l, TEXT_PLAIN);
	(void)fputc('\n', l->fp);
	l->column = 0;
}
