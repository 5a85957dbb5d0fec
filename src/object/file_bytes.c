/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/file_bytes.h"

#include <string.h>
#include <unistd.h>

static size_t
read_image(const struct file_bytes *fb, uint64_t off, void *buf, size_t len)
{
	if (off >= fb->image_size)
		return 0;
	if (len > fb->image_size - off)
		len = fb->image_size - off;
	memcpy(buf, fb->image + off, len);
	return len;
}

size_t
file_bytes_read(
    const struct file_bytes *fb, uint64_t off, void *buf, size_t len)
{
	size_t got = 0;

	if (fb->fd < 0)
		return read_image(fb, off, buf, len);
	if (off > INT64_MAX - len)
		return 0;
	while (got < len) {
		ssize_t n = pread(fb->fd, (uint8_t *)buf + got, len - got,
		    (off_t)(off + got));

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}
