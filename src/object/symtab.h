/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symtab.h - vaddr to the name of the function that holds it
 *
 * From .symtab, .dynsym and .gnu_debugdata of the mapped file and from the
 * .symtab of its separate debug file; and, as "foo@plt", the entries of its PLT,
 * of which no table tells. Nothing of a table is kept: it is gone
 * through once for all the addresses that are wanted, a piece at a time, and
 * only the symbols that answer for one of them leave a name behind. A browser's
 * millions of symbols then cost neither a sort nor their size in memory, but
 * who has many addresses to look up says so before, with symtab_want().
 */
#ifndef SCRAPE_OBJECT_SYMTAB_H
#define SCRAPE_OBJECT_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
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

/* These vaddrs will be asked for: one pass over the tables answers for all. */
void symtab_want(struct symtab *st, const uint64_t *vaddrs, size_t n);
/*
 * The function or untyped code symbol whose [vaddr, vaddr + size) holds vaddr;
 * a symbol of size 0 reaches to the next symbol, but not out of its FDE, and
 * inside a symbol that has a size it is a label. Among aliases: one with a size
 * before one without, global before weak before local, then the one with fewer
 * leading underscores, then the shorter. False where none does: never the
 * nearest.
 */
bool symtab_find(struct symtab *st, uint64_t vaddr, struct symbol *ret);
/*
 * The table itself, for who writes another that answers the same. limit is where
 * a symbol of size 0 ends at the latest, UINT64_MAX: not known.
 */
struct symtab_entry {
	struct symbol sym;
	uint64_t limit;
	uint8_t binding; /* STB_LOCAL, STB_GLOBAL, STB_WEAK */
};

/* In no order; the name is gone when fn returns. */
void symtab_each(struct symtab *st,
    void (*fn)(void *ctx, const struct symtab_entry *e), void *ctx);

/* Whether a full table (.symtab, also a separate or embedded one) was found. */
bool symtab_is_full(struct symtab *st);

#endif
