/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/sampler.h"

#include "base/clock.h"
#include "base/resident.h"
#include "base/xalloc.h"
#include "profile/profile.h"
#include "session/sample.h"
#include "session/session.h"
#include "session/stop_window.h"
#include "session/stops.h"
#include "target/stopper.h"
#include "target/target.h"

#include <stdlib.h>

/* More than this without a tick is a gap, not a machine in a hurry. */
#define GAP_PERIODS 20
#define GAP_MIN_NS  200000000ull
/*
 * How long those that are still asked are waited for in the end: who sleeps where
 * nothing wakes it, and who has been woken and gets no CPU. So long is a nap.
 */
#define LAST_DEADLINE_NS	50000000ull
#define LAST_DEADLINE_NO_CPU_NS 5000000000ull
#define LAST_NAP_NS		5000000ull
/* How long a tick may read the stacks of those who sleep. */
#define SLEEPERS_MAX_NS 3000000ull
/* How soon we look whether a debugger has left. */
#define REFUSED_AGE_NS NS_PER_SEC

/* A tracer attaches to all threads, a profiler's stop to one at a time. */
static bool
is_anyone_traced(const struct sampler *s)
{
	return task_is_traced(s->target, s->target->pid);
}

static void
on_thread_gone(void *ctx, struct thread *th)
{
	struct sampler *s = ctx;

	ledger_settle(&s->ledger, th);
	wall_skip(s, th);
}

void
sampling_init(
    struct sampling *sg, struct profile *p, const struct session_opts *opts)
{
	*sg = (struct sampling){.profile = p, .opts = opts};
	spaces_init(&sg->spaces);
	if (!slabs_init(&sg->slabs, CAPTURE_SLABS + 1))
		die_no_memory();
	resident_lock(sg, sizeof(*sg));
}

void
sampling_deinit(struct sampling *sg)
{
	spaces_deinit(&sg->spaces);
	slabs_deinit(&sg->slabs);
}

void
sampling_held(
    const struct sampling *sg, uint64_t *ret_stops, uint64_t *ret_ns)
{
	*ret_stops = sg->holds.ns.n;
	*ret_ns = sg->holds.ns.sum;
}

int
sampler_init(struct sampler *s, struct sampling *shared, struct target *t,
    bool newborn, struct err *err)
{
	const struct session_opts *opts = shared->opts;
	struct profile *p = shared->profile;

	*s = (struct sampler){
	    .shared = shared, .target = t, .profile = p, .opts = opts};
	s->threads = (struct threads){.only_tid = opts->tid,
	    .only_re = opts->thread_re,
	    .from_start = newborn,
	    .on_gone = on_thread_gone,
	    .ctx = s};
	s->ids = xcalloc(
	    SAMPLE_ROOM + opts->max_depth + 1, sizeof(*s->ids));
	walker_init(&s->walker, &s->space, opts->max_depth);
	if (!space_init_among(&shared->spaces, &s->space, t, p, &opts->debug))
		return err_set(err, ERR_NO_PROCESS,
		    "PID %d (%s): it ended while scrape looked at it", t->pid,
		    t->comm);
	if (!threads_init(&s->threads, t) && opts->tid != 0)
		return err_set(err, ERR_NO_PROCESS,
		    "PID %d (%s): it has no thread %d", t->pid, t->comm,
		    opts->tid);
	if (opts->save_dir != NULL) {
		int r = saver_init(&s->saver, opts->save_dir, &s->space, err);

		if (r < 0)
			return r;
		s->walker.record = &s->saver.ranges;
	}
	/* After the scan: what runs during it is not ours either. */
	ledger_init(&s->ledger, t, p, opts);
	s->is_hands_off = opts->no_stop;
	sampler_begin_wall(s);
	if (newborn) {
		ledger_count_from_start(&s->ledger);
		sampler_skip(s);
	}
	return 0;
}

void
sampler_deinit(struct sampler *s)
{
	if (s->shared == NULL)
		return;
	threads_deinit(&s->threads);
	space_deinit(&s->space);
	walker_deinit(&s->walker);
	saver_deinit(&s->saver);
	free(s->ids);
}

/* In the next tick, and at the stacks of those who sleep. */
static void
look_at_all(struct sampler *s)
{
	s->looks.all_ns = 0;
	s->has_unread = true;
}

