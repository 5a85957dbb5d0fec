/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/task.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "target/proc_file.h"
#include "target/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

pid_t *
task_list(const struct target *t, size_t *ret_n)
{
	int fd = openat(t->proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	pid_t *tids = NULL;
	size_t n = 0, cap = 0;
	const struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		GROW(tids, n, cap);
		tids[n++] = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	(void)closedir(dir);
	*ret_n = n;
	return tids;
}

uint64_t
task_count_hint(const struct target *t)
{
	struct stat st;

	return fstatat(t->proc_fd, "task", &st, 0) == 0 ? st.st_nlink : 0;
}

static int
open_task_file(const struct target *t, pid_t tid, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%d/%s", tid, name);
	return openat(t->proc_fd, path, O_RDONLY | O_CLOEXEC);
}

bool
task_schedstat_works(void)
{
	uint64_t run_ns, waited_ns, slices;
	char text[128];

	return proc_file_read_into(
		   AT_FDCWD, "/proc/self/schedstat", text, sizeof(text)) &&
	       sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &run_ns,
		   &waited_ns, &slices) == 3 &&
	       (run_ns != 0 || slices != 0);
}

uint64_t
task_own_wait_ns(void)
{
	uint64_t run_ns, waited_ns;
	char text[128];

	if (!proc_file_read_into(AT_FDCWD, "/proc/thread-self/schedstat", text,
		sizeof(text)) ||
	    sscanf(text, "%" SCNu64 " %" SCNu64, &run_ns, &waited_ns) != 2)
		return 0;
	return waited_ns;
}

static const char *
look_file(const struct task *task)
{
	return task->no_schedstat ? "stat" : "schedstat";
}

/* Descriptors left for modules, the output and the loop itself. */
#define FDS_KEPT_FREE 256

static bool
fd_is_affordable(int fd)
{
	struct rlimit rl;

	return getrlimit(RLIMIT_NOFILE, &rl) == 0 &&
	       ((rlim_t)fd + FDS_KEPT_FREE < rl.rlim_cur || fd < 64);
}

/* How coarsely a time is counted where there is no schedstat, twice. */
#define SLACK_NS 20000000ull

/*
 * What only ever grows has fallen, or has grown by more than the time that went
 * by: it is another thread that has the id now.
 */
static bool
may_be_same(const struct task *task, uint64_t now, uint64_t run_ns,
    uint64_t waited_ns, uint64_t slices)
{
	return run_ns >= task->run_ns && waited_ns >= task->waited_ns &&
	       slices >= task->slices &&
	       (task->look_ns == 0 || run_ns - task->run_ns <=
					  now - task->look_ns + SLACK_NS);
}

static bool
parse_look(struct task *task, const char *text)
{
	uint64_t run_ns, waited_ns = 0, slices = 0, now = now_ns();
	struct proc_stat st;

	if (task->no_schedstat) {
		if (!proc_stat_parse(text, &st))
			return false;
		run_ns = (st.utime + st.stime) *
			 (NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
	} else if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &run_ns,
		       &waited_ns, &slices) != 3) {
		/* Documentation/scheduler/sched-stats.rst, the three fields */
		return false;
	}
	if (!may_be_same(task, now, run_ns, waited_ns, slices))
		return false;
	task->look_ns = now;
	task->run_ns = run_ns;
	task->waited_ns = waited_ns;
	task->slices = slices;
	return true;
}

enum look { LOOK_DONE, LOOK_GONE, LOOK_FAILED };

/* What went wrong, by errno: that of one that is gone, or of us. */
static enum look
failed_look(void)
{
	return errno == ENOENT || errno == ESRCH ? LOOK_GONE : LOOK_FAILED;
}

static enum look
look(const struct target *t, struct task *task)
{
	char text[1024];
	ssize_t n;
	int fd = task->fd;

	if (fd < 0)
		fd = open_task_file(t, task->tid, look_file(task));
	if (fd < 0)
		return failed_look();
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (fd != task->fd)
		cleanup_close(&fd);
	if (n < 0)
		return failed_look();
	text[n] = '\0';
	return parse_look(task, text) ? LOOK_DONE : LOOK_GONE;
}

bool
task_open(const struct target *t, pid_t tid, bool no_schedstat,
    struct task *ret)
{
	*ret = (struct task){
	    .tid = tid, .no_schedstat = no_schedstat, .cpu = -1};
	ret->fd = open_task_file(t, tid, look_file(ret));
	if (ret->fd >= 0 && !fd_is_affordable(ret->fd))
		task_close(ret);
	if (look(t, ret) == LOOK_DONE)
		return true;
	task_close(ret);
	return false;
}

void
task_close(struct task *task)
{
	if (task->fd >= 0)
		(void)close(task->fd);
	task->fd = -1;
}

bool
task_look(const struct target *t, struct task *task)
{
	return look(t, task) != LOOK_GONE;
}

static bool
read_stat(const struct target *t, pid_t tid, struct proc_stat *ret)
{
	char path[64], text[1024];

	(void)snprintf(path, sizeof(path), "task/%d/stat", tid);
	return proc_file_read_into(t->proc_fd, path, text, sizeof(text)) &&
	       proc_stat_parse(text, ret);
}

char
task_state(const struct target *t, pid_t tid)
{
	struct proc_stat st;

	return read_stat(t, tid, &st) ? st.state : '?';
}

bool
task_is_running(const struct target *t, pid_t tid)
{
	return task_state(t, tid) == 'R';
}

bool
task_look_running(const struct target *t, struct task *task)
{
	struct proc_stat st;

	if (!read_stat(t, task->tid, &st))
		return false;
	task->cpu = st.cpu;
	return st.state == 'R';
}

static bool
read_status(const struct target *t, pid_t tid, char *text, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%d/status", tid);
	return proc_file_read_into(t->proc_fd, path, text, size);
}

bool
task_switches(const struct target *t, pid_t tid, uint64_t *ret)
{
	uint64_t voluntary, forced;
	char text[4096];

	if (!read_status(t, tid, text, sizeof(text)) ||
	    !proc_status_field(text, "voluntary_ctxt_switches", &voluntary) ||
	    !proc_status_field(text, "nonvoluntary_ctxt_switches", &forced))
		return false;
	*ret = voluntary + forced;
	return true;
}

bool
task_is_traced(const struct target *t, pid_t tid)
{
	char text[4096];
	uint64_t tracer;

	return read_status(t, tid, text, sizeof(text)) &&
	       proc_status_field(text, "TracerPid", &tracer) && tracer != 0;
}

void
task_comm(const struct target *t, pid_t tid, char *buf, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "task/%d/comm", tid);
	if (!proc_file_read_into(t->proc_fd, path, buf, size))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}
