/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbolize.h - one address of a module to the functions that stand there
 *
 * The order of what is asked: DWARF for lines and inlined calls, the symbol
 * table for the function's name, and where a stripped file has neither, the
 * extent that its FDE gives: "libz.so.1.2.13+0x3a40", the function's start,
 * so that at least equal functions add up. Never the nearest symbol.
 */
#ifndef SCRAPE_SYMBOL_SYMBOLIZE_H
#define SCRAPE_SYMBOL_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

struct symbolize_opts {
	bool inlines; /* list inlined calls */
	bool lines;   /* ask DWARF at all */
};

/* One function at an address; strings belong to the struct location. */
struct location_line {
	char *name;	   /* demangled; never NULL or "" */
	char *system_name; /* as the linker spells it; never NULL or "" */
	char *file;	   /* NULL: unknown */
	uint32_t line, column, start_line; /* 0: unknown */
};

struct location {
	struct location_line *lines; /* innermost inlined callee first */
	size_t n;		     /* at least 1 */
	/*
	 * False when the name is only module+0x...: a viewer that has the debug
	 * file may still do better.
	 */
	bool resolved;
	uint64_t function_vaddr; /* start of the physical function; 0 unknown */
};

struct symbolize_place {
	struct module *module;
	uint64_t vaddr;
};

/*
 * Says which places symbolize() will be asked about, and sorts them by module.
 * Answers are the same without; but then each goes through its module's symbols
 * anew.
 */
void symbolize_want(struct symbolize_place *v, size_t n);
void symbolize(struct module *m, uint64_t vaddr,
    const struct symbolize_opts *opts, struct location *ret);
void location_deinit(struct location *loc);

#endif
