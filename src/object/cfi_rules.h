/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfi_rules.h - a module's compact rules, each once
 *
 * The rows of a library with a hundred thousand functions use some hundred of
 * them, at most 2,112 in what was measured (research/unwind.md 1.1). A rule
 * never moves, so that caches may point at it as long as the set lives.
 */
#ifndef SCRAPE_OBJECT_CFI_RULES_H
#define SCRAPE_OBJECT_CFI_RULES_H

#include "base/hash.h"
#include "object/cfi_compact.h"

#include <stddef.h>
#include <stdint.h>

/* Numbers have 16 bits. What comes after that many is slow. */
#define CFI_RULES_MAX	65536u
#define CFI_RULES_BLOCK 256u

/* All zero is a valid, empty set. */
struct cfi_rules {
	struct cfi_compact *blocks[CFI_RULES_MAX / CFI_RULES_BLOCK];
	size_t n;
	struct hash index;
};

void cfi_rules_deinit(struct cfi_rules *r);
/* The number of this rule; of one that is COMPACT_SLOW when there is no room */
uint16_t cfi_rules_intern(struct cfi_rules *r, const struct cfi_compact *rule);

static inline const struct cfi_compact *
cfi_rules_get(const struct cfi_rules *r, uint16_t id)
{
	return &r->blocks[id / CFI_RULES_BLOCK][id % CFI_RULES_BLOCK];
}

#endif
