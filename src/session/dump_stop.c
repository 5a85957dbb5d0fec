/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump_stop.c - the threads that have to be stopped, one by one or all at once
 *
 * All of it runs in a thread of its own: see session/stop_thread.h.
 */
#include "config.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "session/stop_thread.h"
#include "session/stop_window.h"
#include "session/subject.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A stop takes some microseconds; that long it is waited for without sleep. */
#define SPIN_NS 100000ull
/*
 * How long the others that were asked are waited for before a copy is walked:
 * one that stops during the walk is held that long.
 */
#define PATIENCE_NS 1000000ull
/* All together, others are held that long for one that does not stop. */
#define FREEZE_GIVE_UP_NS 50000000ull
/*
 * After the first of these it is looked whether there is something to wait for.
 * The second is for a thread in uninterruptible sleep, which may not end, the
 * third for one that only gets no CPU: interrupted it is, and the call that this
 * broke is repaired only in its stop.
 */
#define LOOK_AGAIN_NS	  5000000ull
#define GIVE_UP_NS	  500000000ull
#define GIVE_UP_NO_CPU_NS 5000000000ull
/* Another scrape's stops are short: so much time goes into trying again. */
#define REFUSED_NS 20000000ull
#define REFUSED_GAP_NS 100000ull
/* As long as some thread stays away, more are asked, this often. */
#define SLEEP_NS 1000000ull
/* With --freeze so many are asked before those that stopped are copied. */
#define FREEZE_GROUP 8

struct stopping {
	struct dumper *d;
	size_t next;	  /* the subjects before it have been asked */
	size_t n_asked;	  /* that have neither stopped nor been given up */
	size_t window;	  /* how many may be asked at a time */
	uint64_t asked_ns;    /* when the last one was */
	uint64_t refused_ns;  /* when one first was traced by another; or 0 */
	bool has_stray; /* an asked thread has become the main one by exec */
	uint64_t start_ns;
	struct stop_thread thread; /* that all this runs in */
};

static void
set_problem(struct subject *s, char *problem)
{
	s->phase = SUBJECT_DONE;
	/* What was read of it as it slept is better than nothing. */
	if (s->frames == NULL && s->problem == NULL)
		s->problem = problem;
	else
		free(problem);
}

static bool
may_try_again(struct stopping *st, const struct subject *s)
{
	uint64_t now = now_ns();

	if (!task_is_traced(&st->d->target, s->task.tid))
		return false;
	if (st->refused_ns == 0)
		st->refused_ns = now;
	if (now - st->refused_ns > REFUSED_NS)
		return false;
	stopper_sleep(now + REFUSED_GAP_NS);
	return true;
}

static void
ask(struct stopping *st, struct subject *s)
{
	int r;

	do
		r = stop_thread_interrupt(&st->thread, s->task.tid);
	while (r == -EPERM && may_try_again(st, s));
	if (r == -ESRCH) {
		s->is_gone = true;
		s->phase = SUBJECT_DONE;
	} else if (r < 0) {
		set_problem(s, xasprintf("it cannot be stopped: %s",
		    task_is_traced(&st->d->target, s->task.tid)
			? "another process traces it"
			: strerror(-r)));
	} else {
		s->phase = SUBJECT_ASKED;
		s->asked_ns = st->asked_ns = now_ns();
		st->n_asked++;
	}
}

/* A ^C that waits for us: nobody is asked any more. */
static bool
is_to_end(void)
{
	static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t pending;

	(void)sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
		if (sigismember(&pending, deadly[i]) == 1)
			return true;
	return false;
}

static void
ask_more(struct stopping *st)
{
	struct dumper *d = st->d;

	if (is_to_end())
		st->next = d->n;
	for (; st->next < d->n && st->n_asked < st->window; st->next++)
		if (d->subjects[st->next].phase == SUBJECT_WAITING)
			ask(st, &d->subjects[st->next]);
}

/* The stop window. */
static void
copy(struct stopping *st, struct subject *s)
{
	struct stopped_call call;
	bool repaired;

	/* What is read later may be of another moment. */
	s->was_stopped = capture(&s->stop, &st->d->target.mem,
	    &st->d->space.maps, CAPTURE_STACK_MAX, &s->snap, &repaired, &call);
	if (!s->was_stopped)
		return;
	/* As the stop found it, not as it was when it was looked at. */
	s->has_call = true;
	s->call.is_running = false;
	s->call.number = call.number;
	memcpy(s->call.args, call.args, sizeof(call.args));
	s->state = call.number >= 0 ? 'S' : 'R';
	if (s->stop.kind == STOP_GROUP)
		s->state = 'T';
}

/*
 * An asked thread is gone without a word. If it executed a program, it has
 * taken over the id of its process, and with it our hold.
 */
