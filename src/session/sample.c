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
count_frames(struct sampler *s, const struct unwind_result *w)
{
	struct stats *st = &s->profile->stats;

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
void
sample_save(struct sampler *s, const struct thread *th,
    const struct snapshot *snap, const struct stack *stack,
    enum core_kind kind, char state)
{
	bool is_late = kind == CORE_STOPPED && s->walker.reader.is_late;
	char comm[TARGET_COMM_SIZE];
	const struct core_thread saved = {
	    .tid = th->task.tid,
	    .name = comm,
	    .state = state,
	    .kind = is_late ? CORE_LATE : kind,
	    .snap = *snap,
	};
	struct timespec now;

	if (s->saver.dir == NULL)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	task_comm(s->target, th->task.tid, comm, sizeof(comm));
	saver_note_walk(&s->saver, &s->walker, stack->walked);
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
	return w;
}

struct stack
sample_walk(
    struct sampler *s, struct thread *th, const struct snapshot *snap)
{
	uint64_t start = now_ns();
	struct unwind_result w = walk(s, th, snap);
	struct stack stack = {.frames = s->ids + SAMPLE_ROOM,
	    .n = (unsigned)w.n,
	    .walked = (unsigned)w.n,
	    .end = w.end};
	size_t need = walker_need(&s->walker);

	s->shared->unwind_ns += now_ns() - start;
	if (need > 0)
		thread_note_need(th, need);
	count_frames(s, &w);
	count_rules(s);
	for (size_t i = 0; i < w.n; i++)
		stack.frames[i] =
		    space_frame(&s->space, frame_lookup_pc(&s->walker.frames[i]));
	if (w.end != END_ROOT)
		stack.frames[stack.n++] = truncated_marker(s, w.end);
	return stack;
}

void
sample_add(struct sampler *s, struct thread *th, const struct snapshot *snap,
    bool was_asleep)
{
	struct stack stack = sample_walk(s, th, snap);
	struct weight weight = {.count = 1};
	uint32_t labels;

	sample_save(
	    s, th, snap, &stack, CORE_STOPPED, was_asleep ? 'S' : 'R');
	if (was_asleep) {
		sleeper_note_stop(s, th, snap, &stack);
		return;
	}
	weight.wall = wall_run(s, th, &stack, &labels);
	s->profile->stats.samples++;
	s->profile->stats.ends[stack.end]++;
	ledger_charge(
	    &s->ledger, th, labels, stack.frames, stack.n, weight);
}
