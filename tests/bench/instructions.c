/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "instructions.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define PC_IN_USER ((void *)offsetof(struct user, regs.rip))
#else
#define PC_IN_USER ((void *)UINTPTR_MAX) /* not told: all steps count */
#endif

/* Between two stops of its own, which the parent counts from and to. */
_Noreturn static void
be_counted(void (*fn)(void *arg), void *arg)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0) {
		(void)raise(SIGSTOP);
		fn(arg);
		(void)raise(SIGSTOP);
	}
	_exit(0);
}

static bool
is_at_own_stop(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	       WSTOPSIG(status) == SIGSTOP;
}

/* Each turn of a "rep movsb" is a step, of one instruction. */
static bool
has_moved(pid_t pid, uint64_t *pc)
{
	uint64_t before = *pc;

	errno = 0;
	*pc = (uint64_t)ptrace(PTRACE_PEEKUSER, pid, PC_IN_USER, NULL);
	return errno != 0 || *pc != before;
}

/* Steps until it stops for something else, or is gone. */
static uint64_t
count_steps(pid_t pid)
{
	uint64_t n = 0, pc = 0;
	int status;

	do {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return 0;
		n += has_moved(pid, &pc);
	} while (WSTOPSIG(status) == SIGTRAP);
	return WSTOPSIG(status) == SIGSTOP ? n : 0;
}

static uint64_t
steps_of(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	uint64_t n;

	if (pid < 0)
		return 0;
	if (pid == 0)
		be_counted(fn, arg);
	n = is_at_own_stop(pid) ? count_steps(pid) : 0;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return n;
}

static void
nothing(void *arg)
{
	(void)arg;
}

uint64_t
instructions_of(void (*fn)(void *arg), void *arg)
{
	uint64_t empty = steps_of(nothing, NULL), n = steps_of(fn, arg);

	return n > empty ? n - empty : 0;
}
