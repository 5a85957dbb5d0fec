/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stops.h"

#include "base/clock.h"
#include "profile/profile.h"
#include "session/sampler.h"
#include "session/stop_window.h"
#include "target/stopper.h"
#include "target/target.h"

#include <errno.h>
#include <sched.h>

/* How long a tick waits for the threads it has asked to stop. */
#define STOP_DEADLINE_NS 1000000ull
/*
 * How much of that it spins. A thread on a CPU stops within some 10 us, and to
 * sleep and be woken takes longer; one that has not by then waits for a CPU.
 */
#define SPIN_NS 50000ull
/* How long the way back of one that was let go is watched. */
#define WATCH_NS 100000ull
/* How long one is left alone whose call each stop begins anew. */
#define ALONE_NS NS_PER_SEC
/* So many stops refused make it a debugger. */
#define REFUSED_IN_A_ROW 5

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

bool
stops_is_still_asked(struct sampler *s, struct thread *th)
{
	if (th->is_asked && !stopper_ask_again(th->task.tid))
		forget_asked(s, th);
	return th->is_asked;
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
	bool has_room = sg->n_captured < CAPTURE_SLABS;
	bool copied, repaired, woken, is_free;
	uint64_t since = held_since(sg, th, &woken), released;

	*c = (struct captured){.thread = th};
	c->snap.stack = slab(&sg->slabs, sg->n_captured);
	copied = capture(stop, &s->target->mem, &s->space.maps,
	    has_room ? thread_stack_want(th) : 0, &c->snap, &repaired,
	    &c->call);
	is_free = stopper_release(stop);
	released = now_ns();
	holds_add(&sg->holds, released - since, woken);
	s->profile->stats.stops++;
	s->profile->stats.eintr_repaired += repaired;
	if (repaired && capture_begins_anew(&c->call))
		th->alone_until_ns = released + ALONE_NS;
	if (copied && has_room)
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

void
stops_take(struct sampler *s)
{
	if (s->n_asked == 0)
		return;
	stop_window_open();
	take_stray(s);
	for (size_t i = 0; i < s->threads.n_lively && s->n_asked > 0; i++)
		(void)try_take(s, s->threads.lively[i]);
	stop_window_close();
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
		holds_add_comeback(&sg->holds, ns, task.waited_ns - waited);
}

/* The stop window. */
void
stops_make(struct sampler *s, size_t n_due)
{
	ready_slabs(s, n_due);
	stop_window_open();
	ask_due(s, n_due);
	collect_due(s, n_due);
	watch_comeback(s);
	stop_window_close();
	skip_refused(s);
}

void
stops_await(struct sampler *s)
{
	if (s->n_asked == 0)
		return;
	stop_window_await();
	note_sleep(s->shared);
}
