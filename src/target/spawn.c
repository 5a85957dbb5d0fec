/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * go: the child waits until the parent closes it. report: a failed exec writes
 * its errno, a successful one closes it.
 */
struct pipes {
	int go[2], report[2];
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void
close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->go[i]);
		close_fd(&p->report[i]);
	}
}

static bool
open_pipes(struct pipes *p)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}};
	if (pipe2(p->go, O_CLOEXEC) == 0 && pipe2(p->report, O_CLOEXEC) == 0)
		return true;
	close_pipes(p);
	return false;
}

/* In the child: become the command, or say why not and end. */
static void
become(char *const argv[], const sigset_t *mask, const int *stdio,
    struct pipes *p)
{
	char byte;
	int error;

	for (int fd = 0; stdio != NULL && fd <= STDERR_FILENO; fd++)
		if (stdio[fd] >= 0)
			(void)dup2(stdio[fd], fd);
	close_fd(&p->go[1]);
	(void)!read(p->go[0], &byte, sizeof(byte));
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execvp(argv[0], argv);
	error = errno;
	(void)!write(p->report[1], &error, sizeof(error));
	_exit(127);
}

static bool
is_exec_stop(int status)
{
	return status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
}

/* Until its exec, or its end: signals that come before are passed on. */
static void
wait_for_exec(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) &&
	       !is_exec_stop(status)) {
		int signal = status >> 16 == 0 ? WSTOPSIG(status) : 0;

		(void)ptrace(
		    PTRACE_CONT, pid, NULL, (void *)(intptr_t)signal);
	}
}

static int
explain_exec(const char *name, int error, struct err *err)
{
	enum err_kind kind = error == ENOENT ? ERR_NOT_FOUND : ERR_CANNOT_EXEC;

	return err_set(
	    err, kind, "cannot run '%s': %s", name, strerror(error));
}

static int
start(pid_t pid, const char *name, struct pipes *p, struct err *err)
{
	bool is_held = ptrace(PTRACE_SEIZE, pid, NULL,
			   (void *)(intptr_t)PTRACE_O_TRACEEXEC) == 0;
	int error;
	ssize_t n;

	close_fd(&p->report[1]);
	close_fd(&p->go[1]);
	/* First, for a signal may stop it before it gets to the pipe. */
	if (is_held)
		wait_for_exec(pid);
	do
		n = read(p->report[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (!is_held)
		(void)waitpid(pid, NULL, 0);
	return explain_exec(name, error, err);
}

int
spawn(char *const argv[], const sigset_t *mask, const int *stdio,
    pid_t *ret_pid, struct err *err)
{
	struct pipes p;
	pid_t pid;
	int r;

	if (!open_pipes(&p))
		return err_set(err, ERR_RUNTIME, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		become(argv, mask, stdio, &p);
	if (pid < 0)
		r = err_set(err, ERR_RUNTIME, "fork: %s", strerror(errno));
	else
		r = start(pid, argv[0], &p, err);
	close_pipes(&p);
	*ret_pid = r == 0 ? pid : 0;
	return r;
}

void
spawn_release(pid_t pid)
{
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

void
spawn_cancel(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
