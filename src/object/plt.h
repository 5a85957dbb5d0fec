/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plt.h - the small pieces of code through which a file calls others
 *
 * No symbol names them; people know them as "foo@plt". What an entry calls is
 * told by the place in the GOT that its jump goes through, or by the number
 * that it pushes for the lazy resolver, so all layouts of all linkers read the
 * same: .plt, .plt.sec (-fcf-protection), .plt.got (-z now). x86_64 only.
 */
#ifndef SCRAPE_OBJECT_PLT_H
#define SCRAPE_OBJECT_PLT_H

#include <stddef.h>
#include <stdint.h>

struct module;

struct plt_entry {
	uint64_t vaddr;
	uint32_t size;
	const char *name;  /* without "@plt"; NULL: see resolver */
	uint64_t resolver; /* where the ifunc stands that it calls */
};

/* By address, and none reaches into the next. The names live as the module. */
struct plt {
	struct plt_entry *v;
	size_t n, cap;
};

/* Never fails: a file without any has none. */
struct plt *plt_new(struct module *m);
void plt_free(struct plt *p); /* NULL is fine */
/* The entry that holds vaddr, or NULL. */
const struct plt_entry *plt_find(const struct plt *p, uint64_t vaddr);

#endif
