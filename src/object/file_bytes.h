/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file_bytes.h - the bytes of a file, or of an image of one in memory
 *
 * For what libelf would read whole into memory, such as a symbol table, and
 * that is looked at once. By pread: see module_open().
 */
#ifndef SCRAPE_OBJECT_FILE_BYTES_H
#define SCRAPE_OBJECT_FILE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct file_bytes {
	int fd; /* -1: image */
	const uint8_t *image;
	size_t image_size;
};

/* How many of len bytes at off were copied: fewer where the file ends. */
size_t file_bytes_read(
    const struct file_bytes *fb, uint64_t off, void *buf, size_t len);

#endif
