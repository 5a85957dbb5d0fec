/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pc_cache.h - the compact rules of the addresses that were met last
 *
 * A profile of 64,000 frames has 3,200 addresses (research/unwind.md 0): most
 * look-ups end here, with one comparison. Keyed by the address that is looked
 * up, so never by a return address itself, and valid for one generation of a
 * code space: when mappings change, everything that is remembered is stale.
 *
 * There is one entry that an address may be in, and the last one stays. 4,096
 * of them hit for 96.9 % of a clang profile's frames; more cost more misses of
 * the processor's own cache than they saved (research/unwind.md 3.2).
 */
#ifndef SCRAPE_UNWIND_PC_CACHE_H
#define SCRAPE_UNWIND_PC_CACHE_H

#include "object/cfi_compact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PC_CACHE_BITS  12
#define PC_CACHE_SLOTS (1u << PC_CACHE_BITS)

enum pc_cache_state {
	PC_CACHE_EMPTY,
	PC_CACHE_STALE, /* empty: what was there was of another generation */
	PC_CACHE_FULL,
};

/* Half a cache line: a hit costs one. */
struct pc_cache_entry {
	uint64_t pc;
	struct cfi_compact rule;
	uint64_t state;
};

/* Every look-up is a hit or one of three misses. */
struct pc_cache_counts {
	uint64_t hits;
	uint64_t empty; /* nothing was there yet */
	uint64_t other; /* another address was */
	uint64_t stale; /* what was there was of an older generation */
	uint64_t slow;	/* of all these: the rule did not do */
};

/* All zero is a valid, empty cache, of generation 0. */
struct pc_cache {
	uint64_t generation;
	struct pc_cache_counts counts;
	struct pc_cache_entry entries[PC_CACHE_SLOTS];
};

/* To be called before a walk: forgets what is not of this generation. */
void pc_cache_begin(struct pc_cache *c, uint64_t generation);
/* Counts the miss at this entry. */
void pc_cache_count_miss(
    struct pc_cache *c, const struct pc_cache_entry *e);

/* Where pc's rule is, if it is anywhere, and where it belongs. */
static inline struct pc_cache_entry *
pc_cache_entry(struct pc_cache *c, uint64_t pc)
{
	/* Fibonacci hashing: the high bits depend on all the low ones. */
	return &c->entries[pc * 0x9e3779b97f4a7c15ull >> (64 - PC_CACHE_BITS)];
}

static inline bool
pc_cache_holds(const struct pc_cache_entry *e, uint64_t pc)
{
	return e->pc == pc && e->state == PC_CACHE_FULL;
}

static inline void
pc_cache_put(struct pc_cache_entry *e, uint64_t pc,
    const struct cfi_compact *rule)
{
	*e = (struct pc_cache_entry){
	    .pc = pc, .rule = *rule, .state = PC_CACHE_FULL};
}

#endif
