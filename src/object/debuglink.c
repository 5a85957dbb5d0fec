/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debuglink.h"

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/xalloc.h"
#include "object/module.h"

#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define PIECE ((size_t)64 << 10)

static bool
is_name(const char *name)
{
	return name != NULL && name[0] != '\0' && strchr(name, '/') == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strlen(name) <= NAME_MAX;
}

/* The name, padded with zeros to a multiple of 4, then the CRC. */
bool
debuglink_read(struct module *m, struct debuglink *ret)
{
	struct section s;
	struct cursor c;
	const char *name;
	size_t used;

	if (!module_section(m, ".gnu_debuglink", &s))
		return false;
	c = cursor_of(s.data, s.size);
	name = cursor_str(&c);
	used = (size_t)(c.pos - s.data);
	(void)cursor_skip(&c, -used & 3);
	ret->crc = cursor_u32(&c);
	if (c.bad || !is_name(name))
		return false;
	strcpy(ret->name, name);
	return true;
}

bool
debuglink_fits(const struct debuglink *link, int fd)
{
	_cleanup_free_ uint8_t *buf = NULL;
	uLong crc = crc32(0, NULL, 0);
	struct stat st;
	off_t at = 0;
	ssize_t n = 0;

	if (fstat(fd, &st) != 0 || st.st_size > DEBUGLINK_FILE_MAX)
		return false;
	buf = xmalloc(PIECE);
	/* One that grows meanwhile is not read on and on. */
	while (at <= st.st_size && (n = pread(fd, buf, PIECE, at)) > 0) {
		crc = crc32(crc, buf, (uInt)n);
		at += n;
	}
	return n == 0 && crc == link->crc;
}
