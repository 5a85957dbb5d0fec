/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symtab.h - vaddr to the name of the function that holds it
 *
 * From .symtab, .dynsym and .gnu_debugdata of the mapped file and from the
 * .symtab of its separate debug file, sorted once, at first use; and, as
 * "foo@plt", the entries of its PLT.
 */
#ifndef SCRAPE_OBJECT_SYMTAB_H
#define SCRAPE_OBJECT_SYMTAB_H

#include <stdbool.h>
#include <stdint.h>

struct module;
struct symtab;

struct symbol {
	uint64_t vaddr;
	uint64_t size;	  /* 0 when the table does not say */
	const char *name; /* without @VERSION; lives with the table */
};

struct symtab *symtab_new(struct module *m);
void symtab_free(struct symtab *st);

/*
 * The function or untyped code symbol whose [vaddr, vaddr + size) holds vaddr;
 * a symbol of size 0 reaches to the next symbol, but not out of its FDE, and
 * inside a symbol that has a size it is a label. Among aliases: one with a size
 * before one without, global before weak before local, then the one with fewer
 * leading underscores, then the shorter. False where none does: never the
 * nearest.
 */
bool symtab_find(struct symtab *st, uint64_t vaddr, struct symbol *ret);
/* Whether a full table (.symtab, also a separate or embedded one) was found. */
bool symtab_is_full(struct symtab *st);

#endif
