/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbol_table.h - one SHT_SYMTAB or SHT_DYNSYM section, read in pieces
 *
 * libelf would read the section and its strings whole, and keep them. Here they
 * go by in a buffer of a few pages, names only for those symbols that somebody
 * takes a closer look at.
 */
#ifndef SCRAPE_OBJECT_SYMBOL_TABLE_H
#define SCRAPE_OBJECT_SYMBOL_TABLE_H

#include "object/file_bytes.h"

#include <libelf.h>
#include <stdbool.h>

struct dynamic;
struct module;
struct names_window;

struct symbol_table {
	Elf *elf;
	struct file_bytes bytes;
	uint64_t off, size; /* of the symbols */
	struct file_bytes names_bytes;
	uint64_t names_off, names_size;
	struct names_window *names; /* what was read last */
};

/* What ld.so goes by, where no section header leads to it; never fails. */
void symbol_table_open_dynamic(
    struct symbol_table *t, Elf *elf, const struct dynamic *d);
/* The first section of this type; false where there is none. */
bool symbol_table_open(struct symbol_table *t, Elf *elf,
    struct file_bytes bytes, unsigned type);
void symbol_table_close(struct symbol_table *t);

/* As it stands in the table; vaddr + size does not wrap. */
struct raw_symbol {
	uint64_t vaddr, size;
	uint32_t name;
	uint16_t section;
	uint8_t info;
};

/* Each that is defined, has a name and, by its type, may be code. */
void symbol_table_each(const struct symbol_table *t,
    void (*fn)(void *ctx, const struct symbol_table *t,
	const struct raw_symbol *sym),
    void *ctx);

/* Whether it stands in code of this module. */
bool symbol_is_code(const struct module *m, const struct symbol_table *t,
    const struct raw_symbol *sym);

/* A symbol of code, with what there is to know of it. */
struct candidate {
	unsigned refs;
	uint64_t vaddr, size;
	uint64_t limit; /* size 0: where its section ends */
	uint16_t underscores;
	uint8_t binding; /* 0 global, 1 weak, 2 local */
	char name[];	 /* without @VERSION */
};

/* NULL: its name is none of a function. */
struct candidate *candidate_new(
    const struct symbol_table *t, const struct raw_symbol *sym);
/* "NAME@plt", for what no table names. */
struct candidate *candidate_new_plt(
    uint64_t vaddr, uint64_t size, const char *name);
struct candidate *candidate_ref(struct candidate *c);
void candidate_unref(struct candidate *c); /* NULL is fine */
/*
 * Negative where a starts before b, or is the worse of two aliases. A size that
 * is known counts first: who has none is often a label, like the linker's
 * _etext.
 */
int candidate_compare(
    const struct candidate *a, const struct candidate *b);

#endif
