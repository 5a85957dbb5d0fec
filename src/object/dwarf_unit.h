/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dwarf_unit.h - one compilation unit's functions, inlined calls and lines
 *
 * The tree of DIEs is walked once, when the unit is first asked about, and
 * leaves an index of address ranges behind; names and call sites are read from
 * the DIEs that an address leads to. libdw's own dwarf_getscopes() walks the
 * tree anew for each address.
 */
#ifndef SCRAPE_OBJECT_DWARF_UNIT_H
#define SCRAPE_OBJECT_DWARF_UNIT_H

#include "object/debug_info.h"

#include <elfutils/libdw.h>

struct dwarf_unit;
struct interner;
struct module;
struct range_map;

/*
 * cu has the line table, tree the functions: the same DIE, but for split DWARF,
 * where cu is the skeleton and tree the unit in the .dwo file. Paths that had
 * to be put together live in paths.
 */
struct dwarf_unit *dwarf_unit_new(const Dwarf_Die *cu, const Dwarf_Die *tree,
    const struct module *m, struct interner *paths);
void dwarf_unit_free(struct dwarf_unit *u); /* NULL is fine */

/* The address ranges of its functions. */
const struct range_map *dwarf_unit_ranges(const struct dwarf_unit *u);
/* As debug_info_lines(). */
size_t dwarf_unit_lines(struct dwarf_unit *u, uint64_t vaddr, bool inlines,
    struct source_line *lines, size_t max);

/*
 * Whether a range of a unit or a function is one of this module's code. Of a
 * function that the linker dropped (a duplicate template, an unused section)
 * the DWARF stays behind, at 0 or at an address that nothing has.
 */
bool dwarf_range_is_code(
    const struct module *m, uint64_t start, uint64_t end);

#endif
