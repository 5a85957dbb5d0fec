/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/target.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "target/access.h"
#include "target/proc_file.h"
#include "target/proc_maps.h"
#include "target/task.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* CPUCLOCK_SCHED for the process pid: see clock_getcpuclockid(3). */
static clockid_t
process_clock(pid_t pid)
{
	return (clockid_t)((~(unsigned)pid << 3) | 2u);
}

/* The thread-group leader of pid, when pid is another thread; else pid. */
static pid_t
process_of(pid_t pid)
{
	_cleanup_close_ int fd = proc_open_dir(pid);

	return proc_process_of(fd, pid);
}

static void
close_view(struct target *t)
{
	if (t->mm_fd >= 0 && t->mm_fd != t->proc_fd)
		(void)close(t->mm_fd);
	if (t->mem.mem_fd >= 0)
		(void)close(t->mem.mem_fd);
	t->mm_fd = t->mem.mem_fd = -1;
}

/* From now on the memory is looked at through this thread; takes mm_fd over. */
static void
look_through(struct target *t, pid_t tid, int mm_fd)
{
	close_view(t);
	t->mm_fd = mm_fd;
	t->mem.pid = tid;
	t->mem.mem_fd = openat(mm_fd, "mem", O_RDONLY | O_CLOEXEC);
}

static void
read_comm(struct target *t)
{
	if (proc_file_read_into(t->proc_fd, "comm", t->comm, sizeof(t->comm)))
		t->comm[strcspn(t->comm, "\n")] = '\0';
}

static int
open_target(pid_t pid, struct access_tracer *ret_tracer, struct target *ret,
    struct err *err)
{
	struct target t = {.pid = process_of(pid), .pidfd = -1, .proc_fd = -1,
	    .mm_fd = -1, .mem.mem_fd = -1};
	int r;

	t.asked_tid = t.pid != pid ? pid : 0;
	t.pidfd = (int)syscall(SYS_pidfd_open, t.pid, 0);
	t.proc_fd = proc_open_dir(t.pid);
	/*
	 * The two were opened by number, one after the other; if the process
	 * lives now, by its pidfd, the number meant it both times.
	 */
	r = access_explain(t.pid, t.proc_fd, ret_tracer, err);
	if (r == 0 && (t.pidfd < 0 || target_has_exited(&t)))
		r = access_no_process(t.pid, err);
	if (r < 0) {
		target_close(&t);
		return r;
	}
	look_through(&t, t.pid, t.proc_fd);
	read_comm(&t);
	*ret = t;
	return 0;
}

int
target_open(pid_t pid, struct target *ret, struct err *err)
{
	return open_target(pid, NULL, ret, err);
}

int
target_open_traced(pid_t pid, struct target *ret,
    struct access_tracer *ret_tracer, struct err *err)
{
	return open_target(pid, ret_tracer, ret, err);
}

static bool
read_stat(const struct target *t, struct proc_stat *ret)
{
	char text[1024];

	return proc_file_read_into(t->proc_fd, "stat", text, sizeof(text)) &&
	       proc_stat_parse(text, ret);
}

bool
target_is_job_stopped(const struct target *t)
{
	struct proc_stat st;

	return read_stat(t, &st) && st.state == 'T';
}

pid_t
target_parent(const struct target *t)
{
	struct proc_stat st;

	return read_stat(t, &st) ? st.ppid : 0;
}

void
target_refresh(struct target *t)
{
	int mem_fd = openat(t->mm_fd, "mem", O_RDONLY | O_CLOEXEC);

	read_comm(t);
	if (mem_fd < 0)
		return;
	if (t->mem.mem_fd >= 0)
		(void)close(t->mem.mem_fd);
	t->mem.mem_fd = mem_fd;
}

void
target_close(struct target *t)
{
	close_view(t);
	if (t->pidfd >= 0)
		(void)close(t->pidfd);
	if (t->proc_fd >= 0)
		(void)close(t->proc_fd);
	t->pidfd = t->proc_fd = -1;
}

