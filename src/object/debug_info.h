/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug_info.h - vaddr to source line and inlined calls, through libdw
 *
 * Lazy in everything: the separate debug file is looked for at the first call,
 * a compilation unit is read when an address in it is asked for.
 */
#ifndef SCRAPE_OBJECT_DEBUG_INFO_H
#define SCRAPE_OBJECT_DEBUG_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;
struct debug_info;

/* Calls inlined into one another at one address: deeper ones are not listed. */
#define DEBUG_INLINES_MAX 64

/* Strings live as long as the debug_info. */
struct source_line {
	const char *function; /* linkage name, else plain name, or NULL */
	const char *file;     /* absolute where DWARF lets us, or NULL */
	uint32_t line;	      /* 0: unknown */
	uint32_t column;      /* 0: unknown */
	uint32_t start_line;  /* DW_AT_decl_line of the function, or 0 */
};

/* Never NULL; a module without DWARF answers 0 lines. Never the network. */
struct debug_info *debug_info_new(struct module *m);
void debug_info_free(struct debug_info *di);

/*
 * Innermost inlined callee first, the physical function last; returns how many
 * of max were filled, 0 where DWARF says nothing about vaddr. lines[i].line is
 * where execution is in function i: for all but the first, the call of the one
 * before it. Without inlines, or where max is too small for all of them, the
 * innermost are left out, and lines[0] is the call of the one not listed.
 */
size_t debug_info_lines(struct debug_info *di, uint64_t vaddr, bool inlines,
    struct source_line *lines, size_t max);

#endif
