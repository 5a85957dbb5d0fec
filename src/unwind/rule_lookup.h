/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rule_lookup.h - the compact rule of an address of a code space
 *
 * Out of the space's cache, else out of the module that is mapped there.
 */
#ifndef SCRAPE_UNWIND_RULE_LOOKUP_H
#define SCRAPE_UNWIND_RULE_LOOKUP_H

#include "unwind/pc_cache.h"
#include "unwind/unwind.h"

struct cfi;

/* For one walk: nothing of the space changes meanwhile. */
struct rule_lookup {
	const struct code_space *space;
	const uint8_t *numbers; /* compact_regs(); NULL: all rules are slow */
	/*
	 * The mapping that was looked up in last, for frames that call one
	 * another mostly lie in one library; empty: none was.
	 */
	uint64_t start, end, bias;
	struct cfi *cfi; /* of its module; NULL: it has none */
	bool is_foreign; /* ... and that is of another machine */
};

struct rule_lookup rule_lookup_begin(const struct code_space *space);
/* By mapping and module. */
const struct cfi_compact *rule_look_up(struct rule_lookup *l, uint64_t pc);
/* The same, into its entry of the cache. */
const struct cfi_compact *rule_look_up_for(
    struct rule_lookup *l, struct pc_cache_entry *e, uint64_t pc);

/* Never NULL; valid until the next call. */
static inline const struct cfi_compact *
rule_of(struct rule_lookup *l, uint64_t pc)
{
	struct pc_cache *cache = l->space->cache;
	struct pc_cache_entry *e;

	if (cache == NULL)
		return rule_look_up(l, pc);
	e = pc_cache_entry(cache, pc);
	if (!pc_cache_holds(e, pc))
		return rule_look_up_for(l, e, pc);
	cache->counts.hits++;
	return &e->rule;
}

#endif
