/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module_private.h - what only object/ may know of a module: that it is libelf
 */
#ifndef SCRAPE_OBJECT_MODULE_PRIVATE_H
#define SCRAPE_OBJECT_MODULE_PRIVATE_H

#include "object/file_bytes.h"

#include <libelf.h>

struct module;
struct debug_file;
struct debug_search;

/* Lives as long as the module. */
Elf *module_elf(struct module *m);
/* Its separate debug file, looked for at the first call; NULL: there is none.
 */
struct debug_file *module_debug_file(struct module *m);
/* The same, but only on this machine: also while sampling. */
struct debug_file *module_debug_file_here(struct module *m);
const struct debug_search *module_search(const struct module *m);
struct file_bytes module_bytes(const struct module *m);

#endif
