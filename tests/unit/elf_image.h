/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf_image.h - ELF files written in a test, where the reviewer can read them
 *
 * A test puts bytes at file offsets of its choice and says what the headers
 * claim about them, true or not:
 *
 *	struct elf_image img = {0};
 *
 *	elf_image_put(&img, 0x1000, code, sizeof(code));
 *	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x100);
 *	fd = elf_image_fd(&img);
 */
#ifndef SCRAPE_TESTS_ELF_IMAGE_H
#define SCRAPE_TESTS_ELF_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_IMAGE_MAX 65536

struct elf_image {
	uint8_t bytes[ELF_IMAGE_MAX];
	size_t size; /* after elf_image_finish() */
	Elf64_Phdr segments[8];
	Elf64_Shdr sections[16];
	unsigned n_segments, n_sections;
	char names[256]; /* .shstrtab */
	size_t names_size;
	size_t end; /* of what was put */
};

void elf_image_put(
    struct elf_image *img, uint64_t off, const void *data, size_t size);
/* Returns the program header, for what else the test wants in it. */
Elf64_Phdr *elf_image_segment(struct elf_image *img, uint32_t type,
    uint32_t flags, uint64_t off, uint64_t vaddr, uint64_t size);
/* Likewise; the first section is number 1. */
Elf64_Shdr *elf_image_section(struct elf_image *img, const char *name,
    uint32_t type, uint64_t flags, uint64_t off, uint64_t vaddr, uint64_t size);
/* Writes the headers; without sections there is no section header table. */
void elf_image_finish(struct elf_image *img);
/* Finishes, and gives the file as a memfd. */
int elf_image_fd(struct elf_image *img);

#endif
