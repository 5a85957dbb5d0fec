/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/sampler.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/profile.h"
#include "session/sample.h"
#include "session/session.h"
#include "target/stopper.h"
#include "target/target.h"

#include <errno.h>
#include <stdlib.h>

/* How long a tick waits for the threads it has asked to stop. */
#define STOP_DEADLINE_NS 1000000ull
/* More than this without a tick is a gap, not a machine in a hurry. */
#define GAP_PERIODS 20
#define GAP_MIN_NS  200000000ull
/* How long sampler_settle() waits for those that are still asked. */
#define LAST_DEADLINE_NS 50000000ull

static bool
is_leader_asked(const struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n; i++)
		if (s->threads.v[i]->task.tid == s->target->pid)
			return s->threads.v[i]->is_asked;
	return false;
}

/*
 * An asked thread is gone without a word. If it executed a program, it has
 * taken over the id of its process, and with it our hold: that must not stay.
 */
static void
look_for_stray(struct sampler *s)
{
	if (!s->has_stray && stopper_ask_again(s->target->pid) &&
	    !is_leader_asked(s)) {
		s->has_stray = true;
		s->n_asked++;
	}
}

/* What is let go is not sampled: its stack is that of a new program. */
static void
take_stray(struct sampler *s)
{
	struct stop stop;

	if (!s->has_stray)
		return;
	if (stopper_poll(s->target->pid, &stop)) {
		if (stop.kind != STOP_GONE)
			stopper_release(&stop);
		else
			s->wait_status = stop.wait_status;
	} else if (stopper_ask_again(s->target->pid)) {
		return;
	}
	s->has_stray = false;
	s->n_asked--;
}

/* The hold on a thread has ended, or turned out to have. */
static void
forget_asked(struct sampler *s, struct thread *th)
{
	th->is_asked = false;
	s->n_asked--;
	if (th->task.tid != s->target->pid)
		look_for_stray(s);
}

static void
on_thread_gone(void *ctx, struct thread *th)
{
	struct sampler *s = ctx;

	ledger_settle(&s->ledger, th);
}

void
sampling_init(
    struct sampling *sg, struct profile *p, const struct session_opts *opts)
{
	*sg = (struct sampling){.profile = p, .opts = opts};
	spaces_init(&sg->spaces);
	if (!slabs_init(&sg->slabs, CAPTURE_SLABS))
		die_no_memory();
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
	*ret_stops = sg->stop_ns.n;
	*ret_ns = sg->stop_ns.sum;
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
	s->ids = xcalloc(opts->max_depth + 1, sizeof(*s->ids));
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

/*
 * Whether a thread is to be stopped in this tick. One whose run time stands
 * still has not moved; but the kernel brings that of a running thread up to
 * date only at its own ticks, so one that ran at the last look is asked for.
 * One that ran and sleeps by now is left alone.
 */
static bool
is_due(struct sampler *s, struct thread *th, bool *ret_gone)
{
	uint64_t run_ns = th->task.run_ns, slices = th->task.slices;

	*ret_gone = false;
	/* Still asked after a whole tick: do we hold it at all? */
	if (th->is_asked && !stopper_ask_again(th->task.tid))
		forget_asked(s, th);
	/* Whatever else, it is not gone before our hold on it is. */
	if (th->is_asked)
		return false;
	*ret_gone = !task_look(s->target, &th->task);
	if (*ret_gone)
		return false;
	if (run_ns == th->task.run_ns && slices == th->task.slices &&
	    th->task.run_ns == th->charged_ns && !th->was_running)
		return false;
	th->was_running = task_is_running(s->target, th->task.tid);
	s->n_active += th->was_running;
	return th->was_running;
}

/* Every thread is looked at, from another one on each time. */
static size_t
find_due(struct sampler *s)
{
	struct threads *ts = &s->threads;
	size_t n_due = 0, looks = ts->n;

	s->n_active = 0;
	for (size_t i = s->first; looks-- > 0 && ts->n > 0; i++) {
		bool gone;

		if (i >= ts->n)
			i = 0;
		if (is_due(s, ts->v[i], &gone)) {
			if (n_due < CAPTURE_SLABS)
				s->shared->due[n_due++] = ts->v[i];
		} else if (gone) {
			threads_remove(ts, i);
			i--;
		}
	}
	s->first = ts->n > 0 ? (s->first + CAPTURE_SLABS) % ts->n : 0;
	return n_due;
}

static void
interrupt(struct sampler *s, struct thread *th)
{
	int r;

	if (s->has_stray && th->task.tid == s->target->pid)
		return;
	r = stop_thread_interrupt(&s->shared->stops, th->task.tid);
	if (r < 0) {
		/* A thread that is ending is refused too, and soon gone. */
		if (r == -EPERM && task_is_traced(s->target, th->task.tid)) {
			s->profile->stats.refused++;
			ledger_skip(&s->ledger, th);
		}
		return;
	}
	th->is_asked = true;
	th->is_late = false;
	th->asked_ns = now_ns();
	s->n_asked++;
}

/* The stop window, and what is noted of it. */
static void
take(struct sampler *s, struct thread *th, const struct stop *stop)
{
	struct sampling *sg = s->shared;
	struct captured *c = &sg->captured[sg->n_captured];
	uint64_t since = th->is_late ? now_ns() : th->asked_ns;
	bool copied = false, repaired = false;

	if (sg->n_captured < CAPTURE_SLABS) {
		*c = (struct captured){.thread = th};
		c->snap.stack = slab(&sg->slabs, sg->n_captured);
		copied = capture(stop, &s->target->mem, &s->space.maps,
		    thread_stack_want(th), &c->snap, &repaired, NULL);
	}
	stopper_release(stop);
	histogram_add(&sg->stop_ns, now_ns() - since);
	s->profile->stats.stops++;
	s->profile->stats.eintr_repaired += repaired;
	sg->n_captured += copied;
}

/* Takes one asked thread if it has stopped. */
static bool
try_take(struct sampler *s, struct thread *th)
{
	struct stop stop;

	if (!th->is_asked || !stopper_poll(th->task.tid, &stop))
		return false;
	if (stop.kind == STOP_GONE) {
		if (th->task.tid == s->target->pid)
			s->wait_status = stop.wait_status;
		forget_asked(s, th);
		return true;
	}
	th->is_asked = false;
	s->n_asked--;
	take(s, th, &stop);
	return true;
}

static void
take_stopped(struct sampler *s)
{
	take_stray(s);
	for (size_t i = 0; i < s->threads.n && s->n_asked > 0; i++)
		(void)try_take(s, s->threads.v[i]);
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
		(void)task_look(s->target, &c->thread->task);
		sample_add(s, c->thread, &c->snap);
		take_stopped(s);
	}
	sg->n_captured = 0;
}

