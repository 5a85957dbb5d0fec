/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfi_rules.h - a module's compact rules, each once
 *
 * The rows of a library with a hundred thousand functions use some hundred of
 * them, at most 2,112 in what was measured (research/unwind.md 1.1).
 */
#ifndef SCRAPE_OBJECT_CFI_RULES_H
#define SCRAPE_OBJECT_CFI_RULES_H

#include "base/hash.h"
#include "object/cfi_compact.h"

#include <stddef.h>
#include <stdint.h>

/* Numbers have 16 bits. What comes after that many is slow. */
#define CFI_RULES_MAX 65536u

/* All zero is a valid, empty set. Rules are by number, and move as it grows. */
struct cfi_rules {
	struct cfi_compact *v;
	size_t n, cap;
	struct hash index;
};

void cfi_rules_deinit(struct cfi_rules *r);
/* The number of this rule; of one that is COMPACT_SLOW when there is no room */
uint16_t cfi_rules_intern(struct cfi_rules *r, const struct cfi_compact *rule);

#endif
