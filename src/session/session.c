/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/session.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/signals.h"
#include "base/xalloc.h"
#include "session/cadence.h"
#include "session/names.h"
#include "session/sampler.h"
#include "target/spawn.h"
#include "target/target.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

struct session {
	struct session_opts opts;
	struct target target;
	struct profile profile;
	struct sampler sampler;
	struct cadence cadence;
	sigset_t old_mask;
	int signal_fd, timer_fd;
	uint64_t start_ns, end_ns; /* monotonic; end 0: still sampling */
	uint64_t progress_ns;	   /* when the next progress is due */
	pid_t command;		   /* started by us, not yet waited for; or 0 */
	bool command_was_told;	   /* a SIGTERM or SIGHUP was passed on to it */
	const struct session_hooks *hooks;
	bool wants_suspend, wants_snapshot; /* a pause, by signal */
	enum session_end end;
	int wait_status;
};

/* The signals that the loop reads by descriptor. */
static void
session_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGUSR1);
	(void)sigaddset(set, SIGCHLD);
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

	session_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, &s->old_mask);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->signal_fd < 0 || s->timer_fd < 0)
		return err_set(err, ERR_RUNTIME, "no descriptors left: %s",
		    strerror(errno));
	return 0;
}

static int
find_target(struct session *s, struct err *err)
{
	pid_t pid = s->opts.pid;
	int r;

	if (s->opts.argv != NULL) {
		r = spawn(s->opts.argv, &s->old_mask, s->opts.command_stdio,
		    &s->command, err);
		if (r < 0)
			return r;
		pid = s->command;
	}
	/* After the fork: the command keeps what it would have had. */
	descriptors_raise_limit();
	/* Inherited as ignored, it would not be sent when a thread stops. */
	(void)signal(SIGCHLD, SIG_DFL);
	return target_open(pid, &s->target, err);
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
	text = xasprintf("scrape %s, cpu mode, %u Hz; PID %d (%s) on %s %s %s",
	    PACKAGE_VERSION, s->opts.rate, s->target.pid, s->target.comm,
	    un.sysname, un.release, un.machine);
	profile_comment(&s->profile, text);
	free(text);
}

int
session_open(
    const struct session_opts *opts, struct session **ret, struct err *err)
{
	struct session *s = xcalloc(1, sizeof(*s));
	struct timespec started;
	int r;

	s->opts = *opts;
	s->target = (struct target){
	    .pidfd = -1, .proc_fd = -1, .mm_fd = -1, .mem.mem_fd = -1};
	s->signal_fd = s->timer_fd = -1;
	profile_init(&s->profile, 0, 0);
	r = open_descriptors(s, err);
	if (r == 0)
		r = find_target(s, err);
	if (r == 0)
		r = sampler_init(
		    &s->sampler, &s->target, &s->profile, &s->opts, err);
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
	s->profile.period_ns = NS_PER_SEC / opts->rate;
	describe(s);
	*ret = s;
	return 0;
}

void
session_close(struct session *s)
{
	if (s == NULL)
		return;
	sampler_deinit(&s->sampler);
	target_close(&s->target);
	profile_deinit(&s->profile);
	if (s->signal_fd >= 0)
		(void)close(s->signal_fd);
	if (s->timer_fd >= 0)
		(void)close(s->timer_fd);
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	free(s);
}

pid_t
session_pid(const struct session *s)
{
	return s->target.pid;
}

const char *
session_comm(const struct session *s)
{
	return s->target.comm;
}

