/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mem.h - the one door to memory that is not ours
 *
 * A live process, the bytes copied in a stop, a saved snapshot and a fuzzer's
 * input all look the same from here. A read gives exactly len bytes, or false,
 * and then none of the bytes in buf can be trusted.
 */
#ifndef SCRAPE_CORE_MEM_H
#define SCRAPE_CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mem {
	bool (*read)(void *ctx, uint64_t addr, void *buf, size_t len);
	void *ctx;
};

/*
 * Bytes that a mem would give as well, for who reads so many words that a call
 * for each is too much. Whoever takes words from here says how far it came, for
 * the mem to know what it would know from the calls.
 */
struct mem_window {
	uint64_t addr; /* of bytes[0] */
	const uint8_t *bytes;
	size_t len;
	uint64_t last; /* the end of what was read last; 0: nothing was */
	uint64_t high; /* the highest such end */
};

static inline void
mem_window_note(struct mem_window *w, uint64_t end)
{
	w->last = end;
	w->high = end > w->high ? end : w->high;
}

static inline bool
mem_read(const struct mem *m, uint64_t addr, void *buf, size_t len)
{
	return m->read(m->ctx, addr, buf, len);
}

static inline bool
mem_read_u64(const struct mem *m, uint64_t addr, uint64_t *ret)
{
	return m->read(m->ctx, addr, ret, sizeof(*ret));
}

#endif
