/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/top.h"

#include "base/attr.h"
#include "base/escape.h"
#include "base/signals.h"
#include "cli/held_output.h"
#include "cli/hints.h"
#include "cli/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often a command that runs on is looked at for output, and for its end. */
#define FOLLOW_US 50000

/* Those that the loops read; what a nohup ignores stays ignored. */
static void
top_signals(sigset_t *set)
{
	static const int signals[] = {
	    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};

	(void)sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!signal_is_ignored(signals[i]))
			(void)sigaddset(set, signals[i]);
}

/*
 * By the signal itself, in its default: a process group that nobody would wake
 * again is not stopped by it.
 */
void
top_suspend(struct watch *w)
{
	sigset_t set;

	watch_pause(w);
	(void)signal(SIGTSTP, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void
tell_end(const struct watch *w)
{
	const struct stats *s = &w->mirror.stats;
	const struct top_process *first = w->processes;

	if (w->n_processes == 0)
		return;
	(void)fprintf(stderr,
	    "scrape: %.1f s of PID %d (", s->wall_s, (int)first->pid);
	escape_print(stderr, first->comm);
	(void)fprintf(stderr,
	    "): %" PRIu64 " samples, %.2f s of %.2f s CPU; "
	    "scrape record %s writes a profile\n",
	    s->samples, (double)s->cpu_attributed_ns / 1e9,
	    (double)s->cpu_kernel_ns / 1e9,
	    w->opts.argv != NULL ? "-- CMD" : "-p PID");
}

/*
 * A command that still runs when the user has seen enough runs on, and the
 * terminal is its own: as if it had been started alone.
 */
static void
follow_command(struct watch *w, struct held_output *output)
{
	siginfo_t info = {0};

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)sigprocmask(
	    SIG_SETMASK, session_signal_mask(w->session), NULL);
	if (w->ended_by != SIGTERM && w->ended_by != SIGHUP)
		(void)fprintf(stderr,
		    "scrape: %s (PID %d) runs on; ^C ends it\n",
		    w->opts.argv[0], (int)session_pid(w->session));
	while (waitid(P_PID, (id_t)session_pid(w->session), &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0) {
		held_output_show(output);
		(void)usleep(FOLLOW_US);
	}
}

static int
finish_command(struct watch *w, struct held_output *output)
{
	int status;

	held_output_show(output);
	/* As record: who ends scrape from outside means the command, too. */
	if (w->end != SESSION_TARGET_EXIT &&
	    (w->ended_by == SIGTERM || w->ended_by == SIGHUP))
		(void)kill(session_pid(w->session), w->ended_by);
	if (w->end != SESSION_TARGET_EXIT)
		follow_command(w, output);
	status = session_wait_status(w->session);
	held_output_show(output);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static int
show(struct watch *w, const struct top_opts *opts, const sigset_t *set,
    struct err *err)
{
	int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK), r;

	if (fd < 0)
		return err_set(err, ERR_RUNTIME, "no descriptors left: %s",
		    strerror(errno));
	if (opts->batch)
		r = top_batch_run(w, opts, fd, err);
	else
		r = top_screen_run(w, opts, fd, err);
	(void)close(fd);
	watch_stop(w);
	return r;
}

static void
tell_tracer(const struct watch *w)
{
	const char *comm;
	pid_t pid, tracer = watch_tracer(w, &pid, &comm);

	hints_print_tracer(stderr, pid, tracer, comm);
}

int
top_run(const struct top_opts *opts, struct err *err)
{
	struct held_output output = HELD_OUTPUT_NONE;
	struct session_opts session = opts->session;
	struct watch w = {.done_fd = -1};
	sigset_t set;
	int r = 0;

	top_signals(&set);
	if (session.argv != NULL && opts->batch)
		held_output_to_stderr(&output);
	else if (session.argv != NULL)
		r = held_output_open(&output, err);
	session.command_stdio = output.stdio;
	if (r == 0)
		r = watch_open(
		    &w, &session, opts->ui.settings.window_ns, &set, err);
	if (r == 0 && opts->batch)
		tell_tracer(&w);
	if (r == 0)
		r = show(&w, opts, &set, err);
	if (r == 0 && !opts->batch)
		tell_end(&w);
	if (r == 0 && session.argv != NULL)
		r = finish_command(&w, &output);
	if (r < 0 && session.argv != NULL)
		r = err_beside_command(err);
	watch_close(&w);
	held_output_close(&output);
	return r;
}
