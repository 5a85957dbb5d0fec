/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target.h - the process that is looked at, and the right to look
 *
 * A process is named by its pid only once, when it is opened. From then on it
 * is a pidfd and an open /proc/PID, which both stay bound to this process and
 * go dead with it: a pid that is used again is never mistaken for it.
 */
#ifndef SCRAPE_TARGET_TARGET_H
#define SCRAPE_TARGET_TARGET_H

#include "base/err.h"
#include "core/mapping.h"
#include "target/remote_mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct access_tracer;

#define TARGET_COMM_SIZE 64 /* the kernel's 16, and what may come */

struct target {
	pid_t pid;
	pid_t asked_tid; /* the thread id given instead of pid, or 0 */
	int pidfd;	 /* readable when the process has ended */
	int proc_fd;	 /* /proc/PID */
	/*
	 * Where the memory is looked at: proc_fd, or, when the main thread has
	 * ended and took its view of the memory along, the /proc/PID/task/TID
	 * of another one.
	 */
	int mm_fd;
	char comm[TARGET_COMM_SIZE];
	struct remote_mem mem;
};

/*
 * Fails with the one cause found: no such process, zombie, kernel thread, our
 * own pid, not permitted and why. Stops nothing.
 */
int target_open(pid_t pid, struct target *ret, struct err *err);
/*
 * The same, and which other process traces it (pid 0: none). Such a target
 * cannot be stopped, but it can be read.
 */
int target_open_traced(pid_t pid, struct target *ret,
    struct access_tracer *ret_tracer, struct err *err);
void target_close(struct target *t);
/* After an exec: its name, and the memory that it has now. */
void target_refresh(struct target *t);

/* SIGSTOP or ^Z holds it: it uses no CPU time until a SIGCONT. */
bool target_is_job_stopped(const struct target *t);

bool target_has_exited(const struct target *t);
/* Also of one that has exited, until it is waited for: then its number is free. */
bool target_is_there(const struct target *t);
/* CPU time of all its threads, also of those that ended; false: it is gone. */
bool target_cpu_ns(const struct target *t, uint64_t *ret);
/* From /proc/PID/stat, in 10 ms units. */
struct cpu_split {
	uint64_t user_ns, system_ns; /* the only split there is */
	uint64_t children_ns; /* of children that have ended, and theirs */
};
bool target_cpu_split(const struct target *t, struct cpu_split *ret);
/* Its parent now, which changes when that ends; 0: it is gone. */
pid_t target_parent(const struct target *t);
/*
 * False when they cannot be read: the process is gone. Finds another thread to
 * look at the memory through, should the one before have ended.
 */
bool target_read_maps(struct target *t, struct mappings *ret);
/* The path of the executable as the target sees it, free() it; or NULL. */
char *target_exe(const struct target *t);
/* /proc/PID/auxv into buf; how many bytes, 0: none. */
size_t target_auxv(const struct target *t, void *buf, size_t size);
/*
 * The target's root directory, to look for files in; -1 when it is ours too, or
 * may not be looked at.
 */
int target_open_root(const struct target *t);
/*
 * Opens the file behind a mapping: by /proc/PID/map_files, which is the very
 * file even when it is deleted, but which only root may follow; else by its
 * name under /proc/PID/root, or under our own root, if device and inode are
 * still the same; else, for the executable, by /proc/PID/exe. Returns the
 * descriptor or -1.
 */
int target_open_mapped(const struct target *t, const struct mapping *m);

#endif
