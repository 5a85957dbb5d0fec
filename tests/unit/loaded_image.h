/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loaded_image.h - an ELF file of a test as it stands in a process's memory
 *
 * Each PT_LOAD of the image at bias + its vaddr, page by page; what lies
 * between them cannot be read. Counts what is read.
 */
#ifndef SCRAPE_TESTS_LOADED_IMAGE_H
#define SCRAPE_TESTS_LOADED_IMAGE_H

#include "core/mem.h"
#include "elf_image.h"

#include <string.h>

struct loaded_image {
	const struct elf_image *img; /* finished */
	uint64_t bias;
	uint64_t hole; /* the page at this address cannot be read; 0: none */
	size_t n_reads, n_bytes;
};

static inline bool
loaded_image_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct loaded_image *l = ctx;

	l->n_reads++;
	l->n_bytes += len;
	if (l->hole != 0 && addr < l->hole + 4096 && addr + len > l->hole)
		return false;
	for (unsigned i = 0; i < l->img->n_segments; i++) {
		const Elf64_Phdr *ph = &l->img->segments[i];
		uint64_t vaddr = addr - l->bias;
		uint64_t first = ph->p_vaddr & -4096ull;
		uint64_t end = (ph->p_vaddr + ph->p_memsz + 4095) & -4096ull;

		if (ph->p_type != PT_LOAD || vaddr < first ||
		    vaddr + len > end)
			continue;
		memcpy(buf,
		    l->img->bytes + ph->p_offset + (vaddr - ph->p_vaddr), len);
		return true;
	}
	return false;
}

static inline struct mem
loaded_image_mem(struct loaded_image *l)
{
	return (struct mem){.read = loaded_image_read, .ctx = l};
}

#endif
