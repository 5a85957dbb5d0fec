/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_rules.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* The first one is slow, for whatever finds no room. */
#define SLOW_ID 0

void
cfi_rules_deinit(struct cfi_rules *r)
{
	free(r->v);
	hash_deinit(&r->index);
	*r = (struct cfi_rules){0};
}

static uint64_t
hash_of(const struct cfi_compact *rule)
{
	uint64_t words[2];

	memcpy(words, rule, sizeof(words));
	return hash_u64(words[0] ^ hash_u64(words[1]));
}

static uint16_t
add(struct cfi_rules *r, const struct cfi_compact *rule, uint64_t hash)
{
	size_t id = r->n;

	GROW(r->v, r->n, r->cap);
	r->v[r->n++] = *rule;
	hash_add(&r->index, hash, (uint32_t)id);
	return (uint16_t)id;
}

static void
add_slow(struct cfi_rules *r)
{
	const struct cfi_compact slow = {.kind = COMPACT_SLOW};

	(void)add(r, &slow, hash_of(&slow));
}

uint16_t
cfi_rules_intern(struct cfi_rules *r, const struct cfi_compact *rule)
{
	uint64_t hash = hash_of(rule);
	struct hash_probe at;
	uint32_t id;

	if (r->n == 0)
		add_slow(r);
	at = hash_find(&r->index, hash);
	while ((id = hash_next(&r->index, &at)) != HASH_NONE)
		if (memcmp(&r->v[id], rule, sizeof(*rule)) == 0)
			return (uint16_t)id;
	return r->n < CFI_RULES_MAX ? add(r, rule, hash) : SLOW_ID;
}
