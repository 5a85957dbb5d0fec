/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/pc_cache.h"

void
pc_cache_begin(struct pc_cache *c, uint64_t generation)
{
	if (c->generation == generation)
		return;
	c->generation = generation;
	for (size_t i = 0; i < PC_CACHE_SLOTS; i++)
		if (c->entries[i].state == PC_CACHE_FULL)
			c->entries[i].state = PC_CACHE_STALE;
}

void
pc_cache_count_miss(struct pc_cache *c, const struct pc_cache_entry *e)
{
	switch ((enum pc_cache_state)e->state) {
	case PC_CACHE_EMPTY:
		c->counts.empty++;
		break;
	case PC_CACHE_STALE:
		c->counts.stale++;
		break;
	case PC_CACHE_FULL:
		c->counts.other++;
		break;
	}
}
