/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.h - an open-addressing index from a hash to u32 ids
 *
 * The entries live in the caller's own array; the index holds only their
 * numbers, so growing either never moves what the other points to. The caller
 * compares candidates itself:
 *
 *	struct hash_probe at = hash_find(&index, h);
 *	while ((id = hash_next(&index, &at)) != HASH_NONE)
 *		if (equal(array[id], key))
 *			return id;
 *	hash_add(&index, h, new_id);
 */
#ifndef SCRAPE_BASE_HASH_H
#define SCRAPE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_NONE UINT32_MAX

struct hash_slot {
	uint32_t hash;
	uint32_t id; /* HASH_NONE: empty */
};

/* All zero is a valid, empty index. */
struct hash {
	struct hash_slot *slots;
	size_t mask; /* slots - 1; slots is a power of two */
	size_t used;
};

struct hash_probe {
	uint32_t hash;
	size_t at;
};

uint64_t hash_bytes(const void *data, size_t len);
uint64_t hash_u64(uint64_t v);

struct hash_probe hash_find(const struct hash *h, uint64_t hash);
uint32_t hash_next(const struct hash *h, struct hash_probe *probe);
void hash_add(struct hash *h, uint64_t hash, uint32_t id);
void hash_deinit(struct hash *h);

#endif
