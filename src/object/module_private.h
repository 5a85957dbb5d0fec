/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module_private.h - what only object/ may know of a module: that it is libelf,
 * and what ld.so would know of it
 */
#ifndef SCRAPE_OBJECT_MODULE_PRIVATE_H
#define SCRAPE_OBJECT_MODULE_PRIVATE_H

#include "object/file_bytes.h"

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;
struct debug_file;
struct debug_search;
struct dynamic;
struct plt;

/* Lives as long as the module. */
Elf *module_elf(struct module *m);
/* Its separate debug file, looked for at the first call; NULL: there is none.
 */
struct debug_file *module_debug_file(struct module *m);
/* The same, but only what is found at once: also while sampling. */
struct debug_file *module_debug_file_by_build_id(struct module *m);
const struct debug_search *module_search(const struct module *m);
/* Whether libelf can be pointed at these bytes: a target's are read first. */
bool module_is_there(const struct module *m, uint64_t off, uint64_t size);
struct file_bytes module_bytes(const struct module *m);

/* Made at the first call, kept by the module; never NULL. */
struct dynamic *module_dynamic(struct module *m);
struct plt *module_plt(struct module *m);

/* Its data is not the file's: ld.so has relocated it. */
bool module_is_in_memory(const struct module *m);
bool module_has_sections(const struct module *m);
/* Where PT_LOAD number i is, and how much of it comes from the file. */
bool module_segment(
    const struct module *m, size_t i, uint64_t *ret_vaddr, uint64_t *ret_size);
bool module_dynamic_segment(
    const struct module *m, uint64_t *ret_vaddr, uint64_t *ret_size);
/* How many bytes from vaddr on module_read() may find, in this segment. */
uint64_t module_room(const struct module *m, uint64_t vaddr);
/*
 * The vaddr that a pointer in the module's data means. In memory ld.so may have
 * made it an address: glibc does that to its .dynamic, musl does not.
 */
bool module_pointer(
    const struct module *m, uint64_t pointer, uint64_t *ret_vaddr);

#endif