void
sampler_keep_off(struct sampler *s)
{
	s->is_hands_off = true;
	s->refused_ns = now_ns();
	look_at_all(s);
}

/* Asked for where it sleeps, and it had not been woken meanwhile. */
static bool
is_of_a_sleeper(const struct captured *c)
{
	return c->thread->sleeper.is_asked_for && c->call.number >= 0;
}

/*
 * Everything that was copied becomes samples. That takes its time, so between
 * two of them those that stopped meanwhile are let go.
 */
static void
digest(struct sampler *s)
{
	struct sampling *sg = s->shared;

	for (size_t i = 0; i < sg->n_captured; i++) {
		struct captured *c = &sg->captured[i];

		/* Off its CPU in the stop, so its run time is exact now. */
		(void)threads_look(&s->threads, s->target, c->thread);
		sample_add(s, c->thread, &c->snap, is_of_a_sleeper(c));
		c->thread->sleeper.is_asked_for = false;
		stops_take(s);
	}
	sg->n_captured = 0;
}

static void
stop_and_sample(struct sampler *s, size_t n_due)
{
	stops_make(s, n_due);
	/* Late ones of earlier ticks: their SIGCHLD may have been taken there */
	stops_take(s);
	digest(s);
}

static void
sample_those_who_run(struct sampler *s, bool all)
{
	struct thread **due = s->shared->due;

	stop_and_sample(s, looks_at(s, all, due, CAPTURE_SLABS));
}

/*
 * Those of whom it is not known where they sleep, as many as there is time for:
 * the next tick has the others.
 */
static void
sample_those_who_sleep(struct sampler *s)
{
	uint64_t end = now_ns() + SLEEPERS_MAX_NS;
	struct thread **due = s->shared->due;
	struct threads *ts = &s->threads;
	size_t n_due = 0, i;

	for (i = 0; i < ts->n_lively && n_due < CAPTURE_SLABS; i++) {
		struct thread *th = ts->lively[i];

		if (!looks_want_stack(s, th))
			continue;
		if (now_ns() > end)
			break;
		if (sleeper_read(s, th) != SLEEPER_NEEDS_STOP)
			continue;
		th->sleeper.is_asked_for = true;
		due[n_due++] = th;
	}
	s->has_unread = i < ts->n_lively || n_due > 0;
	stop_and_sample(s, n_due);
}

/*
 * After a suspension of ours, or of the machine, the stacks that are seen next
 * say nothing about the time before.
 */
static void
skip_gap(struct sampler *s, uint64_t now)
{
	uint64_t gap = NS_PER_SEC / s->opts->rate * GAP_PERIODS;

	if (gap < GAP_MIN_NS)
		gap = GAP_MIN_NS;
	s->last_tick_ns = s->tick_ns;
	s->tick_ns = now;
	if (s->last_tick_ns != 0 && now - s->last_tick_ns > gap)
		sampler_skip(s);
}

/*
 * Whether the tracer that kept us off has gone. What ran meanwhile nobody saw: it
 * is not the next sample's.
 */
static void
look_for_tracer(struct sampler *s)
{
	if (!s->is_hands_off || s->opts->no_stop ||
	    s->tick_ns - s->refused_ns < REFUSED_AGE_NS)
		return;
	s->refused_ns = s->tick_ns;
	s->n_refused = 0;
	s->is_hands_off = is_anyone_traced(s);
	if (!s->is_hands_off)
		sampler_skip(s);
}

void
sampler_read_clock(struct sampler *s)
{
	s->has_moved |= ledger_read_clock(&s->ledger);
}

/*
 * Who watches does not wait for the end to learn of time that nobody is known
 * for. It may be a newcomer's that the hint has not told of: a scan comes first.
 */
static void
show_short_lived(struct sampler *s, uint64_t tick_start)
{
	if (s->looks.all_ns < tick_start)
		return;
	if (s->threads.scan_ns >= tick_start)
		ledger_show_short_lived(&s->ledger, &s->threads);
	else if (ledger_short_lived_ns(&s->ledger, &s->threads) > 0)
		s->threads.hint = 0;
}

/*
 * Where one has gone, another may have come, and be gone before the next tick:
 * threads that do little each, or all of them at an exec.
 */
static void
sample_newcomers(struct sampler *s)
{
	if (!threads_have_gone(&s->threads))
		return;
	threads_refresh(&s->threads, s->target, now_ns());
	sample_those_who_run(s, false);
}

