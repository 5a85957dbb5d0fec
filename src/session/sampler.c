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
#include "target/stopper.h"
#include "target/target.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* How long a tick waits for the threads it has asked to stop. */
#define STOP_DEADLINE_NS 1000000ull
/*
 * How much of that it spins. A thread on a CPU stops within some 10 us, and to
 * sleep and be woken takes longer; one that has not by then waits for a CPU.
 */
#define SPIN_NS 50000ull
/* How long the way back of one that was let go is watched. */
#define WATCH_NS 100000ull
/* More than this without a tick is a gap, not a machine in a hurry. */
#define GAP_PERIODS 20
#define GAP_MIN_NS  200000000ull
/* How long sampler_settle() waits for those that are still asked. */
#define LAST_DEADLINE_NS 50000000ull
/* How long a tick may read the stacks of those who sleep. */
#define SLEEPERS_MAX_NS 3000000ull
/* So many stops refused make it a debugger; how soon we look whether it left. */
#define REFUSED_IN_A_ROW 5
#define REFUSED_AGE_NS	 NS_PER_SEC
/* ... and how long before it asks itself whether they still are. */
#define LAST_NAP_NS 5000000ull

static bool
is_leader_asked(const struct sampler *s)
{
	const struct thread *th = threads_find(&s->threads, s->target->pid);

	return th != NULL && th->is_asked;
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
		if (stop.kind == STOP_GONE)
			s->wait_status = stop.wait_status;
		else if (!stopper_release(&stop))
			return;
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

/* A tracer attaches to all threads, a profiler's stop to one at a time. */
static bool
is_anyone_traced(const struct sampler *s)
{
	return task_is_traced(s->target, s->target->pid);
}

bool
sampler_is_still_asked(struct sampler *s, struct thread *th)
{
	if (th->is_asked && !stopper_ask_again(th->task.tid))
		forget_asked(s, th);
	return th->is_asked;
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
	if (!slabs_init(&sg->slabs, CAPTURE_SLABS))
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

void
sampler_keep_off(struct sampler *s)
{
	s->is_hands_off = true;
	s->refused_ns = now_ns();
	/* All are to be looked at. */
	s->looks.all_ns = 0;
	s->has_unread = true;
}

/*
 * Another scrape holds a thread for some microseconds; a debugger, for long: as
 * long as that goes on, what can be read without a stop is better than nothing.
 */
static void
on_refusal(struct sampler *s, struct thread *th)
{
	s->profile->stats.refused++;
	ledger_skip(&s->ledger, th);
	if (++s->n_refused >= REFUSED_IN_A_ROW)
		sampler_keep_off(s);
}

static void
interrupt(struct sampler *s, struct thread *th)
{
	struct sampling *sg = s->shared;
	int r;

	if (s->has_stray && th->task.tid == s->target->pid)
		return;
	r = stop_thread_interrupt(&sg->stops, th->task.tid);
	if (r == -EPERM)
		sg->refused[sg->n_refused++] = th;
	if (r < 0)
		return;
	s->n_refused = 0;
	th->is_asked = true;
	th->asked_ns = now_ns();
	s->n_asked++;
}

/* A thread that is ending is refused too, and soon gone. */
static void
skip_refused(struct sampler *s)
{
	struct sampling *sg = s->shared;

	for (size_t i = 0; i < sg->n_refused; i++) {
		struct thread *th = sg->refused[i];

		if (task_is_traced(s->target, th->task.tid))
			on_refusal(s, th);
	}
	sg->n_refused = 0;
}

/* In front of others we do not wait for a CPU. */
static uint64_t
own_wait_ns(void)
{
	return stop_window_is_in_front() ? 0 : task_own_wait_ns();
}

static void
note_sleep(struct sampling *sg)
{
	sg->sleep_ns = now_ns();
	sg->own_wait_ns = own_wait_ns();
}

/*
 * Who stops before we sleep was running when it was asked; who does soon after
 * that, and to whom we made room, was held up by us all the while. Others waited
 * for a CPU, or for the kernel, and are held since they have woken us, though we
 * may have waited for a CPU then.
 */
static uint64_t
held_since(const struct sampling *sg, const struct thread *th, bool *ret_woken)
{
	uint64_t slept = now_ns() - sg->sleep_ns, waited;

	*ret_woken = false;
	if (sg->sleep_ns <= th->asked_ns)
		return th->asked_ns;
	waited = own_wait_ns() - sg->own_wait_ns;
	if (waited > slept || slept - waited < SPIN_NS)
		return sg->sleep_ns;
	*ret_woken = true;
	return sg->sleep_ns + slept - waited;
}

/* A stop, and what is noted of it. False: it stays asked, to its end. */
static bool
take(struct sampler *s, struct thread *th, const struct stop *stop)
{
	struct sampling *sg = s->shared;
	struct captured *c = &sg->captured[sg->n_captured];
	bool copied = false, repaired = false, woken, is_free;
	uint64_t since = held_since(sg, th, &woken), released;

	if (sg->n_captured < CAPTURE_SLABS) {
		*c = (struct captured){.thread = th};
		c->snap.stack = slab(&sg->slabs, sg->n_captured);
		copied = capture(stop, &s->target->mem, &s->space.maps,
		    thread_stack_want(th), &c->snap, &repaired, &c->call);
	}
	is_free = stopper_release(stop);
	released = now_ns();
	holds_add(&sg->holds, released - since, woken);
	s->profile->stats.stops++;
	s->profile->stats.eintr_repaired += repaired;
	if (copied)
		sg->captured[sg->n_captured++].released_ns = released;
	return is_free;
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
	if (take(s, th, &stop)) {
		th->is_asked = false;
		s->n_asked--;
	}
	return true;
}

static void
take_stopped(struct sampler *s)
{
	if (s->n_asked == 0)
		return;
	stop_window_open();
	take_stray(s);
	for (size_t i = 0; i < s->threads.n_lively && s->n_asked > 0; i++)
		(void)try_take(s, s->threads.lively[i]);
	stop_window_close();
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
		take_stopped(s);
	}
	sg->n_captured = 0;
}

/* Takes who has stopped of the first n that are due; how many have not. */
static size_t
take_due(struct sampler *s, size_t n)
{
	struct thread **due = s->shared->due;
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (due[i] != NULL &&
		    (!due[i]->is_asked || try_take(s, due[i])))
			due[i] = NULL;
		left += due[i] != NULL;
	}
	return left;
}

