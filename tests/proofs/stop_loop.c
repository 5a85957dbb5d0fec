/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stop_loop PID SECONDS RATE [spin] [stay] - the bare stop, again and again
 *
 * All threads that PID has now are asked to stop, RATE times a second at random
 * distances; of each that has stopped registers and 16 KiB of stack are read,
 * then it goes on. Nothing else: what no sampler by ptrace can be much faster
 * than. With "spin" it does not sleep until they stop. With "stay" it stays
 * attached between two stops, and passes on the signals that it is then told of;
 * else it attaches and detaches each time. Prints how many stops there were.
 */
#include "config.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64
#define STACK_BYTES 16384
#define NS_PER_SEC 1000000000ull
/* One that does not stop has ended. */
#define PATIENCE_NS NS_PER_SEC

static char stack[STACK_BYTES];
static pid_t tids[MAX_THREADS];
static size_t n_tids, n_stops;
static bool spins, stays;

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void
find_threads(const char *pid)
{
	const struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir != NULL && n_tids < MAX_THREADS &&
	       (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			tids[n_tids++] = (pid_t)atoi(entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

static void
copy(pid_t tid)
{
	struct user_regs_struct regs;
	struct iovec to_regs = {&regs, sizeof(regs)};
	struct iovec local = {stack, sizeof(stack)}, remote;

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &to_regs) != 0)
		return;
	remote.iov_base = (void *)(uintptr_t)regs.rsp;
	remote.iov_len = sizeof(stack);
	(void)!process_vm_readv(tid, &local, 1, &remote, 1, 0);
	n_stops++;
}

static void
go_on(pid_t tid, int signal)
{
	(void)ptrace(stays ? PTRACE_CONT : PTRACE_DETACH, tid, NULL,
	    (void *)(intptr_t)signal);
}

/* Takes one that has stopped; whether it is ours that it stopped for. */
static bool
take(pid_t tid, int flags)
{
	int status;

	if (waitpid(tid, &status, __WALL | flags) <= 0 || !WIFSTOPPED(status))
		return false;
	if (status >> 16 != PTRACE_EVENT_STOP) {
		/* Detached at once, it does not come to our stop any more. */
		if (!stays)
			copy(tid);
		go_on(tid, WSTOPSIG(status));
		return !stays;
	}
	copy(tid);
	go_on(tid, 0);
	return true;
}

static void
ask(pid_t tid)
{
	if (!stays && ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
		return;
	(void)ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

static void
stop_all(void)
{
	uint64_t end = now_ns() + PATIENCE_NS;
	bool done[MAX_THREADS] = {false};

	for (size_t i = 0; i < n_tids; i++)
		ask(tids[i]);
	for (size_t left = n_tids; left > 0 && now_ns() < end;)
		for (size_t i = 0; i < n_tids; i++)
			if (!done[i] &&
			    take(tids[i], spins || n_tids > 1 ? WNOHANG : 0)) {
				done[i] = true;
				left--;
			}
}

/* Until then, those that are stopped by a signal are told to go on. */
static void
sleep_until(uint64_t end)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (uint64_t now; (now = now_ns()) < end;) {
		struct timespec ts = {.tv_sec = (time_t)((end - now) / NS_PER_SEC),
		    .tv_nsec = (long)((end - now) % NS_PER_SEC)};

		if (sigtimedwait(&set, NULL, &ts) == SIGCHLD && stays)
			for (size_t i = 0; i < n_tids; i++)
				while (take(tids[i], WNOHANG))
					continue;
	}
}

int
main(int argc, char *argv[])
{
	uint64_t end, period;
	sigset_t set;

	if (argc < 4)
		return 2;
	for (int i = 4; i < argc; i++) {
		spins |= strcmp(argv[i], "spin") == 0;
		stays |= strcmp(argv[i], "stay") == 0;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	find_threads(argv[1]);
	mlockall(MCL_CURRENT);
	end = now_ns() + (uint64_t)(atof(argv[2]) * (double)NS_PER_SEC);
	period = NS_PER_SEC / strtoul(argv[3], NULL, 10);
	for (size_t i = 0; stays && i < n_tids; i++)
		if (ptrace(PTRACE_SEIZE, tids[i], NULL, NULL) != 0)
			return 1;
	while (now_ns() < end) {
		sleep_until(now_ns() + period / 2 +
			    (uint64_t)rand() % period);
		stop_all();
	}
	printf("stops %zu\n", n_stops);
	return 0;
}
