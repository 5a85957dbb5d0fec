/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/session_private.h"
#include "session/stop_window.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/signals.h"
#include "base/xalloc.h"
#include "session/names.h"
#include "target/kernel_stack.h"
#include "target/spawn.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signals that the loop reads by descriptor. */
static void
session_signals(const struct session *s, sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGCHLD);
	if (s->opts.is_watched)
		return;
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGUSR1);
	if (!signal_is_ignored(SIGINT))
		(void)sigaddset(set, SIGINT);
	if (!signal_is_ignored(SIGHUP))
		(void)sigaddset(set, SIGHUP);
	if (!signal_is_ignored(SIGTSTP))
		(void)sigaddset(set, SIGTSTP);
}

static int
open_descriptors(struct session *s, struct err *err)
{
	sigset_t set;

	session_signals(s, &set);
	(void)sigprocmask(SIG_BLOCK, &set, &s->old_mask);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->signal_fd < 0 || s->timer_fd < 0)
		return err_set(err, ERR_RUNTIME, "no descriptors left: %s",
		    strerror(errno));
	return 0;
}

static int
open_processes(struct session *s, struct err *err)
{
	const pid_t *pids = s->opts.pids;
	size_t n_pids = s->opts.n_pids;
	int r = processes_init(&s->processes, &s->sampling, err);

	if (s->command != 0) {
		pids = &s->command;
		n_pids = 1;
	}
	for (size_t i = 0; i < n_pids && r == 0; i++)
		r = processes_add(&s->processes, pids[i], err);
	if (r < 0)
		return r;
	s->first = s->processes.v[0];
	if (s->opts.children)
		processes_find_children(&s->processes, false);
	return 0;
}

static int
find_targets(struct session *s, struct err *err)
{
	if (s->opts.argv != NULL) {
		int r = spawn(s->opts.argv, &s->old_mask,
		    s->opts.command_stdio, &s->command, err);

		if (r < 0)
			return r;
	}
	/* After the fork: the command keeps what it would have had. */
	descriptors_raise_limit();
	/* Inherited as ignored, it would not be sent when a thread stops. */
	(void)signal(SIGCHLD, SIG_DFL);
	sampling_init(&s->sampling, &s->profile, &s->opts);
	return open_processes(s, err);
}

static struct timespec
realtime(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ts;
}

/* How the profile was made, for its readers. Never the command line. */
static void
describe(struct session *s)
{
	struct utsname un;
	char *text;

	if (uname(&un) != 0)
		return;
	text = xasprintf("scrape %s, %s mode, %u Hz; PID %d (%s)%s on %s %s %s",
	    PACKAGE_VERSION, measure_name(s->opts.measure), s->opts.rate,
	    session_pid(s), session_comm(s),
	    s->processes.n > 1 || s->opts.children ? " and others" : "",
	    un.sysname, un.release, un.machine);
	profile_comment(&s->profile, text);
	free(text);
}

static int
check_kernel(const struct session_opts *opts, struct err *err)
{
	if (!opts->kernel || kernel_stack_is_permitted())
		return 0;
	return err_set(err, ERR_NOT_PERMITTED,
	    "the kernel shows its own stacks to those with CAP_SYS_ADMIN alone");
}

int
session_open(
    const struct session_opts *opts, struct session **ret, struct err *err)
{
	struct timespec started;
	struct session *s;
	int r = check_kernel(opts, err);

	if (r < 0)
		return r;
	s = xcalloc(1, sizeof(*s));
	s->opts = *opts;
	s->signal_fd = s->timer_fd = s->processes.ended_fd = -1;
	s->desk.bell_fd = s->desk.news_fd = -1;
	profile_init(&s->profile, 0, 0);
	r = open_descriptors(s, err);
	if (r == 0)
		r = desk_init(s, err);
	if (r == 0)
		r = find_targets(s, err);
	if (r < 0) {
		if (s->command != 0)
			spawn_cancel(s->command);
		session_close(s);
		return r;
	}
	if (s->command != 0)
		spawn_release(s->command);
	started = realtime();
	s->start_ns = now_ns();
	s->profile.time_ns = timespec_ns(&started);
	s->profile.has_wall = s->opts.measure == MEASURE_WALL;
	atomic_store(&s->desk.measure, s->opts.measure);
	atomic_store(&s->desk.kernel, s->opts.kernel);
	pace_init(&s->pace, opts->rate, opts->max_pause);
	describe(s);
	*ret = s;
	return 0;
}

