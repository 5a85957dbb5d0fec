/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stop_thread.h - the thread that stops a target's threads
 *
 * ptrace binds what is stopped to the thread that stopped it. So that nothing
 * stays held, whatever becomes of it, all stopping is done in a thread of its
 * own: when that ends, the kernel lets go whatever is still attached
 * (exit_ptrace() in kernel/ptrace.c), as at a SIGKILL.
 *
 * It can get stuck in one place. PTRACE_SEIZE waits while another thread of the
 * target executes a program; and that one waits for all other threads to be
 * gone, also for those that we hold (ptrace(2), cred_guard_mutex): for ever. Who
 * waits that long is called off, and with its end all go on.
 */
#ifndef SCRAPE_SESSION_STOP_THREAD_H
#define SCRAPE_SESSION_STOP_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stop_thread {
	/* When the PTRACE_SEIZE that is being made was begun; or 0. */
	_Atomic uint64_t seizing_ns;
};

enum stop_thread_end {
	STOP_THREAD_DONE,
	STOP_THREAD_CALLED_OFF, /* inside stop_thread_interrupt() */
	STOP_THREAD_NONE,	/* it could not be started: no memory */
};

/* Runs fn(ctx) in a new thread and waits for its end. */
enum stop_thread_end stop_thread_run(
    struct stop_thread *t, void (*fn)(void *ctx), void *ctx);
/*
 * stopper_interrupt(), for that thread alone: the one place where it may be
 * called off. The caller has nothing half done there, nor anything to free.
 */
int stop_thread_interrupt(struct stop_thread *t, pid_t tid);

#endif
