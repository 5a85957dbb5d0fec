/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mem_image.h - an ELF file, page by page, out of the memory it is mapped in
 *
 * For a file that cannot be opened: deleted, and we are no root; in a mount
 * namespace that we cannot enter; no descriptor left. An image has the layout
 * of the file, so that whoever reads files reads it. A page is read when it is
 * needed; what was not, and what no segment loads, is zero. Section headers are
 * never loaded: the ELF header in the image says that there are none.
 *
 * What is read is memory as it is now: data has been relocated.
 */
#ifndef SCRAPE_OBJECT_MEM_IMAGE_H
#define SCRAPE_OBJECT_MEM_IMAGE_H

#include "base/err.h"
#include "core/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mem_image;

/*
 * start is where the ELF header stands. What mem reads through has to outlive
 * the image. The headers are read now.
 */
int mem_image_open(const struct mem *mem, uint64_t start, const char *path,
    struct mem_image **ret, struct err *err);
void mem_image_free(struct mem_image *img); /* NULL is fine */

/* All of it; the bytes stay where they are when more of them are read. */
const uint8_t *mem_image_bytes(const struct mem_image *img);
size_t mem_image_size(const struct mem_image *img);
/* What to subtract from a target address to get a vaddr. */
uint64_t mem_image_bias(const struct mem_image *img);
/* Has the bytes at off read, unless they are; false where some cannot be. */
bool mem_image_need(struct mem_image *img, uint64_t off, uint64_t len);

#endif
