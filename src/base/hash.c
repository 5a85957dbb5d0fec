/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/hash.h"

#include "base/xalloc.h"

#include <stdlib.h>

#define FIRST_SLOTS 64u

/* The finaliser of MurmurHash3: every input bit reaches every output bit. */
uint64_t
hash_u64(uint64_t v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdull;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ull;
	v ^= v >> 33;
	return v;
}

/* FNV-1a, finalised so that the low bits can index a table. */
uint64_t
hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t v = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		v = (v ^ p[i]) * 0x100000001b3ull;
	return hash_u64(v);
}

struct hash_probe
hash_find(const struct hash *h, uint64_t hash)
{
	return (struct hash_probe){
	    .hash = (uint32_t)(hash >> 32), .at = (size_t)(uint32_t)(hash >> 32) & h->mask};
}

uint32_t
hash_next(const struct hash *h, struct hash_probe *probe)
{
	if (h->slots == NULL)
		return HASH_NONE;
	for (;;) {
		const struct hash_slot *s = &h->slots[probe->at];

		if (s->id == HASH_NONE)
			return HASH_NONE;
		probe->at = (probe->at + 1) & h->mask;
		if (s->hash == probe->hash)
			return s->id;
	}
}

static void
insert(struct hash *h, struct hash_slot slot)
{
	size_t at = slot.hash & h->mask;

	while (h->slots[at].id != HASH_NONE)
		at = (at + 1) & h->mask;
	h->slots[at] = slot;
}

static void
grow(struct hash *h)
{
	struct hash_slot *old = h->slots;
	size_t n_old = old != NULL ? h->mask + 1 : 0;
	size_t n = n_old != 0 ? n_old * 2 : FIRST_SLOTS;

	h->slots = xreallocarray(NULL, n, sizeof(*h->slots));
	h->mask = n - 1;
	for (size_t i = 0; i < n; i++)
		h->slots[i].id = HASH_NONE;
	for (size_t i = 0; i < n_old; i++)
		if (old[i].id != HASH_NONE)
			insert(h, old[i]);
	free(old);
}

void
hash_add(struct hash *h, uint64_t hash, uint32_t id)
{
	if (h->slots == NULL || h->used * 4 >= (h->mask + 1) * 3)
		grow(h);
	insert(h, (struct hash_slot){.hash = (uint32_t)(hash >> 32), .id = id});
	h->used++;
}

void
hash_deinit(struct hash *h)
{
	free(h->slots);
	*h = (struct hash){0};
}
