/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link_map.h - the dynamic linker's list of what it has loaded
 *
 * scrape does not need it: it has the mappings. gdb does, to find the libraries
 * of a core file, so that it is saved with a snapshot.
 */
#ifndef SCRAPE_OBJECT_LINK_MAP_H
#define SCRAPE_OBJECT_LINK_MAP_H

#include "core/byte_ranges.h"
#include "core/mem.h"

#include <stdint.h>

struct module;

/*
 * Adds the program's dynamic section, struct r_debug, and each struct link_map
 * with its name (<link.h>), as far as mem has them. exe at bias is the program
 * itself, with DT_DEBUG in its dynamic section.
 */
void link_map_save(struct byte_ranges *to, struct module *exe, uint64_t bias,
    const struct mem *mem);

#endif
