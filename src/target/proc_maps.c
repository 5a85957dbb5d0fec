/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/proc_maps.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* A hexadecimal or decimal number at *s, in [*s, end), up to stop. */
static bool
take_number(
    const char **s, const char *end, unsigned base, char stop, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0;

	for (; p < end && *p != stop; p++) {
		unsigned digit;

		if (*p >= '0' && *p <= '9')
			digit = (unsigned)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			digit = (unsigned)(*p - 'a') + 10;
		else
			return false;
		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	if (p == end || p == *s)
		return false;
	*s = p + 1;
	*ret = v;
	return true;
}

/* "r-xp " */
static bool
take_flags(const char **s, const char *end, unsigned *ret)
{
	const char *p = *s;

	if (end - p < 5 || p[4] != ' ')
		return false;
	*ret = (p[0] == 'r' ? MAPPING_READ : 0u) |
	       (p[1] == 'w' ? MAPPING_WRITE : 0u) |
	       (p[2] == 'x' ? MAPPING_EXEC : 0u) |
	       (p[3] == 's' ? MAPPING_SHARED : 0u);
	*s = p + 5;
	return true;
}

/* The kernel writes a newline in a name as \012 (seq_file's mangle). */
static char *
unescape(const char *s, size_t len)
{
	char *name = xmalloc(len + 1), *out = name;

	for (size_t i = 0; i < len; i++) {
		if (len - i >= 4 && memcmp(s + i, "\\012", 4) == 0) {
			*out++ = '\n';
			i += 3;
		} else {
			*out++ = s[i];
		}
	}
	*out = '\0';
	return name;
}

static void
take_name(const char *s, const char *end, struct mapping *m)
{
	static const char deleted[] = " (deleted)";
	const size_t n = sizeof(deleted) - 1;
	size_t len;

	while (s < end && *s == ' ')
		s++;
	len = (size_t)(end - s);
	if (len > n && s[0] == '/' && memcmp(end - n, deleted, n) == 0) {
		m->flags |= MAPPING_DELETED;
		len -= n;
	}
	m->name = unescape(s, len);
}

static bool
parse_line(const char *s, const char *end, struct mapping *m)
{
	uint64_t major, minor;

	*m = (struct mapping){0};
	if (!take_number(&s, end, 16, '-', &m->start) ||
	    !take_number(&s, end, 16, ' ', &m->end) ||
	    !take_flags(&s, end, &m->flags) ||
	    !take_number(&s, end, 16, ' ', &m->off) ||
	    !take_number(&s, end, 16, ':', &major) ||
	    !take_number(&s, end, 16, ' ', &minor) || m->start >= m->end ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	m->dev_major = (uint32_t)major;
	m->dev_minor = (uint32_t)minor;
	/* An anonymous mapping's line may end right behind its inode. */
	if (memchr(s, ' ', (size_t)(end - s)) == NULL) {
		char digits[24];
		size_t len = (size_t)(end - s);

		if (len == 0 || len >= sizeof(digits) - 1)
			return false;
		memcpy(digits, s, len);
		digits[len] = ' ';
		s = digits;
		if (!take_number(&s, digits + len + 1, 10, ' ', &m->ino))
			return false;
		m->name = xstrdup("");
		return true;
	}
	if (!take_number(&s, end, 10, ' ', &m->ino))
		return false;
	take_name(s, end, m);
	return true;
}

size_t
proc_maps_parse(const char *text, size_t len, struct mappings *ret)
{
	const char *s = text, *end = text + len;
	size_t dropped = 0;

	*ret = (struct mappings){0};
	while (s < end) {
		const char *eol = memchr(s, '\n', (size_t)(end - s));
		struct mapping m;

		if (eol == NULL)
			eol = end;
		if (!parse_line(s, eol, &m)) {
			dropped += eol > s;
		} else if (ret->n == PROC_MAPS_MAX ||
			   (ret->n > 0 && m.start < ret->v[ret->n - 1].end)) {
			free(m.name);
			dropped++;
		} else {
			GROW(ret->v, ret->n, ret->cap);
			ret->v[ret->n++] = m;
		}
		s = eol + 1;
	}
	return dropped;
}