bool
target_has_exited(const struct target *t)
{
	struct pollfd p = {.fd = t->pidfd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

bool
target_is_there(const struct target *t)
{
	return faccessat(t->proc_fd, "stat", F_OK, 0) == 0;
}

bool
target_cpu_ns(const struct target *t, uint64_t *ret)
{
	struct timespec ts;

	if (clock_gettime(process_clock(t->pid), &ts) != 0)
		return false;
	*ret = timespec_ns(&ts);
	return true;
}

bool
target_cpu_split(const struct target *t, struct cpu_split *ret)
{
	uint64_t tick_ns = NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	struct proc_stat st;

	if (!read_stat(t, &st))
		return false;
	ret->user_ns = st.utime * tick_ns;
	ret->system_ns = st.stime * tick_ns;
	ret->children_ns = (st.cutime + st.cstime) * tick_ns;
	return true;
}

static bool
read_maps(int mm_fd, struct mappings *ret)
{
	size_t len;
	_cleanup_free_ char *text = proc_file_read(mm_fd, "maps", &len);

	if (text == NULL)
		return false;
	(void)proc_maps_parse(text, len, ret);
	return ret->n > 0;
}

/* The maps by any thread that still has some: one that has ended has none. */
static bool
read_maps_through_another(struct target *t, struct mappings *ret)
{
	size_t n = 0;
	_cleanup_free_ pid_t *tids = task_list(t, &n);

	for (size_t i = 0; i < n; i++) {
		char path[32];
		int fd;

		(void)snprintf(path, sizeof(path), "task/%d", tids[i]);
		fd = openat(t->proc_fd, path,
		    O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read_maps(fd, ret)) {
			look_through(t, tids[i], fd);
			return true;
		}
		(void)close(fd);
	}
	return false;
}

bool
target_read_maps(struct target *t, struct mappings *ret)
{
	return read_maps(t->mm_fd, ret) || read_maps_through_another(t, ret);
}

char *
target_exe(const struct target *t)
{
	static const char deleted[] = " (deleted)";
	char path[4096];
	ssize_t n = readlinkat(t->mm_fd, "exe", path, sizeof(path) - 1);
	size_t tail = sizeof(deleted) - 1;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	if ((size_t)n > tail && strcmp(path + n - tail, deleted) == 0)
		path[(size_t)n - tail] = '\0';
	return xstrdup(path);
}

size_t
target_auxv(const struct target *t, void *buf, size_t size)
{
	_cleanup_close_ int fd = openat(t->mm_fd, "auxv", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, size) : 0;

	return n > 0 ? (size_t)n : 0;
}

static bool
is_ours(const struct target *t, const char *name, const char *our_path)
{
	struct stat theirs, ours;

	return fstatat(t->mm_fd, name, &theirs, 0) == 0 &&
	       stat(our_path, &ours) == 0 && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

/* Another mount namespace has other files even below the very same root. */
int
target_open_root(const struct target *t)
{
	if (is_ours(t, "root", "/") &&
	    is_ours(t, "ns/mnt", "/proc/self/ns/mnt"))
		return -1;
	return openat(t->mm_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

#define COMPARED_BYTES 4096

/* Whether what is mapped is what stands in the file at that place. */
static bool
is_same_content(const struct target *t, int fd, const struct mapping *m)
{
	struct remote_mem rm = t->mem;
	uint8_t mapped[COMPARED_BYTES], file[COMPARED_BYTES];
	ssize_t n = pread(fd, file, sizeof(file), (off_t)m->off);

	return n > 0 &&
	       remote_mem_read_some(&rm, m->start, mapped, (size_t)n) ==
		   (size_t)n &&
	       memcmp(mapped, file, (size_t)n) == 0;
}

/*
 * Looks before it opens: what stands there may be a device, and do something
 * when it is opened.
 */
static int
open_regular(int dir_fd, const char *path, struct stat *st)
{
	_cleanup_close_ int fd = openat(dir_fd, path, O_PATH | O_CLOEXEC);
	char self[64];

	if (fd < 0 || fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		return -1;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/*
 * Opens path, seen from dir_fd, if it is the file that is mapped. An overlay's
 * files, and those of a btrfs subvolume, show another device in maps than stat
 * gives; there the inode and the first page of the code decide.
 */
static int
open_checked(
    const struct target *t, int dir_fd, const char *path, const struct mapping *m)
{
	struct stat st = {0};
	_cleanup_close_ int fd = open_regular(dir_fd, path, &st);
	bool same_device = major(st.st_dev) == m->dev_major &&
			   minor(st.st_dev) == m->dev_minor;

	if (fd < 0 || st.st_ino != m->ino ||
	    (!same_device && !is_same_content(t, fd, m)))
		return -1;
	return steal_fd(&fd);
}

/* Through this link the file is the mapped one: nothing to check. */
static int
open_map_file(const struct target *t, const struct mapping *m)
{
	struct stat st;
	char path[64];

	(void)snprintf(path, sizeof(path),
	    "map_files/%" PRIx64 "-%" PRIx64, m->start, m->end);
	return open_regular(t->mm_fd, path, &st);
}

/*
 * The kernel writes a name as it is seen from our root, where that leads to it,
 * so with the target's root before it where that is a chroot; else as from the
 * root of the mount namespace.
 */
static int
open_by_name(const struct target *t, const struct mapping *m)
{
	_cleanup_free_ char *rooted = NULL;
	int fd;

	if ((m->flags & MAPPING_DELETED) != 0 || m->name[0] != '/')
		return -1;
	rooted = xasprintf("root%s", m->name);
	fd = open_checked(t, t->mm_fd, rooted, m);
	return fd >= 0 ? fd : open_checked(t, AT_FDCWD, m->name, m);
}

int
target_open_mapped(const struct target *t, const struct mapping *m)
{
	int fd;

	if (m->ino == 0)
		return -1;
	fd = open_map_file(t, m);
	if (fd < 0)
		fd = open_by_name(t, m);
	return fd >= 0 ? fd : open_checked(t, t->mm_fd, "exe", m);
}
