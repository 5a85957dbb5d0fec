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
