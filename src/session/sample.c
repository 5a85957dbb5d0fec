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
#include "unwind/pc_cache.h"
#include "unwind/trail.h"
#include "unwind/unwind.h"

static void
count(struct sampler *s, const struct unwind_result *w)
{
	struct stats *st = &s->profile->stats;

	st->samples++;
	st->ends[w->end]++;
	st->frames += w->n;
	for (size_t i = 0; i < w->n; i++)
		st->guessed_frames += s->walker.frames[i].guessed;
}

static void
count_rules(struct sampler *s)
{
	const struct pc_cache_counts *from = &s->space.code.cache->counts;

	s->profile->stats.rules = (struct rule_counts){.hits = from->hits,
	    .empty = from->empty,
	    .other = from->other,
	    .stale = from->stale,
	    .slow = from->slow};
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

/* One file for each sample. */
static void
save(struct sampler *s, const struct thread *th, const struct snapshot *snap,
    size_t n_frames)
{
	char comm[TARGET_COMM_SIZE];
	const struct core_thread saved = {
	    .tid = th->task.tid,
	    .name = comm,
	    .state = 'R',
	    .kind = s->walker.reader.is_late ? CORE_LATE : CORE_STOPPED,
	    .snap = *snap,
	};
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	task_comm(s->target, th->task.tid, comm, sizeof(comm));
	saver_note_walk(&s->saver, &s->walker, n_frames);
	saver_write(&s->saver, &saved, 1, &now);
}

static struct unwind_result
walk(struct sampler *s, struct thread *th, const struct snapshot *snap)
{
	uint64_t late = s->walker.late_walks;
	struct unwind_result w;

	if (s->saver.dir != NULL)
		saver_begin(&s->saver);
	s->walker.trail = &th->trail;
	s->profile->stats.reused_frames -= th->trail.reused;
	w = walker_walk(&s->walker, snap, thread_stack_want(th));
	s->profile->stats.late_reads += s->walker.late_walks - late;
	s->profile->stats.reused_frames += th->trail.reused;
	if (s->saver.dir != NULL)
		save(s, th, snap, w.n);
	return w;
}

void
sample_add(struct sampler *s, struct thread *th, const struct snapshot *snap)
{
	uint64_t start = now_ns();
	struct unwind_result w = walk(s, th, snap);
	size_t need = walker_need(&s->walker);
	unsigned n = (unsigned)w.n;

	s->shared->unwind_ns += now_ns() - start;
	if (need > 0)
		thread_note_need(th, need);
	count(s, &w);
	count_rules(s);
	for (size_t i = 0; i < w.n; i++)
		s->ids[i] =
		    space_frame(&s->space, frame_lookup_pc(&s->walker.frames[i]));
	if (w.end != END_ROOT)
		s->ids[n++] = truncated_marker(s, w.end);
	ledger_charge(&s->ledger, th, s->ids, n);
}