pid_t
session_asked_tid(const struct session *s)
{
	return s->target.asked_tid;
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

static void
on_timer(struct session *s)
{
	uint64_t expirations;

	if (read(s->timer_fd, &expirations, sizeof(expirations)) <= 0)
		return;
	sampler_tick(&s->sampler);
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
			sampler_collect(&s->sampler);
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

/* True at the end of the recording, false for a pause. */
static bool
loop(struct session *s)
{
	struct pollfd fds[] = {{.fd = s->timer_fd, .events = POLLIN},
	    {.fd = s->signal_fd, .events = POLLIN},
	    {.fd = s->target.pidfd, .events = POLLIN}};

	for (;;) {
		uint64_t now;

		/* Woken to be called off, when there is no need any more. */
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		/* First those that are held, last what takes long. */
		if (fds[1].revents != 0 && on_signals(s))
			return end_with(s, SESSION_SIGNAL);
		if (fds[2].revents != 0)
			return end_with(s, SESSION_TARGET_EXIT);
		if (fds[0].revents != 0)
			on_timer(s);
		now = now_ns();
		if (is_over(s, now))
			return end_with(s, SESSION_DURATION);
		if (s->wants_suspend || s->wants_snapshot)
			return false;
		maybe_progress(s, now);
	}
}

static void
sample(void *arg)
{
	struct session *s = arg;

	if (loop(s))
		sampler_finish(&s->sampler);
	else
		sampler_settle(&s->sampler);
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
	    stop_thread_run(&s->sampler.stops, sample, s);

	if (end == STOP_THREAD_NONE) {
		sample(s);
		return;
	}
	sampler_disown(&s->sampler);
	/* Called off in a tick, it has not set the timer for the next. */
	if (end == STOP_THREAD_CALLED_OFF)
		arm_timer(s);
}

/* ^Z and SIGUSR1, when nothing is held: the target must not wait for us. */
static void
pause_sampling(struct session *s)
{
	if (s->wants_suspend) {
		(void)raise(SIGSTOP);
		/* No ticks were due meanwhile. */
		cadence_init(&s->cadence, s->opts.rate, now_ns());
		arm_timer(s);
	}
	if (s->wants_snapshot && s->hooks->snapshot != NULL)
		s->hooks->snapshot(s->hooks->ctx, s);
	s->wants_suspend = s->wants_snapshot = false;
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
	return target_is_job_stopped(&s->target);
}

enum session_end
session_run(struct session *s, const struct session_hooks *hooks)
{
	s->hooks = hooks;
	cadence_init(&s->cadence, s->opts.rate, s->start_ns);
	s->progress_ns = s->start_ns + NS_PER_SEC;
	arm_timer(s);
	sample_in_thread(s);
	while (s->end_ns == 0) {
		pause_sampling(s);
		sample_in_thread(s);
	}
	unblock_suspend();
	return s->end;
}

int
session_wait_status(struct session *s)
{
	if (s->command == 0)
		return s->wait_status;
	/* A stop may have shown its end, and then nothing is left to wait for */
	if (waitpid(s->command, &s->wait_status, 0) != s->command)
		s->wait_status = s->sampler.wait_status;
	s->command = 0;
	return s->wait_status;
}

int
session_finish_saving(struct session *s, unsigned *ret_files, struct err *err)
{
	struct saver *saver = &s->sampler.saver;

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
	names_resolve(&s->sampler.space, &s->profile, &s->opts);
}

static void
update_stats(struct session *s)
{
	const struct sampler *sm = &s->sampler;
	const struct ledger *l = &sm->ledger;
	const struct histogram *h = &sm->stop_ns;
	struct stats *st = &s->profile.stats;
	uint64_t end = s->end_ns != 0 ? s->end_ns : now_ns();
	struct rusage ru;

	s->profile.duration_ns = end - s->start_ns;
	st->wall_s = (double)s->profile.duration_ns / 1e9;
	st->threads_seen = sm->threads.seen;
	st->no_schedstat = sm->threads.no_schedstat;
	st->cpu_kernel_ns = ledger_kernel_ns(l, &sm->threads);
	st->cpu_user_ns = l->split.user_ns - l->split_base.user_ns;
	st->cpu_system_ns = l->split.system_ns - l->split_base.system_ns;
	st->cpu_children_ns = l->split.children_ns - l->split_base.children_ns;
	st->cpu_attributed_ns = l->sampled_ns;
	st->stop_us = (struct stop_times){
	    .p50 = (double)histogram_quantile(h, 0.50) / 1e3,
	    .p90 = (double)histogram_quantile(h, 0.90) / 1e3,
	    .p99 = (double)histogram_quantile(h, 0.99) / 1e3,
	    .max = (double)h->max / 1e3};
	if (end > s->start_ns)
		st->held_fraction = (double)h->sum / (double)(end - s->start_ns);
	if (st->frames > 0)
		st->unwind_ns_per_frame =
		    (double)sm->unwind_ns / (double)st->frames;
	if (getrusage(RUSAGE_SELF, &ru) == 0) {
		st->self_cpu_s = (double)ru.ru_utime.tv_sec +
				 (double)ru.ru_stime.tv_sec +
				 (double)(ru.ru_utime.tv_usec +
				     ru.ru_stime.tv_usec) / 1e6;
		st->max_rss_kb = (uint64_t)ru.ru_maxrss;
	}
}

struct profile *
session_profile(struct session *s)
{
	update_stats(s);
	return &s->profile;
}

const sigset_t *
session_signal_mask(const struct session *s)
{
	return &s->old_mask;
}
