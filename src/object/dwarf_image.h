/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dwarf_image.h - an ELF file in memory that has the DWARF we want, and no more
 *
 * dwarf_begin_elf() unpacks every compressed debug section it sees and has
 * libelf read the others whole, .debug_loclists and .debug_aranges among them.
 * So libdw is given another file: the sections that names, inlined calls and
 * lines are made of, read and unpacked in one go into memory that is given back
 * in one piece. It also has no .gnu_debugaltlink and no file name, which are
 * what libdw would follow to other files and to debuginfod servers.
 *
 * A section may also be a slice of one, and come from another file: that is how
 * the parts of split DWARF are put together (dwarf_split.h).
 */
#ifndef SCRAPE_OBJECT_DWARF_IMAGE_H
#define SCRAPE_OBJECT_DWARF_IMAGE_H

#include "object/file_bytes.h"

#include <libelf.h>
#include <stdbool.h>

/* An open file, once for libelf's headers and once for the bytes. */
struct elf_source {
	Elf *elf;
	struct file_bytes bytes;
};

/*
 * Bytes [off, off + len) of a section, unpacked; len 0: all from off on. Where
 * section is NULL, all that from.bytes has, which is an image then.
 */
struct dwarf_piece {
	struct elf_source from;
	const char *section;
	const char *as; /* its name in the image */
	uint64_t off, len;
};

struct dwarf_image;

/*
 * A piece that is not there is left out. NULL: damaged, or over a bound; one of
 * them is a part of the memory that is available now.
 */
struct dwarf_image *dwarf_image_new(
    const struct dwarf_piece *pieces, size_t n);
/* All of a file that we want. */
struct dwarf_image *dwarf_image_of(const struct elf_source *from);
void dwarf_image_free(struct dwarf_image *di); /* NULL is fine */
Elf *dwarf_image_elf(struct dwarf_image *di);
/* The nth section of the image, from 1 on, in the order of the pieces. */
const void *dwarf_image_section(
    const struct dwarf_image *di, size_t n, size_t *ret_size);
/* A copy as a file that has no name; -1: no memory. */
int dwarf_image_memfd(const struct dwarf_image *di);

#endif