/* Of a caller who has the other signals to itself, only ours is given back. */
static void
restore_signals(const struct session *s)
{
	sigset_t set;

	if (!s->opts.is_watched) {
		(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
		return;
	}
	session_signals(s, &set);
	if (!sigismember(&s->old_mask, SIGCHLD))
		(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void
session_close(struct session *s)
{
	if (s == NULL)
		return;
	desk_deinit(s);
	sampling_deinit(&s->sampling);
	processes_deinit(&s->processes);
	profile_deinit(&s->profile);
	if (s->signal_fd >= 0)
		(void)close(s->signal_fd);
	if (s->timer_fd >= 0)
		(void)close(s->timer_fd);
	restore_signals(s);
	free(s);
}

pid_t
session_pid(const struct session *s)
{
	return s->first->target.pid;
}

const char *
session_comm(const struct session *s)
{
	return s->first->target.comm;
}

pid_t
session_asked_tid(const struct session *s)
{
	return s->first->target.asked_tid;
}

pid_t
session_tracer(const struct session *s, const char **ret_comm)
{
	*ret_comm = s->first->tracer.comm;
	return s->first->tracer.pid;
}

static void
arm_timer(struct session *s)
{
	uint64_t due = s->cadence.next_ns;
	struct itimerspec its = {0};

	if (s->opts.duration_ns != 0 &&
	    due > s->start_ns + s->opts.duration_ns)
		due = s->start_ns + s->opts.duration_ns;
	its.it_value = ns_timespec(due);
	(void)timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &its, NULL);
}

/* No ticks were due meanwhile. */
static void
go_on(struct session *s)
{
	s->paced_ns = now_ns();
	cadence_init(&s->cadence, s->opts.rate, s->paced_ns);
	arm_timer(s);
}

/* As fast as was asked for, or as the target can bear. */
static void
keep_pace(struct session *s)
{
	uint64_t stops, held_ns, now = now_ns();
	unsigned rate;

	sampling_held(&s->sampling, &stops, &held_ns);
	pace_note(&s->pace, stops, held_ns);
	rate = pace_rate(&s->pace);
	if (s->opts.rate < s->pace.rate)
		s->profile.stats.paced_ns += now - s->paced_ns;
	s->paced_ns = now;
	if (rate == s->opts.rate)
		return;
	s->opts.rate = rate;
	cadence_set_rate(&s->cadence, rate);
}

static void
on_timer(struct session *s)
{
	uint64_t expirations;

	if (read(s->timer_fd, &expirations, sizeof(expirations)) <= 0)
		return;
	/* First: a child may have ended by the next tick. */
	if (s->opts.children)
		processes_find_children(&s->processes, true);
	processes_tick(&s->processes);
	keep_pace(s);
	s->profile.stats.missed_ticks +=
	    cadence_advance(&s->cadence, now_ns());
	arm_timer(s);
}

/*
 * What a signal means for the loop: true when it ends the recording. A command
 * of ours gets the terminal's ^C itself and decides what that means; SIGTERM
 * and SIGHUP are passed on to it once.
 */
static bool
ends_on_signal(struct session *s, int signal)
{
	if (s->command == 0)
		return true;
	if (signal == SIGINT)
		return false;
	if (s->command_was_told)
		return true;
	s->command_was_told = true;
	(void)kill(s->command, signal);
	return false;
}

static bool
on_signals(struct session *s)
{
	struct signalfd_siginfo info;
	bool ended = false;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			processes_collect(&s->processes);
		else if (info.ssi_signo == SIGTSTP)
			s->wants_suspend = true;
		else if (info.ssi_signo == SIGUSR1)
			s->wants_snapshot = true;
		else
			ended |= ends_on_signal(s, (int)info.ssi_signo);
	}
	return ended;
}

static bool
is_over(const struct session *s, uint64_t now)
{
	return s->opts.duration_ns != 0 &&
	       now >= s->start_ns + s->opts.duration_ns;
}

static void
maybe_progress(struct session *s, uint64_t now)
{
	if (s->hooks->progress == NULL || now < s->progress_ns)
		return;
	s->progress_ns = now + NS_PER_SEC;
	s->hooks->progress(s->hooks->ctx, s);
}

static bool
end_with(struct session *s, enum session_end end)
{
	s->end = end;
	s->end_ns = now_ns();
	return true;
}

/* True when none is left. */
static bool
on_ends(struct session *s)
{
	processes_retire_ended(&s->processes);
	/* Not before it is finished with: its CPU clock goes with it. */
	if (s->command != 0 && s->first->has_ended)
		(void)session_wait_status(s);
	return s->processes.n_living == 0;
}

/* Sleepers have other stacks from now on, or none. */
static void
set_measure(struct session *s, enum measure measure, bool kernel)
{
	if (measure == s->opts.measure && kernel == s->opts.kernel)
		return;
	processes_settle_wall(&s->processes);
	s->opts.measure = measure;
	s->opts.kernel = kernel;
	s->profile.has_wall = measure == MEASURE_WALL;
	processes_begin_wall(&s->processes);
}

/* What the watcher wants: true when it is the end. */
static bool
on_bell(struct session *s)
{
	unsigned rate;

	desk_answer(s);
	set_measure(s, atomic_load(&s->desk.measure),
	    atomic_load(&s->desk.kernel));
	rate = atomic_exchange(&s->desk.rate, 0);
	if (rate != 0) {
		s->pace.rate = rate;
		s->opts.rate = pace_rate(&s->pace);
		go_on(s);
	}
	return atomic_load(&s->desk.is_stopped);
}

static bool
wants_pause(struct session *s)
{
	return s->wants_suspend || s->wants_snapshot ||
	       atomic_load(&s->desk.is_paused);
}

/* True at the end of the recording, false for a pause. */
static bool
loop(struct session *s)
{
	struct pollfd fds[] = {{.fd = s->timer_fd, .events = POLLIN},
	    {.fd = s->signal_fd, .events = POLLIN},
	    {.fd = s->processes.ended_fd, .events = POLLIN},
	    {.fd = s->desk.bell_fd, .events = POLLIN}};

	for (;;) {
		uint64_t now;

		processes_await(&s->processes);
		/* Woken to be called off, when there is no need any more. */
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		/* First those that are held, last what takes long. */
		if (fds[1].revents != 0 && on_signals(s))
			return end_with(s, SESSION_SIGNAL);
		/* What follows may take long, and goes before nobody. */
		stop_window_close();
		if (fds[2].revents != 0 && on_ends(s))
			return end_with(s, SESSION_TARGET_EXIT);
		if (fds[0].revents != 0)
			on_timer(s);
		if (fds[3].revents != 0 && on_bell(s))
			return end_with(s, SESSION_STOPPED);
		now = now_ns();
		if (is_over(s, now))
			return end_with(s, SESSION_DURATION);
		if (wants_pause(s))
			return false;
		maybe_progress(s, now);
	}
}

static void
sample(void *arg)
{
	struct session *s = arg;

	(void)loop(s);
	processes_settle(&s->processes);
}

/*
 * A thread that was asked to stop may do so when nobody comes back for it: it
 * sleeps where nothing wakes it, or gets no CPU for a while. So sampling ends
 * with its thread before anything that takes its time. One that was called off
 * goes on in a new one: session_run() sees that there is no end yet.
 */
static void
sample_in_thread(struct session *s)
{
	enum stop_thread_end end =
	    stop_thread_run(&s->sampling.stops, sample, s);

	if (end == STOP_THREAD_NONE) {
		sample(s);
		return;
	}
	processes_disown(&s->processes);
	/* Called off in a tick, it has not set the timer for the next. */
	if (end == STOP_THREAD_CALLED_OFF)
		arm_timer(s);
}

/* How long poll(2) may sleep; -1: for ever. */
static int
ms_to_the_end(const struct session *s)
{
	uint64_t now = now_ns(), end = s->start_ns + s->opts.duration_ns;

	if (s->opts.duration_ns == 0)
		return -1;
	return now >= end ? 0 : (int)((end - now) / 1000000 % INT_MAX + 1);
}

/* The loop of a session that looks at nothing. True when that is its end. */
static bool
loop_idle(struct session *s)
{
	struct pollfd fds[] = {
	    {.fd = s->processes.ended_fd, .events = POLLIN},
	    {.fd = s->desk.bell_fd, .events = POLLIN}};

	while (atomic_load(&s->desk.is_paused)) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]),
			ms_to_the_end(s)) < 0)
			continue;
		if (fds[0].revents != 0 && on_ends(s))
			return end_with(s, SESSION_TARGET_EXIT);
		if (fds[1].revents != 0 && on_bell(s))
			return end_with(s, SESSION_STOPPED);
		if (is_over(s, now_ns()))
			return end_with(s, SESSION_DURATION);
	}
	return false;
}

