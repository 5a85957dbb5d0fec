/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * located.h - what stands at an address of a module, looked up once
 *
 * A thousand threads stand in the same few places, and DWARF is slow to ask.
 */
#ifndef SCRAPE_SESSION_LOCATED_H
#define SCRAPE_SESSION_LOCATED_H

#include "base/hash.h"
#include "symbol/symbolize.h"

struct located_place {
	struct module *module; /* a reference of its own */
	uint64_t vaddr;
	struct location location;
};

struct located {
	struct located_place *v;
	size_t n, cap;
	struct hash index;
	struct symbolize_opts opts;
};

void located_init(struct located *l, const struct symbolize_opts *opts);
void located_deinit(struct located *l);
/* Forgets all modules but these, of which some may be NULL. */
void located_keep(
    struct located *l, struct module *const *modules, size_t n);
/* Holds until the next call. */
const struct location *located_find(
    struct located *l, struct module *m, uint64_t vaddr);

#endif
