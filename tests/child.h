/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.h - processes for a test to look at, and what /proc says of them
 *
 * A child runs one function, and tells what it does through a page that it
 * shares with the test. Whatever becomes of the test, it goes with it.
 */
#ifndef SCRAPE_TESTS_CHILD_H
#define SCRAPE_TESTS_CHILD_H

#include "target/proc_file.h"
#include "target/stopper.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Longer than anything takes on a busy machine; then the test has failed. */
#define PATIENCE_US 10000000

struct shared {
	_Atomic uint64_t counter; /* counts while the child runs */
	_Atomic uint64_t words[64];
	_Atomic int ready, go, result;
	_Atomic pid_t tid;
};

static struct shared *shared;

static inline void
child_setup(void)
{
	sigset_t set;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Waits until flag is true; in the child and in the test. */
static inline void
await(_Atomic int *flag)
{
	for (int us = 0; !*flag; us += 100) {
		if (us > PATIENCE_US)
			abort();
		(void)usleep(100);
	}
}

static inline pid_t
child_start(void (*run)(void))
{
	pid_t parent = getpid(), child;

	memset(shared, 0, sizeof(*shared));
	child = fork();
	if (child != 0) {
		assert_true(child > 0);
		return child;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where Yama asks: any of the test's processes may trace it. */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (getppid() != parent)
		_exit(1);
	run();
	_exit(0);
}

static inline void
child_end(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	/* A stop that nobody has asked for yet comes before the end. */
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		continue;
}

/* What most children do: */
static inline void
count_for_ever(void)
{
	shared->ready = 1;
	for (;;)
		shared->counter++;
}

static inline bool
is_counting(void)
{
	uint64_t before = shared->counter;

	for (int us = 0; us < PATIENCE_US; us += 100) {
		if (shared->counter != before)
			return true;
		(void)usleep(100);
	}
	return false;
}

static inline char
state_of(pid_t tid)
{
	char path[64], text[1024];
	struct proc_stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	if (!proc_file_read_into(AT_FDCWD, path, text, sizeof(text)) ||
	    !proc_stat_parse(text, &st))
		return '?';
	return st.state;
}

static inline bool
comes_to_state(pid_t tid, char state)
{
	for (int us = 0; us < PATIENCE_US; us += 100) {
		if (state_of(tid) == state)
			return true;
		(void)usleep(100);
	}
	return false;
}

static inline pid_t
tracer_of(pid_t tid)
{
	char path[64], text[8192];
	uint64_t tracer;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (!proc_file_read_into(AT_FDCWD, path, text, sizeof(text)) ||
	    !proc_status_field(text, "TracerPid", &tracer))
		return -1;
	return (pid_t)tracer;
}

/* The stop of a thread that was asked, however long it takes. */
static inline struct stop
await_stop(pid_t tid)
{
	struct stop stop = {0};

	for (int us = 0; !stopper_poll(tid, &stop); us += 50) {
		if (us > PATIENCE_US)
			fail_msg("thread %d does not stop", tid);
		(void)usleep(50);
	}
	return stop;
}

static inline struct stop
stop_now(pid_t tid)
{
	assert_int_equal(stopper_interrupt(tid), 0);
	return await_stop(tid);
}

/* Skips the test, saying why, where nothing may be traced. */
static inline void
need_ptrace(void)
{
	pid_t child = child_start(count_for_ever);
	int r = stopper_interrupt(child);

	if (r == 0) {
		struct stop stop = await_stop(child);

		stopper_release(&stop);
	}
	child_end(child);
	if (r != 0) {
		print_message("ptrace is refused: %s\n", strerror(-r));
		skip();
	}
}

#endif
