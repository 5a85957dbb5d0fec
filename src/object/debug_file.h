/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug_file.h - a separate debug file, as distributions ship them
 *
 * Names and lines of a stripped file live in another one. Which one that is,
 * and whether it really belongs to the module, is debug_search.h's business.
 */
#ifndef SCRAPE_OBJECT_DEBUG_FILE_H
#define SCRAPE_OBJECT_DEBUG_FILE_H

#include "object/file_bytes.h"
#include "object/module.h"

#include <libelf.h>

struct debug_file;

/* Takes fd over, also where it is -1 or no ELF file: then NULL. */
struct debug_file *debug_file_new(
    int fd, const char *path, enum debug_how how);
void debug_file_free(struct debug_file *df); /* NULL is fine */

/* All live as long as the debug file. */
int debug_file_fd(const struct debug_file *df);
Elf *debug_file_elf(struct debug_file *df);
struct file_bytes debug_file_bytes(const struct debug_file *df);
const char *debug_file_path(const struct debug_file *df);
enum debug_how debug_file_how(const struct debug_file *df);
/* A section unpacked. For one section: the next call gives the bytes back. */
bool debug_file_section(
    struct debug_file *df, const char *name, struct section *ret);

/* The section of that name that has bytes in the file; NULL: none. */
Elf_Scn *debug_file_find(Elf *elf, const char *name);
/* .debug_info itself, not only the empty place where strip took it from. */
bool debug_file_has_dwarf(Elf *elf);

#endif