/* Who is first asked is not held until the last has been. */
static void
ask_due(struct sampler *s, size_t n_due)
{
	for (size_t i = 0; i < n_due; i++) {
		interrupt(s, s->shared->due[i]);
		if (stopper_heard())
			(void)take_due(s, i + 1);
	}
}

/* While we spin, who was last on our CPU cannot come to its stop. */
static bool
is_any_elsewhere(struct thread *const *due, size_t n_due)
{
	int here = sched_getcpu();

	for (size_t i = 0; i < n_due; i++)
		if (due[i] != NULL && due[i]->task.cpu != here)
			return true;
	return false;
}

static void
spin(uint64_t end_ns)
{
	while (!stopper_heard() && now_ns() < end_ns)
		continue;
}

static void
sleep_until(struct sampling *sg, uint64_t deadline_ns)
{
	note_sleep(sg);
	stopper_sleep(deadline_ns);
}

static void
collect_due(struct sampler *s, size_t n_due)
{
	uint64_t start = now_ns(), now = start;
	size_t left;

	while ((left = take_due(s, n_due)) > 0 &&
	       now < start + STOP_DEADLINE_NS) {
		if (now < start + SPIN_NS &&
		    is_any_elsewhere(s->shared->due, n_due))
			spin(start + SPIN_NS);
		else
			sleep_until(s->shared, start + STOP_DEADLINE_NS);
		now = now_ns();
	}
	s->profile->stats.late += left;
}