static void
pause_for_watcher(struct session *s)
{
	s->is_idle = true;
	desk_tell_pause(s);
	if (loop_idle(s))
		return;
	s->is_idle = false;
	processes_skip(&s->processes);
	go_on(s);
}

/* ^Z and SIGUSR1, when nothing is held: the target must not wait for us. */
static void
pause_sampling(struct session *s)
{
	if (s->wants_suspend) {
		(void)raise(SIGSTOP);
		go_on(s);
	}
	if (s->wants_snapshot && s->hooks->snapshot != NULL)
		s->hooks->snapshot(s->hooks->ctx, s);
	s->wants_suspend = s->wants_snapshot = false;
	if (atomic_load(&s->desk.is_paused))
		pause_for_watcher(s);
}

/*
 * Signals are the watcher's, whose threads take them; but for those that a
 * fault of our own raises, which cannot be blocked and be handled.
 */
static void
leave_signals_to_watcher(sigset_t *ret_old)
{
	sigset_t set;

	(void)sigfillset(&set);
	(void)sigdelset(&set, SIGSEGV);
	(void)sigdelset(&set, SIGBUS);
	(void)sigdelset(&set, SIGFPE);
	(void)sigdelset(&set, SIGILL);
	(void)sigdelset(&set, SIGABRT);
	(void)sigdelset(&set, SIGTRAP);
	(void)sigdelset(&set, SIGSYS);
	(void)pthread_sigmask(SIG_SETMASK, &set, ret_old);
}

