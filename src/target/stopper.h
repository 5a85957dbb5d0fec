/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stopper.h - stop a running thread, and let it go
 *
 *	         stopper_interrupt()            the kernel            stopper_release()
 *	free  ------------------------> asked ------------> stopped ---------------> free
 *	         SEIZE, INTERRUPT                                         DETACH
 *
 * PTRACE_SEIZE, never ATTACH: no SIGSTOP is involved, and if scrape dies at any
 * point of this drawing the kernel detaches the thread and it runs on
 * (research/peers.md 5). Between two samples nothing is attached at all.
 *
 * ptrace binds a tracee to the tracer's thread: all of this is called from one.
 */
#ifndef SCRAPE_TARGET_STOPPER_H
#define SCRAPE_TARGET_STOPPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum stop_kind {
	STOP_OURS,   /* our interrupt: nothing else was going on */
	STOP_SIGNAL, /* a signal is about to be delivered; release passes it on */
	STOP_GROUP,  /* job control had stopped it; release leaves it stopped */
	STOP_GONE,   /* it ended instead; nothing to release */
};

struct stop {
	pid_t tid;
	enum stop_kind kind;
	int signal;	 /* STOP_SIGNAL */
	int wait_status; /* STOP_GONE */
};

/* 0, or a negative errno: -ESRCH it is gone, -EPERM it is traced or forbidden. */
int stopper_interrupt(pid_t tid);
/*
 * Asks a thread once more that was asked before. False: we have no hold on it,
 * or no longer; an exec by another thread takes ours along (ptrace(2), "execve
 * under ptrace") and may lose the interrupt.
 */
bool stopper_ask_again(pid_t tid);
/* Whether tid, asked before, has stopped or ended; never waits. */
bool stopper_poll(pid_t tid, struct stop *ret);
/*
 * Whether some child or tracee has changed state since this was last asked, or
 * stopper_sleep() last ended; never waits. Who has stopped before is known to
 * stopper_poll() by then. SIGCHLD has to be blocked.
 */
bool stopper_heard(void);
/*
 * Sleeps until some child or tracee of this thread changes state, or until the
 * monotonic time deadline_ns. SIGCHLD has to be blocked.
 */
void stopper_sleep(uint64_t deadline_ns);
/*
 * Detaches: the thread goes on as if nothing had been. Not for STOP_GONE.
 * False: an exec or exit of its process has killed it in its stop. It is still
 * ours, and as long as nobody takes its end by stopper_poll(), that exec or exit
 * does not go on.
 */
bool stopper_release(const struct stop *stop);

#endif
