/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/sample.h"

#include "base/clock.h"
#include "core/end_reason.h"
#include "core/frame.h"
#include "profile/profile.h"
#include "session/sampler.h"
#include "session/session.h"
#include "target/target.h"
#include "unwind/arch.h"
#include "unwind/unwind.h"

/*
 * An address outside all maps makes us read them again, but no more than a
 * tenth of the time may go there: a program can have addresses that stay
 * unknown, and maps of ten thousand lines.
 */
#define REFRESH_GAPS 10
/* They are read again this often even so: a library may replace another. */
#define REFRESH_AGE_NS NS_PER_SEC

/* Whether every frame lies in code that we know of. */
static bool
is_all_mapped(const struct space *space, const struct frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct mapping *m = mappings_find(
		    &space->maps, frame_lookup_pc(&frames[i]));

		if (m == NULL || (m->flags & MAPPING_EXEC) == 0)
			return false;
	}
	return true;
}

static struct unwind_result
walk_once(struct sampler *s, const struct snapshot *snap)
{
	struct mem mem = stack_reader_mem(&s->reader);

	return unwind(&s->space.code, &snap->regs, &mem, s->frames,
	    s->opts->max_depth);
}

/*
 * Where the stack has changed before it was read to its end, only what was
 * copied in the stop counts.
 */
static struct unwind_result
walk(struct sampler *s, const struct snapshot *snap, size_t want)
{
	struct unwind_result w;

	stack_reader_begin(
	    &s->reader, snap, &s->target->mem, &s->space.maps, want);
	w = walk_once(s, snap);
	if (!s->reader.is_late)
		return w;
	s->profile->stats.late_reads++;
	if (stack_reader_stood_still(&s->reader))
		return w;
	stack_reader_restrict(&s->reader);
	w = walk_once(s, snap);
	if (w.end != END_ROOT)
		w.end = END_LATE;
	return w;
}

/*
 * A walk that met unknown code may have met a library that was loaded since;
 * the copy is still here, so it is simply walked again.
 */
static struct unwind_result
walk_with_fresh_maps(
    struct sampler *s, const struct snapshot *snap, size_t want)
{
	uint64_t age = now_ns() - s->space.read_ns;
	struct unwind_result w;

	if (age > REFRESH_AGE_NS)
		(void)space_refresh(&s->space);
	w = walk(s, snap, want);
	if (age < s->space.read_cost_ns * REFRESH_GAPS ||
	    is_all_mapped(&s->space, s->frames, w.n))
		return w;
	return space_refresh(&s->space) ? walk(s, snap, want) : w;
}

static void
count(struct sampler *s, const struct unwind_result *w)
{
	struct stats *st = &s->profile->stats;

	st->samples++;
	st->ends[w->end]++;
	st->frames += w->n;
	for (size_t i = 0; i < w->n; i++)
		st->guessed_frames += s->frames[i].guessed;
}

/* A stack without its root hangs on a marker, never on the thread itself. */
static uint32_t
truncated_marker(struct sampler *s, enum end_reason end)
{
	char name[64];

	(void)snprintf(
	    name, sizeof(name), "[truncated: %s]", end_reason_name(end));
	return profile_marker(s->profile, name);
}

void
sample_add(struct sampler *s, struct thread *th, const struct snapshot *snap)
{
	uint64_t start = now_ns();
	struct unwind_result w =
	    walk_with_fresh_maps(s, snap, thread_stack_want(th));
	unsigned n = (unsigned)w.n;

	s->unwind_ns += now_ns() - start;
	if (s->reader.high > snap->regs.r[s->space.code.arch->sp])
		thread_note_need(th,
		    (size_t)(s->reader.high - snap->stack_addr));
	count(s, &w);
	for (size_t i = 0; i < w.n; i++)
		s->ids[i] =
		    space_frame(&s->space, frame_lookup_pc(&s->frames[i]));
	if (w.end != END_ROOT)
		s->ids[n++] = truncated_marker(s, w.end);
	ledger_charge(&s->ledger, th, s->ids, n);
}