static void
look_for_stray(struct stopping *st, const struct subject *gone)
{
	pid_t pid = st->d->target.pid;

	if (gone->task.tid == pid)
		return;
	for (size_t i = 0; i < st->d->n; i++) {
		const struct subject *s = &st->d->subjects[i];

		if (s->task.tid == pid && s->phase != SUBJECT_DONE)
			return;
	}
	st->has_stray = st->has_stray || stopper_ask_again(pid);
}

static void
let_stray_go(struct stopping *st)
{
	struct stop stop;

	if (!st->has_stray)
		return;
	if (!stopper_poll(st->d->target.pid, &stop)) {
		st->has_stray = stopper_ask_again(st->d->target.pid);
		return;
	}
	if (stop.kind != STOP_GONE)
		(void)stopper_release(&stop);
	st->has_stray = false;
}

static void
let_go(struct subject *s)
{
	(void)stopper_release(&s->stop);
	s->held_ns = now_ns() - s->asked_ns;
	s->phase = SUBJECT_COPIED;
}

/* Takes those that have stopped; whether there were any. */
static bool
take_stopped(struct stopping *st, bool hold)
{
	struct dumper *d = st->d;
	bool any = false;

	stop_window_open();
	let_stray_go(st);
	for (size_t i = 0; i < d->n && st->n_asked > 0; i++) {
		struct subject *s = &d->subjects[i];

		if (s->phase != SUBJECT_ASKED ||
		    !stopper_poll(s->task.tid, &s->stop))
			continue;
		any = true;
		st->n_asked--;
		if (s->stop.kind == STOP_GONE) {
			s->is_gone = true;
			s->phase = SUBJECT_DONE;
			look_for_stray(st, s);
			continue;
		}
		copy(st, s);
		s->phase = SUBJECT_HELD;
		if (!hold)
			let_go(s);
	}
	stop_window_await();
	return any;
}

static void
wait_for_stops(const struct stopping *st, uint64_t sleep_ns)
{
	uint64_t now = now_ns();

	if (now - st->asked_ns > SPIN_NS)
		stopper_sleep(now + sleep_ns);
}

/*
 * A main thread that ends before the others is not told of until they have
 * ended too; and an exec, whose other threads we hold until the end, waits.
 */
static bool
is_hopeless(const struct stopping *st, const struct subject *s)
{
	uint64_t waited = now_ns() - s->asked_ns;
	char state;

	if (waited < LOOK_AGAIN_NS)
		return false;
	state = task_state(&st->d->target, s->task.tid);
	return state == 'Z' || state == 'X' || state == '?' ||
	       waited >= GIVE_UP_NO_CPU_NS ||
	       (waited >= GIVE_UP_NS && state == 'D');
}

/*
 * One that an exec or exit killed as we held it was not let go, for it was not
 * stopped any more: it stays until it is waited for, and so does who killed it.
 */
static void
reap_killed(const struct stopping *st)
{
	const struct dumper *d = st->d;
	struct stop ignored;

	for (size_t i = 0; i < d->n; i++)
		if (d->subjects[i].phase == SUBJECT_COPIED)
			(void)stopper_poll(d->subjects[i].task.tid, &ignored);
}

static void
give_up_hopeless(struct stopping *st)
{
	reap_killed(st);
	for (size_t i = 0; i < st->d->n && st->n_asked > 0; i++) {
		struct subject *s = &st->d->subjects[i];

		if (s->phase != SUBJECT_ASKED || !is_hopeless(st, s))
			continue;
		st->n_asked--;
		set_problem(s, xasprintf("it did not stop within %d ms",
		    (int)((now_ns() - s->asked_ns) / 1000000)));
	}
}

static bool
walk_one(struct stopping *st)
{
	for (size_t i = 0; i < st->d->n; i++) {
		struct subject *s = &st->d->subjects[i];

		if (s->phase != SUBJECT_COPIED)
			continue;
		s->phase = SUBJECT_DONE;
		stop_window_close();
		if (s->was_stopped && s->problem == NULL)
			subject_walk(st->d, s);
		return true;
	}
	return false;
}

/*
 * As many are asked at a time as there are CPUs: then each is let go before the
 * next one stops. Those that wait for a CPU come later, so more are asked when
 * none comes.
 */
static void
stop_each(struct stopping *st)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	st->window = cpus > 0 ? (size_t)cpus : 1;
	for (;;) {
		if (take_stopped(st, false))
			continue;
		if (st->n_asked > 0 && now_ns() - st->asked_ns < PATIENCE_NS) {
			wait_for_stops(st, PATIENCE_NS);
			continue;
		}
		if (walk_one(st))
			continue;
		if (st->n_asked > 0) {
			wait_for_stops(st, SLEEP_NS);
			give_up_hopeless(st);
			st->window++;
		}
		ask_more(st);
		if (st->n_asked == 0 && st->next == st->d->n)
			return;
	}
}