/*
 * Where nobody ran at the last look, the process's clock tells if one has: at
 * once, or as soon as it may be read.
 */
static bool
is_idle(struct sampler *s)
{
	bool has_moved;

	if (s->looks.n_active > 0 || s->n_asked > 0 ||
	    (s->has_unread && looks_want_sleepers(s)))
		return false;
	if (looks_may_read_clock(&s->looks))
		looks_read_clock(s);
	has_moved = s->has_moved;
	s->has_moved = false;
	return !has_moved;
}

void
sampler_tick(struct sampler *s)
{
	uint64_t start = now_ns();

	sampler_collect(s);
	stop_window_close();
	skip_gap(s, start);
	look_for_tracer(s);
	s->looks.turn++;
	if (is_idle(s))
		return;
	threads_refresh(&s->threads, s->target, now_ns());
	s->looks.n_active = 0;
	if (looks_are_due(&s->looks, start)) {
		sample_those_who_run(s, true);
	} else {
		sample_those_who_run(s, false);
		if (looks_find_others(s))
			sample_those_who_run(s, true);
	}
	sample_newcomers(s);
	if (s->opts->is_watched)
		show_short_lived(s, start);
	if (looks_want_sleepers(s))
		sample_those_who_sleep(s);
}

void
sampler_collect(struct sampler *s)
{
	if (s->n_asked == 0)
		return;
	stops_take(s);
	digest(s);
}

/* Asked, and on its way to the stop: all that it lacks is a CPU. */
static bool
is_any_on_its_way(struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n_lively; i++) {
		const struct thread *th = s->threads.lively[i];

		if (th->is_asked &&
		    task_is_running(s->target, th->task.tid))
			return true;
	}
	return false;
}

bool
sampler_settle(struct sampler *s, uint64_t since_ns)
{
	uint64_t waited;

	sampler_collect(s);
	if (s->n_asked == 0)
		return false;
	for (size_t i = 0; i < s->threads.n_lively; i++)
		(void)stops_is_still_asked(s, s->threads.lively[i]);
	waited = now_ns() - since_ns;
	if (s->n_asked == 0 || waited > LAST_DEADLINE_NO_CPU_NS ||
	    (waited > LAST_DEADLINE_NS && !is_any_on_its_way(s)))
		return false;
	stops_await(s);
	return true;
}

void
sampler_nap(void)
{
	stopper_sleep(now_ns() + LAST_NAP_NS);
}

void
sampler_disown(struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n; i++)
		s->threads.v[i]->is_asked = false;
	s->n_asked = 0;
	s->shared->n_captured = s->shared->n_refused = 0;
	s->has_stray = false;
}

void
sampler_skip(struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n; i++) {
		struct thread *th = s->threads.v[i];
		uint64_t run_ns = th->task.run_ns;

		if (!threads_look(&s->threads, s->target, th))
			continue;
		ledger_skip(&s->ledger, th);
		if (th->task.run_ns != run_ns)
			wall_wake(s, th, s->looks.turn);
		wall_skip(s, th);
	}
	look_at_all(s);
}

void
sampler_settle_wall(struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n; i++)
		wall_settle(s, s->threads.v[i]);
}

void
sampler_begin_wall(struct sampler *s)
{
	s->tick_ns = now_ns();
	for (size_t i = 0; i < s->threads.n; i++)
		wall_begin(s, s->threads.v[i]);
	look_at_all(s);
}

void
sampler_finish(struct sampler *s)
{
	s->tick_ns = now_ns();
	ledger_read_last_clock(&s->ledger);
	for (size_t i = 0; i < s->threads.n; i++)
		(void)threads_look(
		    &s->threads, s->target, s->threads.v[i]);
	for (size_t i = 0; i < s->threads.n; i++)
		wall_skip(s, s->threads.v[i]);
	ledger_close(&s->ledger, &s->threads);
}

void
sampler_retire(struct sampler *s)
{
	uint64_t start = now_ns();

	while (sampler_settle(s, start))
		sampler_nap();
	stop_window_close();
	/* Should one not have come to its stop, it has ended in place of it. */
	sampler_disown(s);
	sampler_finish(s);
	while (s->threads.n > 0)
		threads_remove(
		    &s->threads, s->threads.v[s->threads.n - 1]);
}
