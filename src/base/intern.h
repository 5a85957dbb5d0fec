/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intern.h - strings to small numbers and back
 *
 * Equal strings get equal ids; ids count up from 0, and id 0 is always "",
 * which is also what pprof's string table demands. Strings live as long as the
 * table and never move.
 */
#ifndef SCRAPE_BASE_INTERN_H
#define SCRAPE_BASE_INTERN_H

#include "base/hash.h"

#include <obstack.h>
#include <stdint.h>

struct interner {
	struct obstack bytes;
	const char **strings;
	size_t n, cap;
	struct hash index;
};

void interner_init(struct interner *in);
void interner_deinit(struct interner *in);
uint32_t intern(struct interner *in, const char *s); /* NULL is "" */
const char *interned(const struct interner *in, uint32_t id);

#endif
