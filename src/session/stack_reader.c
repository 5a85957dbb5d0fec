/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stack_reader.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
stack_reader_init(struct stack_reader *r)
{
	*r = (struct stack_reader){0};
	r->extension.bytes = xmalloc(EXTENSION_MAX + EXTENSION_OVERLAP);
	r->elsewhere.bytes = xmalloc(ELSEWHERE_CHUNK);
}

void
stack_reader_deinit(struct stack_reader *r)
{
	free(r->extension.bytes);
	free(r->elsewhere.bytes);
}

static void
fill(struct late_bytes *late, struct remote_mem *rm, uint64_t addr, size_t len)
{
	late->addr = addr;
	late->len = remote_mem_read_some(rm, addr, late->bytes, len);
}

static bool
late_read(
    const struct late_bytes *late, uint64_t addr, void *buf, size_t len)
{
	uint64_t at = addr - late->addr;

	if (addr < late->addr || at > late->len || len > late->len - at)
		return false;
	memcpy(buf, late->bytes + at, len);
	return true;
}

static uint64_t
snapshot_end(const struct stack_reader *r)
{
	return r->snap->stack_addr + r->snap->stack_len;
}

/* Reads the stack on, from the overlap to need bytes above the snapshot. */
static void
extend(struct stack_reader *r, uint64_t need)
{
	uint64_t end = snapshot_end(r);
	uint64_t room = r->stack_end > end ? r->stack_end - end : 0;
	size_t overlap = r->snap->stack_len < EXTENSION_OVERLAP
			     ? r->snap->stack_len
			     : EXTENSION_OVERLAP;

	if (need < EXTENSION_FIRST)
		need = EXTENSION_FIRST;
	if (need > EXTENSION_MAX)
		need = EXTENSION_MAX;
	if (need > room)
		need = room;
	if (need > 0)
		fill(&r->extension, r->rm, end - overlap, overlap + need);
}

void
stack_reader_begin(struct stack_reader *r, const struct snapshot *snap,
    struct remote_mem *rm, const struct mappings *maps, size_t want)
{
	const struct mapping *m = mappings_find(maps, snap->stack_addr);

	r->snap = snap;
	r->rm = rm;
	r->maps = maps;
	r->stack_end = m != NULL ? m->end : 0;
	r->window = (struct mem_window){.addr = snap->stack_addr,
	    .bytes = snap->stack,
	    .len = snap->stack_len};
	r->is_late = r->is_strict = r->has_last = false;
	r->extension.len = r->elsewhere.len = 0;
	extend(r, want > snap->stack_len ? want - snap->stack_len : 0);
}

/*
 * Of the stack that goes on from frame to frame. Another one in the same mapping,
 * as a coroutine's, is not to be copied with it in the stops to come.
 */
static void
note_high(struct stack_reader *r, uint64_t end)
{
	uint64_t high = r->window.high > snapshot_end(r) ? r->window.high
							 : snapshot_end(r);

	if (end > high && end - high <= FRAME_SIZE_MAX)
		r->window.high = end;
}

/*
 * From now on nothing that is read is part of one instant. Of a frame's slots,
 * which are read at once, the return address is mostly the last.
 */
static void
mark_late(struct stack_reader *r)
{
	struct stack_word *last = &r->last;

	if (r->is_late)
		return;
	r->is_late = true;
	last->addr = r->window.last - sizeof(last->value);
	r->has_last = r->window.last != 0 &&
		      snapshot_read(r->snap, last->addr, &last->value,
			  sizeof(last->value));
}

/*
 * Constants do not change under us, nor does code in practice, though a JIT
 * keeps it writable.
 */
static bool
can_change(const struct stack_reader *r, uint64_t addr)
{
	const struct mapping *m = mappings_find(r->maps, addr);

	return m == NULL ||
	       (m->flags & (MAPPING_WRITE | MAPPING_EXEC)) == MAPPING_WRITE;
}

static bool
read_elsewhere(struct stack_reader *r, uint64_t addr, void *buf, size_t len)
{
	if (len > ELSEWHERE_CHUNK)
		return false;
	if (!late_read(&r->elsewhere, addr, buf, len)) {
		fill(&r->elsewhere, r->rm, addr, ELSEWHERE_CHUNK);
		if (!late_read(&r->elsewhere, addr, buf, len))
			return false;
	}
	if (can_change(r, addr))
		mark_late(r);
	return true;
}

static bool
read_above(struct stack_reader *r, uint64_t addr, void *buf, size_t len)
{
	mark_late(r);
	if (!late_read(&r->extension, addr, buf, len)) {
		/* Twice as far as asked, or a deep stack is read page by page */
		extend(r, 2 * (addr + len - snapshot_end(r)));
		if (!late_read(&r->extension, addr, buf, len))
			return read_elsewhere(r, addr, buf, len);
	}
	note_high(r, addr + len);
	return true;
}

static bool
reader_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct stack_reader *r = ctx;

	if (snapshot_read(r->snap, addr, buf, len)) {
		mem_window_note(&r->window, addr + len);
		return true;
	}
	if (r->is_strict && can_change(r, addr))
		return false;
	/* A word may lie across the snapshot's end. */
	if (addr + len > snapshot_end(r) && addr >= r->snap->stack_addr &&
	    addr < r->stack_end &&
	    addr + len - snapshot_end(r) <= EXTENSION_MAX)
		return read_above(r, addr, buf, len);
	return read_elsewhere(r, addr, buf, len);
}

struct mem
stack_reader_mem(struct stack_reader *r)
{
	return (struct mem){.read = reader_read, .ctx = r};
}

bool
stack_reader_stood_still(struct stack_reader *r)
{
	uint64_t value;

	if (!r->has_last)
		return false;
	/* As it was when the extension was read, or else as it is now. */
	if (!late_read(&r->extension, r->last.addr, &value, sizeof(value)) &&
	    remote_mem_read_some(r->rm, r->last.addr, &value,
		sizeof(value)) != sizeof(value))
		return false;
	return value == r->last.value;
}

void
stack_reader_restrict(struct stack_reader *r)
{
	r->is_strict = true;
}