static void
collect_due(struct sampler *s, size_t n_due)
{
	struct thread **due = s->shared->due;
	uint64_t deadline = now_ns() + STOP_DEADLINE_NS;
	size_t left = n_due;

	for (;;) {
		size_t before = left;

		for (size_t i = 0; i < n_due; i++)
			if (due[i] != NULL &&
			    (!due[i]->is_asked || try_take(s, due[i]))) {
				due[i] = NULL;
				left--;
			}
		if (left == 0)
			return;
		if (now_ns() >= deadline)
			break;
		if (left == before)
			stopper_sleep(deadline);
	}
	for (size_t i = 0; i < n_due; i++)
		if (due[i] != NULL) {
			due[i]->is_late = true;
			s->profile->stats.late++;
		}
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
	if (s->tick_ns != 0 && now - s->tick_ns > gap)
		sampler_skip(s);
	s->tick_ns = now;
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
	if (s->threads.scan_ns >= tick_start)
		ledger_show_short_lived(&s->ledger, &s->threads);
	else if (ledger_short_lived_ns(&s->ledger, &s->threads) > 0)
		s->threads.hint = 0;
}

void
sampler_tick(struct sampler *s)
{
	uint64_t start = now_ns();
	bool moved;
	size_t n_due;

	sampler_read_clock(s);
	moved = s->has_moved;
	s->has_moved = false;
	sampler_collect(s);
	skip_gap(s, start);
	if (!moved && s->n_active == 0 && s->n_asked == 0)
		return;
	threads_refresh(&s->threads, s->target, now_ns());
	n_due = find_due(s);
	if (s->ledger.opts->is_watched)
		show_short_lived(s, start);
	for (size_t i = 0; i < n_due; i++)
		interrupt(s, s->shared->due[i]);
	collect_due(s, n_due);
	/* Late ones of earlier ticks: their SIGCHLD may have been taken there */
	take_stopped(s);
	digest(s);
}

void
sampler_collect(struct sampler *s)
{
	if (s->n_asked == 0)
		return;
	take_stopped(s);
	digest(s);
}

void
sampler_settle(struct sampler *s)
{
	uint64_t deadline = now_ns() + LAST_DEADLINE_NS;

	sampler_collect(s);
	while (s->n_asked > 0 && now_ns() < deadline) {
		stopper_sleep(deadline);
		sampler_collect(s);
	}
}

void
sampler_disown(struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n; i++)
		s->threads.v[i]->is_asked = false;
	s->n_asked = 0;
	s->shared->n_captured = 0;
	s->has_stray = false;
}

void
sampler_skip(struct sampler *s)
{
	for (size_t i = 0; i < s->threads.n; i++)
		if (task_look(s->target, &s->threads.v[i]->task))
			ledger_skip(&s->ledger, s->threads.v[i]);
}

void
sampler_finish(struct sampler *s)
{
	sampler_settle(s);
	(void)ledger_read_clock(&s->ledger);
	for (size_t i = 0; i < s->threads.n; i++)
		(void)task_look(s->target, &s->threads.v[i]->task);
	ledger_close(&s->ledger, &s->threads);
}

void
sampler_retire(struct sampler *s)
{
	sampler_finish(s);
	/* Should one not have come to its stop, it has ended in place of it. */
	sampler_disown(s);
	while (s->threads.n > 0)
		threads_remove(&s->threads, s->threads.n - 1);
}
