/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/walker.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "core/byte_ranges.h"
#include "session/space.h"
#include "target/target.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"

#include <stdlib.h>

/*
 * An address outside all maps makes us read them again, and so does a walk that
 * breaks off: its caller may stand in what has become code since, as a JIT's.
 * But no more than a tenth of the time may go there: a program can have
 * addresses that stay unknown, and maps of ten thousand lines.
 */
#define REFRESH_GAPS 10
/* They are read again this often even so: a library may replace another. */
#define REFRESH_AGE_NS NS_PER_SEC
/*
 * A walk of ten thousand frames takes a tenth of this, though each be guessed.
 * Between two walks others are let go, and ^C is heard.
 */
#define WALK_MAX_NS (NS_PER_SEC / 5)
/*
 * Code that a JIT has replaced is taken for what was there for no longer than
 * this; of what it says only guesses are made.
 */
#define CODE_AGE_NS NS_PER_SEC

void
walker_init(struct walker *w, struct space *space, size_t max_depth)
{
	*w = (struct walker){.space = space, .max_depth = max_depth};
	w->frames = xcalloc(max_depth, sizeof(*w->frames));
	stack_reader_init(&w->reader);
}

void
walker_deinit(struct walker *w)
{
	stack_reader_deinit(&w->reader);
	free(w->frames);
}

/* Whether every frame lies in code that we know of. */
static bool
is_all_mapped(const struct walker *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct mapping *m = mappings_find(
		    &w->space->maps, frame_lookup_pc(&w->frames[i]));

		if (m == NULL || (m->flags & MAPPING_EXEC) == 0)
			return false;
	}
	return true;
}

static struct unwind_result
walk_once(struct walker *w, const struct snapshot *snap)
{
	struct mem reader = stack_reader_mem(&w->reader), mem = reader;
	struct byte_recorder recorder = {
	    .from = &reader, .to = w->record, .but = snap};
	const struct unwind_aids aids = {.window = &w->reader.window,
	    .trail = w->trail,
	    .deadline_ns = now_ns() + WALK_MAX_NS};

	if (w->record != NULL)
		mem = byte_recorder_mem(&recorder);
	w->space->code.record = w->record;
	return unwind_with(&w->space->code, &snap->regs, &mem, &aids,
	    w->frames, w->max_depth);
}

/*
 * Where the stack has changed before it was read to its end, only what was
 * copied in the stop counts.
 */
static struct unwind_result
walk(struct walker *w, const struct snapshot *snap, size_t want)
{
	size_t mark = w->record != NULL ? byte_ranges_mark(w->record) : 0;
	struct unwind_result r;

	stack_reader_begin(&w->reader, snap, &w->space->target->mem,
	    &w->space->maps, want);
	r = walk_once(w, snap);
	if (!w->reader.is_late)
		return r;
	w->late_walks++;
	if (stack_reader_stood_still(&w->reader))
		return r;
	stack_reader_restrict(&w->reader);
	if (w->record != NULL)
		byte_ranges_rewind(w->record, mark);
	r = walk_once(w, snap);
	if (r.end != END_ROOT)
		r.end = END_LATE;
	return r;
}

/*
 * A walk that met unknown code may have met a library that was loaded since, or
 * what a JIT has written since behind other code: the copy is still here, so it
 * is simply walked again.
 */
struct unwind_result
walker_walk(struct walker *w, const struct snapshot *snap, size_t want)
{
	uint64_t now = now_ns(), age = now - w->space->read_ns;
	struct unwind_result r;

	code_cache_expire(w->space->code.codes, now, CODE_AGE_NS);
	if (age > REFRESH_AGE_NS)
		(void)space_refresh(w->space);
	r = walk(w, snap, want);
	if (age >= w->space->read_cost_ns * REFRESH_GAPS &&
	    (r.end == END_NO_CFI || !is_all_mapped(w, r.n)) &&
	    space_refresh(w->space)) {
		code_cache_expire(w->space->code.codes, now_ns(), 0);
		r = walk(w, snap, want);
	}
	unwind_drop_stray(&w->space->code, w->frames, &r);
	return r;
}

size_t
walker_need(const struct walker *w)
{
	const struct snapshot *snap = w->reader.snap;

	if (w->reader.window.high <= snap->regs.r[w->space->code.arch->sp])
		return 0;
	return (size_t)(w->reader.window.high - snap->stack_addr);
}
