/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/byte_ranges.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "core/snapshot.h"

#include <stdlib.h>
#include <string.h>

#define obstack_chunk_alloc xmalloc
#define obstack_chunk_free  free

void
byte_ranges_init(struct byte_ranges *r)
{
	*r = (struct byte_ranges){0};
	obstack_init(&r->bytes);
	obstack_alignment_mask(&r->bytes) = 0;
}

void
byte_ranges_deinit(struct byte_ranges *r)
{
	obstack_free(&r->bytes, NULL);
	free(r->v);
}

void
byte_ranges_add(
    struct byte_ranges *r, uint64_t addr, const void *bytes, size_t len)
{
	if (len == 0 || addr + len < addr)
		return;
	GROW(r->v, r->n, r->cap);
	r->v[r->n++] = (struct byte_range){.addr = addr,
	    .len = len,
	    .bytes = obstack_copy(&r->bytes, bytes, len)};
}

bool
byte_ranges_fetch(struct byte_ranges *r, const struct mem *from, uint64_t addr,
    void *ret, size_t len)
{
	_cleanup_free_ void *own = ret == NULL ? xmalloc(len) : NULL;
	void *buf = ret == NULL ? own : ret;

	if (!mem_read(from, addr, buf, len))
		return false;
	byte_ranges_add(r, addr, buf, len);
	return true;
}

size_t
byte_ranges_mark(const struct byte_ranges *r)
{
	return r->n;
}

/* An obstack frees an object together with all that came after it. */
void
byte_ranges_rewind(struct byte_ranges *r, size_t mark)
{
	if (mark >= r->n)
		return;
	obstack_free(&r->bytes, (void *)r->v[mark].bytes);
	r->n = mark;
}

/* A range, and when it was added: qsort() is not stable. */
struct numbered {
	struct byte_range range;
	size_t number;
};

static int
by_address_then_age(const void *pa, const void *pb)
{
	const struct numbered *a = pa, *b = pb;

	if (a->range.addr != b->range.addr)
		return a->range.addr < b->range.addr ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static struct numbered *
sorted(const struct byte_ranges *r)
{
	struct numbered *v = xreallocarray(NULL, r->n, sizeof(*v));

	for (size_t i = 0; i < r->n; i++)
		v[i] = (struct numbered){.range = r->v[i], .number = i};
	qsort(v, r->n, sizeof(*v), by_address_then_age);
	return v;
}

static uint64_t
end_of(const struct byte_range *r)
{
	return r->addr + r->len;
}

static int
youngest_first(const void *pa, const void *pb)
{
	return -((((const struct numbered *)pa)->number >
		     ((const struct numbered *)pb)->number) -
		 (((const struct numbered *)pa)->number <
		     ((const struct numbered *)pb)->number));
}

/* The n ranges at v touch one another; the oldest is copied last, and stays. */
static void
join(struct byte_ranges *r, struct numbered *v, size_t n, uint64_t end)
{
	uint64_t start = v[0].range.addr;
	size_t len = (size_t)(end - start);
	uint8_t *bytes = obstack_alloc(&r->bytes, len);

	qsort(v, n, sizeof(*v), youngest_first);
	for (size_t i = 0; i < n; i++)
		memcpy(bytes + (v[i].range.addr - start), v[i].range.bytes,
		    v[i].range.len);
	r->v[r->n++] =
	    (struct byte_range){.addr = start, .len = len, .bytes = bytes};
}

void
byte_ranges_merge(struct byte_ranges *r)
{
	_cleanup_free_ struct numbered *v = NULL;
	size_t n = r->n, first = 0;

	if (n == 0)
		return;
	v = sorted(r);
	r->n = 0;
	while (first < n) {
		uint64_t end = end_of(&v[first].range);
		size_t next = first + 1;

		for (; next < n && v[next].range.addr <= end; next++)
			if (end_of(&v[next].range) > end)
				end = end_of(&v[next].range);
		join(r, &v[first], next - first, end);
		first = next;
	}
}

static bool
record(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct byte_recorder *rec = ctx;

	if (!mem_read(rec->from, addr, buf, len))
		return false;
	if (rec->but == NULL || !snapshot_read(rec->but, addr, buf, len))
		byte_ranges_add(rec->to, addr, buf, len);
	return true;
}

struct mem
byte_recorder_mem(struct byte_recorder *rec)
{
	return (struct mem){.read = record, .ctx = rec};
}
