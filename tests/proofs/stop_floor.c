/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stop_floor TID SPREAD_US - the least that a stop can be
 *
 * Busy for SPREAD_US, as a profiler is before it stops anything; then seizes
 * and interrupts the thread, waits for the stop, reads registers and 16 KiB of
 * stack, and lets go. What no sampler by ptrace can be much faster than: it has
 * done the same with a child of its own before, so that nothing is new to it.
 */
#include "config.h"

#include <elf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES 16384

static char stack[STACK_BYTES];

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
be_busy(uint64_t us)
{
	uint64_t end = now_us() + us;

	while (now_us() < end)
		continue;
}

static int
stop_and_copy(pid_t tid)
{
	struct user_regs_struct regs;
	struct iovec to_regs = {&regs, sizeof(regs)};
	struct iovec local = {stack, sizeof(stack)}, remote;
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0 ||
	    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0 ||
	    waitpid(tid, &status, __WALL) != tid)
		return -1;
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &to_regs) == 0) {
		remote.iov_base = (void *)(uintptr_t)regs.rsp;
		remote.iov_len = sizeof(stack);
		(void)!process_vm_readv(tid, &local, 1, &remote, 1, 0);
	}
	return (int)ptrace(PTRACE_DETACH, tid, NULL, NULL);
}

static void
rehearse(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	stop_and_copy(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int
main(int argc, char *argv[])
{
	if (argc < 3)
		return 2;
	rehearse();
	/* Its page faults are not the target's. */
	for (size_t i = 0; i < sizeof(stack); i += 4096)
		*(volatile char *)&stack[i] = 1;
	be_busy(strtoul(argv[2], NULL, 10));
	if (stop_and_copy((pid_t)strtol(argv[1], NULL, 10)) != 0) {
		perror("stop_floor");
		return 1;
	}
	return 0;
}
