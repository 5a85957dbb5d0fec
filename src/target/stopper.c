/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/stopper.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int
stopper_interrupt(pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
		return -errno;
	/* Fails only when the thread is ending; stopper_poll() will see that */
	(void)ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	return 0;
}

bool
stopper_ask_again(pid_t tid)
{
	return ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0 ||
	       errno != ESRCH;
}

static struct stop
classify(pid_t tid, int status)
{
	struct stop stop = {.tid = tid, .wait_status = status};

	if (!WIFSTOPPED(status))
		stop.kind = STOP_GONE;
	else if (status >> 16 != PTRACE_EVENT_STOP) {
		stop.kind = STOP_SIGNAL;
		stop.signal = WSTOPSIG(status);
	} else if (WSTOPSIG(status) == SIGTRAP)
		stop.kind = STOP_OURS;
	else
		stop.kind = STOP_GROUP;
	return stop;
}

bool
stopper_poll(pid_t tid, struct stop *ret)
{
	int status;
	pid_t got;

	do
		got = waitpid(tid, &status, __WALL | WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	if (got < 0) /* ECHILD: it ended, and its parent has heard already */
		*ret = (struct stop){.tid = tid, .kind = STOP_GONE};
	else
		*ret = classify(tid, status);
	return true;
}

static bool
await_sigchld(uint64_t ns)
{
	struct timespec limit = ns_timespec(ns);
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, NULL, &limit) == SIGCHLD;
}

bool
stopper_heard(void)
{
	return await_sigchld(0);
}

void
stopper_sleep(uint64_t deadline_ns)
{
	uint64_t now = now_ns();

	if (now < deadline_ns)
		(void)await_sigchld(deadline_ns - now);
}

bool
stopper_release(const struct stop *stop)
{
	/*
	 * A thread that job control stopped is put back into that stop by the
	 * kernel (__ptrace_unlink); a signal goes on to the thread.
	 */
	return ptrace(PTRACE_DETACH, stop->tid, NULL,
		   (void *)(intptr_t)stop->signal) == 0;
}