/* From here on nothing is held, and ^Z may come at any time. */
static void
unblock_suspend(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool
session_is_stopped(const struct session *s)
{
	return target_is_job_stopped(&s->first->target);
}

static void
run(struct session *s)
{
	s->paced_ns = s->start_ns;
	/* To open them took its time. */
	processes_begin_wall(&s->processes);
	cadence_init(&s->cadence, s->opts.rate, s->start_ns);
	s->progress_ns = s->start_ns + NS_PER_SEC;
	arm_timer(s);
	sample_in_thread(s);
	while (s->end_ns == 0) {
		pause_sampling(s);
		if (s->end_ns == 0)
			sample_in_thread(s);
	}
	processes_finish(&s->processes);
}

enum session_end
session_run(struct session *s, const struct session_hooks *hooks)
{
	static const struct session_hooks none;
	sigset_t old;

	s->hooks = hooks != NULL ? hooks : &none;
	if (!s->opts.is_watched) {
		run(s);
		unblock_suspend();
		return s->end;
	}
	leave_signals_to_watcher(&old);
	run(s);
	desk_end(s);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return s->end;
}

int
session_wait_status(struct session *s)
{
	if (s->command == 0)
		return s->wait_status;
	/* A stop may have shown its end, and then nothing is left to wait for */
	if (waitpid(s->command, &s->wait_status, 0) != s->command)
		s->wait_status = s->first->sampler.wait_status;
	s->command = 0;
	return s->wait_status;
}

int
session_finish_saving(struct session *s, unsigned *ret_files, struct err *err)
{
	struct saver *saver = &s->processes.v[0]->sampler.saver;

	saver_write_extracts(saver);
	*ret_files = saver->n;
	if (!saver->failed)
		return 0;
	*err = saver->err;
	return -(int)err->kind;
}

void
session_symbolize(struct session *s)
{
	names_resolve(&s->sampling.spaces, &s->profile, &s->opts);
}

struct profile *
session_profile(struct session *s)
{
	processes_settle_wall(&s->processes);
	session_update_stats(s);
	return &s->profile;
}

const sigset_t *
session_signal_mask(const struct session *s)
{
	return &s->old_mask;
}