/* Threads that others started before they were held; none when all are. */
static bool
find_newborn(struct stopping *st)
{
	struct dumper *d = st->d;
	size_t had = d->n;

	if (!dump_find_subjects(d))
		return false;
	for (size_t i = had; i < d->n; i++)
		dump_look(d, &d->subjects[i]);
	st->next = had;
	return true;
}

/* Those that would keep all others waiting are not of the moment. */
static void
leave_out_late(struct stopping *st)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < st->d->n && st->n_asked > 0; i++) {
		struct subject *s = &st->d->subjects[i];

		if (s->phase != SUBJECT_ASKED ||
		    now - s->asked_ns < FREEZE_GIVE_UP_NS)
			continue;
		st->n_asked--;
		s->phase = SUBJECT_LATE;
		if (s->problem == NULL)
			s->problem = xasprintf("it did not stop within %d ms",
			    (int)(FREEZE_GIVE_UP_NS / 1000000));
	}
}

/* Nobody is held any more; these too have to stop, to be let go. */
static void
await_late(struct stopping *st)
{
	for (size_t i = 0; i < st->d->n; i++) {
		struct subject *s = &st->d->subjects[i];

		if (s->phase != SUBJECT_LATE)
			continue;
		s->phase = SUBJECT_ASKED;
		st->n_asked++;
	}
	while (st->n_asked > 0) {
		if (!take_stopped(st, false))
			wait_for_stops(st, SLEEP_NS);
		give_up_hopeless(st);
	}
}

/* First, so that the others have CPUs to stop on. */
static void
ask_running(struct stopping *st)
{
	struct dumper *d = st->d;

	for (size_t i = st->next; i < d->n; i++) {
		struct subject *s = &d->subjects[i];

		if (s->phase == SUBJECT_WAITING && s->state == 'R')
			ask(st, s);
	}
}

/*
 * All are asked, and those that stopped are held until the last has. Meanwhile
 * those that stopped are copied, and with that what their stops broke repaired:
 * should we be killed, few calls are left that are not.
 */
static void
stop_all(struct stopping *st)
{
	struct dumper *d = st->d;

	do {
		ask_running(st);
		while (st->next < d->n) {
			st->window = st->n_asked + FREEZE_GROUP;
			ask_more(st);
			(void)take_stopped(st, true);
		}
		while (st->n_asked > 0) {
			if (!take_stopped(st, true))
				wait_for_stops(st, SLEEP_NS);
			leave_out_late(st);
		}
	} while (!is_to_end() && find_newborn(st));
	for (size_t i = 0; i < d->n; i++)
		if (d->subjects[i].phase == SUBJECT_HELD)
			let_go(&d->subjects[i]);
	d->frozen_ns = now_ns() - st->start_ns;
	await_late(st);
}

static void
run(void *ctx)
{
	struct stopping *st = ctx;

	if (st->d->opts->freeze)
		stop_all(st);
	else
		stop_each(st);
}

static bool
is_any_waiting(const struct dumper *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->subjects[i].phase == SUBJECT_WAITING)
			return true;
	return false;
}

/* By the end of that thread all are let go; those that had stopped are seen. */
static void
settle(struct stopping *st)
{
	struct dumper *d = st->d;

	if (d->opts->freeze)
		d->frozen_ns = now_ns() - st->start_ns;
	for (size_t i = 0; i < d->n; i++) {
		struct subject *s = &d->subjects[i];

		if (s->phase == SUBJECT_HELD)
			s->phase = SUBJECT_COPIED;
		else if (s->phase != SUBJECT_COPIED &&
			 s->phase != SUBJECT_DONE && s->problem == NULL)
			set_problem(s, xstrdup("it did not stop: the process "
					       "was executing a program"));
	}
}

/*
 * A ^Z would stop us and hold what we hold, until fg; and a ^C between a stop
 * and its repair would leave a call broken. Both wait, in all threads.
 */
static void
put_off_signals(sigset_t *ret_before)
{
	static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGINT,
	    SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&set, signals[i]);
	(void)pthread_sigmask(SIG_BLOCK, &set, ret_before);
}

void
dump_stop(struct dumper *d)
{
	struct stopping st = {.d = d, .start_ns = now_ns()};
	enum stop_thread_end end;
	sigset_t before;

	if (!is_any_waiting(d))
		return;
	put_off_signals(&before);
	end = stop_thread_run(&st.thread, run, &st);
	if (end == STOP_THREAD_NONE)
		die_no_memory();
	if (end == STOP_THREAD_CALLED_OFF)
		settle(&st);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	while (walk_one(&st))
		;
}
