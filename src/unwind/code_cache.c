/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/code_cache.h"

static void
forget(struct code_cache *c)
{
	for (size_t i = 0; c->is_used && i < CODE_WINDOWS; i++)
		c->windows[i].is_full = false;
	c->is_used = false;
}

void
code_cache_begin(struct code_cache *c, uint64_t generation)
{
	if (c->generation != generation)
		forget(c);
	c->generation = generation;
}

void
code_cache_expire(struct code_cache *c, uint64_t now_ns, uint64_t max_age_ns)
{
	if (now_ns - c->since_ns <= max_age_ns)
		return;
	forget(c);
	c->since_ns = now_ns;
}
