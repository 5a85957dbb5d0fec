/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * task.h - one thread of a target, as /proc shows it
 */
#ifndef SCRAPE_TARGET_TASK_H
#define SCRAPE_TARGET_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct target;

struct task {
	pid_t tid;
	/*
	 * /proc/PID/task/TID/schedstat kept open, so that a look is one
	 * pread(2); or .../stat where the kernel has no schedstat (then
	 * no_schedstat); or -1 when descriptors run short, and then every look
	 * opens it anew.
	 */
	int fd;
	bool no_schedstat;
	/* At the last look. Only ever grow: see task_look(). */
	uint64_t run_ns;    /* time on a CPU */
	uint64_t waited_ns; /* time spent waiting for one; 0 without schedstat */
	uint64_t slices;    /* times put on a CPU; 0 without schedstat */
	uint64_t look_ns; /* when that was */
	int cpu; /* where task_look_running() found it; -1: not yet */
};

/* All thread ids now, free() them; NULL when the process is gone. */
pid_t *task_list(const struct target *t, size_t *ret_n);
/*
 * Changes when a thread comes or goes: the link count of /proc/PID/task, which
 * costs a microsecond where a directory scan costs one per thread. One that
 * comes as another goes is not seen here.
 */
uint64_t task_count_hint(const struct target *t);

/*
 * Whether this kernel keeps schedstat: CONFIG_SCHED_INFO, and not switched off
 * (then the files read "0 0 0").
 */
bool task_schedstat_works(void);

/* False when the thread is gone. Looks once. */
bool task_open(const struct target *t, pid_t tid, bool no_schedstat,
    struct task *ret);
void task_close(struct task *task);
/*
 * Brings run_ns and slices up to date; false when the thread is gone. Its id may
 * live on: when another thread executes a program it becomes the main thread,
 * and has its own times. Where descriptors run short all stays as it was.
 */
bool task_look(const struct target *t, struct task *task);
/* As in /proc/PID/task/TID/stat: 'R', 'S', 'D', 'T', ...; '?': it is gone. */
char task_state(const struct target *t, pid_t tid);
/* Whether it is on a CPU, or waiting for one: state R. */
bool task_is_running(const struct target *t, pid_t tid);
/* The same, and notes where. */
bool task_look_running(const struct target *t, struct task *task);
/*
 * How often it has been taken off a CPU: moves whenever it runs, also on
 * kernels without schedstat. Dearer than a look.
 */
bool task_switches(const struct target *t, pid_t tid, uint64_t *ret);
/* How long the calling thread has waited for a CPU so far; 0: nobody counts. */
uint64_t task_own_wait_ns(void);
/* Whether another process traces it, so that a stop is refused. */
bool task_is_traced(const struct target *t, pid_t tid);
/* Its name, raw; "" when it is gone. */
void task_comm(const struct target *t, pid_t tid, char *buf, size_t size);

#endif
