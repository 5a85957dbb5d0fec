/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/pc_cache.h"

/* The pc of an entry that is empty because it was stale: no code is there. */
#define STALE_PC UINT64_MAX

void
pc_cache_begin(struct pc_cache *c, uint64_t generation)
{
	if (c->generation == generation)
		return;
	c->generation = generation;
	for (size_t i = 0; i < PC_CACHE_SLOTS; i++) {
		struct pc_cache_entry *e = &c->entries[i];

		if (e->rule != NULL)
			*e = (struct pc_cache_entry){.pc = STALE_PC};
	}
}

void
pc_cache_count_miss(struct pc_cache *c, const struct pc_cache_entry *entry)
{
	if (entry->rule != NULL)
		c->counts.other++;
	else if (entry->pc == STALE_PC)
		c->counts.stale++;
	else
		c->counts.empty++;
}
