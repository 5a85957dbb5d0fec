/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dwarf_split.h - split DWARF: the functions of a unit are in another file
 *
 * A skeleton unit in the program names a .dwo file, or a .dwp that holds many
 * of them stands beside the program. libdw would open whatever path the
 * skeleton names, in our root and not in the target's, and libdw of before
 * 0.191 knows nothing of .dwp. So the file is found and opened here, the parts
 * of the one unit are put together in memory, and libdw is given a skeleton of
 * our own making that names this memory.
 */
#ifndef SCRAPE_OBJECT_DWARF_SPLIT_H
#define SCRAPE_OBJECT_DWARF_SPLIT_H

#include "object/dwarf_image.h"

#include <elfutils/libdw.h>

struct module;
struct dwarf_split;

/*
 * The unit that skeleton, of the DWARF in from, stands for; NULL where its file
 * is not there or has another id. debug_path is the path of the debug file that
 * from is, NULL for the module itself.
 */
struct dwarf_split *dwarf_split_open(struct module *m,
    const struct elf_source *from, const char *debug_path,
    Dwarf_Die *skeleton);
void dwarf_split_free(struct dwarf_split *ds); /* NULL is fine */
/* The unit's own DIE, in a Dwarf that lives as long as ds. */
Dwarf_Die dwarf_split_tree(const struct dwarf_split *ds);

#endif
