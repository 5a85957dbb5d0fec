/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stack_reader.h"

#include <string.h>

void
stack_reader_init(struct stack_reader *r, const struct snapshot *snap,
    struct remote_mem *rm, const struct mappings *maps)
{
	r->snap = snap;
	r->rm = rm;
	r->maps = maps;
	r->high = 0;
	r->is_late = false;
	r->n_recent = 0;
	r->chunk_len = 0;
}

static void
remember(struct stack_reader *r, uint64_t addr, const void *buf, size_t len)
{
	struct recent_word *w = &r->recent[r->n_recent % RECENT_WORDS];

	if (addr + len > r->high)
		r->high = addr + len;
	if (len != sizeof(w->value) || r->is_late)
		return;
	w->addr = addr;
	memcpy(&w->value, buf, len);
	r->n_recent++;
}

static bool
read_chunk(struct stack_reader *r, uint64_t addr, void *buf, size_t len)
{
	uint64_t at = addr - r->chunk_addr;

	if (addr < r->chunk_addr || at > r->chunk_len ||
	    len > r->chunk_len - at) {
		r->chunk_addr = addr;
		r->chunk_len = remote_mem_read_some(
		    r->rm, addr, r->chunk, sizeof(r->chunk));
		at = 0;
		if (len > r->chunk_len)
			return false;
	}
	memcpy(buf, r->chunk + at, len);
	return true;
}

/* Code and constants do not change under us. */
static bool
can_change(const struct stack_reader *r, uint64_t addr)
{
	const struct mapping *m = mappings_find(r->maps, addr);

	return m == NULL || (m->flags & MAPPING_WRITE) != 0;
}

static bool
is_above_snapshot(const struct stack_reader *r, uint64_t addr)
{
	const struct mapping *m = mappings_find(r->maps, r->snap->stack_addr);

	return m != NULL && addr >= m->start && addr < m->end;
}

static bool
reader_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct stack_reader *r = ctx;

	if (snapshot_read(r->snap, addr, buf, len)) {
		remember(r, addr, buf, len);
		return true;
	}
	if (!read_chunk(r, addr, buf, len))
		return false;
	if (can_change(r, addr))
		r->is_late = true;
	if (is_above_snapshot(r, addr) && addr + len > r->high)
		r->high = addr + len;
	return true;
}

struct mem
stack_reader_mem(struct stack_reader *r)
{
	return (struct mem){.read = reader_read, .ctx = r};
}

/* The slot that frame pc was read from, if it is among the recent words. */
static const struct recent_word *
slot_of(const struct stack_reader *r, uint64_t pc)
{
	size_t n = r->n_recent < RECENT_WORDS ? r->n_recent : RECENT_WORDS;

	for (size_t i = 0; i < n; i++)
		if (r->recent[i].value == pc)
			return &r->recent[i];
	return NULL;
}

size_t
stack_reader_trusted(
    struct stack_reader *r, const struct frame *frames, size_t n)
{
	uint64_t value;

	if (!r->is_late)
		return n;
	for (size_t i = n; i-- > 1;) {
		const struct recent_word *w = slot_of(r, frames[i].pc);

		if (w == NULL)
			continue;
		/* Outermost of those that the snapshot holds */
		if (remote_mem_read_some(r->rm, w->addr, &value,
			sizeof(value)) == sizeof(value) &&
		    value == w->value)
			return n;
		return i + 1;
	}
	return 1;
}