static void
ready_slabs(struct sampler *s, size_t n_due)
{
	size_t most = 0;

	for (size_t i = 0; i < n_due; i++) {
		size_t want = thread_stack_want(s->shared->due[i]);

		most = want > most ? want : most;
	}
	slabs_ready(&s->shared->slabs, n_due, most);
}

/*
 * Looks until the thread that was let go last is on a CPU again, which its count
 * of slices tells. One that was on ours is not watched: it has to wait for us.
 */
static void
watch_comeback(struct sampler *s)
{
	struct sampling *sg = s->shared;
	const struct captured *last;
	uint64_t slices, waited, ns;
	struct task task;

	if (sg->n_captured == 0 || !holds_want_watch(&sg->holds))
		return;
	last = &sg->captured[sg->n_captured - 1];
	task = last->thread->task;
	slices = task.slices;
	if (task.no_schedstat || task.cpu == sched_getcpu() ||
	    !task_look(s->target, &task))
		return;
	waited = task.waited_ns;
	do
		ns = now_ns() - last->released_ns;
	while (task.slices == slices && ns < WATCH_NS &&
	       task_look(s->target, &task));
	if (task.slices != slices && ns < WATCH_NS)
		holds_add_comeback(&sg->holds, ns - (task.waited_ns - waited));
}

/* The stop window. */
static void
stop_due(struct sampler *s, size_t n_due)
{
	ready_slabs(s, n_due);
	stop_window_open();
	ask_due(s, n_due);
	collect_due(s, n_due);
	watch_comeback(s);
	stop_window_close();
}

static void
stop_and_sample(struct sampler *s, size_t n_due)
{
	stop_due(s, n_due);
	skip_refused(s);
	/* Late ones of earlier ticks: their SIGCHLD may have been taken there */
	take_stopped(s);
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
	if (s->tick_ns != 0 && now - s->tick_ns > gap)
		sampler_skip(s);
	s->last_tick_ns = s->tick_ns;
	s->tick_ns = now;
}

/* Whether the tracer that kept us off has gone. */
static void
look_for_tracer(struct sampler *s)
{
	if (!s->is_hands_off || s->opts->no_stop ||
	    s->tick_ns - s->refused_ns < REFUSED_AGE_NS)
		return;
	s->refused_ns = s->tick_ns;
	s->n_refused = 0;
	s->is_hands_off = is_anyone_traced(s);
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

void
sampler_tick(struct sampler *s)
{
	uint64_t start = now_ns();
	bool moved;

	sampler_read_clock(s);
	moved = s->has_moved;
	s->has_moved = false;
	sampler_collect(s);
	stop_window_close();
	skip_gap(s, start);
	look_for_tracer(s);
	s->looks.turn++;
	if (!moved && s->looks.n_active == 0 && s->n_asked == 0 &&
	    !s->has_unread)
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
	take_stopped(s);
	digest(s);
}

void
sampler_await(struct sampler *s)
{
	if (s->n_asked == 0)
		return;
	stop_window_await();
	note_sleep(s->shared);
}

void
sampler_settle(struct sampler *s)
{
	uint64_t deadline = now_ns() + LAST_DEADLINE_NS;

	sampler_collect(s);
	while (s->n_asked > 0 && now_ns() < deadline) {
		for (size_t i = 0; i < s->threads.n_lively; i++)
			(void)sampler_is_still_asked(s, s->threads.lively[i]);
		sampler_await(s);
		if (s->n_asked > 0)
			stopper_sleep(now_ns() + LAST_NAP_NS);
		sampler_collect(s);
	}
	stop_window_close();
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
			th->wall.is_asleep = false;
		wall_skip(s, th);
	}
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
	/* All are to be looked at. */
	s->looks.all_ns = 0;
	s->has_unread = true;
}

void
sampler_finish(struct sampler *s)
{
	s->tick_ns = now_ns();
	sampler_settle(s);
	(void)ledger_read_clock(&s->ledger);
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
	sampler_finish(s);
	/* Should one not have come to its stop, it has ended in place of it. */
	sampler_disown(s);
	while (s->threads.n > 0)
		threads_remove(
		    &s->threads, s->threads.v[s->threads.n - 1]);
}
