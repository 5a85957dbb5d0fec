/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/looks.h"

#include "base/clock.h"
#include "session/sampler.h"
#include "session/session.h"
#include "session/stops.h"
#include "target/target.h"

/* A thread that has not run for so many looks is not lively any more. */
#define QUIET_LOOKS 8

/*
 * How often all are looked at in any case; and, where there are so many that
 * this takes long, what part of the time may go there. More may go where some
 * are known to have run.
 */
#define ALL_GAP_NS	100000000ull
#define ALL_GAPS	100
#define OTHERS_GAPS	4

/* To read the process's clock the kernel goes through all threads, too. */
#define CLOCK_GAPS 200

/*
 * What may be used without a look at all. Above what the process uses from the
 * reading of its threads' times to that of its clock.
 */
#define UNSEEN_NS 500000

bool
looks_want_sleepers(const struct sampler *s)
{
	return s->opts->measure == MEASURE_WALL || s->is_hands_off;
}

bool
looks_want_stack(const struct sampler *s, const struct thread *th)
{
	return looks_want_sleepers(s) && !th->wall.is_asleep &&
	       !th->was_running && !th->is_asked && !th->sleeper.is_dead;
}

bool
looks_are_due(const struct looks *l, uint64_t now)
{
	uint64_t gap = l->cost_ns * ALL_GAPS;

	if (gap < ALL_GAP_NS)
		gap = ALL_GAP_NS;
	return l->all_ns == 0 || now - l->all_ns > gap;
}

bool
looks_may_read_clock(const struct looks *l)
{
	return now_ns() - l->clock_ns >= l->clock_cost_ns * CLOCK_GAPS;
}

void
looks_read_clock(struct sampler *s)
{
	uint64_t start = now_ns();

	sampler_read_clock(s);
	s->looks.clock_ns = now_ns();
	s->looks.clock_cost_ns = s->looks.clock_ns - start;
}

static int64_t
ahead(struct sampler *s)
{
	looks_read_clock(s);
	return (int64_t)(s->ledger.clock_ns - s->threads.run_ns);
}

/*
 * Of some threads alone it is not known what the others use; nor, with one that
 * has been asked and has not stopped, what is its own.
 */
bool
looks_find_others(struct sampler *s)
{
	struct looks *l = &s->looks;
	int64_t now_ahead;

	if (!looks_may_read_clock(l))
		return false;
	now_ahead = ahead(s);
	if (now_ahead < l->ahead_ns)
		l->ahead_ns = now_ahead;
	return now_ahead - l->ahead_ns > UNSEEN_NS &&
	       !s->ledger.is_filtered && s->n_asked == 0 &&
	       now_ns() - l->all_ns > l->cost_ns * OTHERS_GAPS;
}

/* Without schedstat the time of one that has begun to run may stand still. */
static bool
may_run(const struct thread *th, bool has_run)
{
	return has_run || th->was_running ||
	       (th->task.no_schedstat && th->task.run_ns != th->charged_ns);
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
	bool has_run;

	*ret_gone = false;
	/* Whatever else, it is not gone before our hold on it is. */
	if (stops_is_still_asked(s, th))
		return false;
	*ret_gone = !threads_look(&s->threads, s->target, th);
	if (*ret_gone)
		return false;
	has_run = run_ns != th->task.run_ns || slices != th->task.slices ||
		  th->is_new;
	th->is_new = false;
	th->quiet = has_run ? 0 : th->quiet + 1;
	th->sleeper.is_dead &= !has_run;
	if (has_run && th->wall.is_asleep) {
		if (sleeper_goes_back(s, th))
			return false;
		wall_wake(s, th, s->looks.turn - 1);
	}
	if (!may_run(th, has_run))
		return false;
	th->was_running = task_look_running(s->target, &th->task);
	s->looks.n_active += th->was_running;
	if (th->was_running)
		th->quiet = 0;
	return th->was_running && !s->is_hands_off &&
	       th->alone_until_ns <= s->tick_ns;
}

/* True when it is still there. */
static bool
look_at(struct sampler *s, struct thread *th, bool *ret_due)
{
	bool gone;

	*ret_due = false;
	if (th->turn == s->looks.turn)
		return true;
	th->turn = s->looks.turn;
	if (th->wall.since_ns == 0)
		wall_begin(s, th);
	*ret_due = is_due(s, th, &gone);
	if (gone)
		threads_remove(&s->threads, th);
	else
		threads_set_lively(
		    &s->threads, th,
		    th->is_asked || th->quiet < QUIET_LOOKS ||
			looks_want_stack(s, th));
	return !gone;
}

/* Every one of the list, which gets shorter where they go. */
static size_t
look_at_list(struct sampler *s, struct thread **const *list, const size_t *n,
    struct thread **due, size_t max)
{
	size_t n_due = 0, looks = *n;

	for (size_t i = s->looks.first; looks-- > 0 && *n > 0; i++) {
		struct thread *th;
		size_t before = *n;
		bool is_due;

		if (i >= *n)
			i = 0;
		th = (*list)[i];
		if (look_at(s, th, &is_due) && is_due && n_due < max)
			due[n_due++] = th;
		/* Another has come to stand where it was. */
		if (*n < before)
			i--;
	}
	s->looks.first = *n > 0 ? (s->looks.first + max) % *n : 0;
	return n_due;
}

size_t
looks_at(struct sampler *s, bool all, struct thread **due, size_t max)
{
	struct threads *ts = &s->threads;
	struct looks *l = &s->looks;
	uint64_t start = now_ns();
	size_t n_due;

	if (!all)
		return look_at_list(s, &ts->lively, &ts->n_lively, due, max);
	n_due = look_at_list(s, &ts->v, &ts->n, due, max);
	l->all_ns = now_ns();
	l->cost_ns = l->all_ns - start;
	l->ahead_ns = ahead(s);
	return n_due;
}
