/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/facts.h"

#include "base/cleanup.h"
#include "target/target.h"
#include "target/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

/* The namespaces that a kernel starts with: include/linux/proc_ns.h. */
#define FIRST_USER_NS "user:[4026531837]"
#define FIRST_PID_NS  "pid:[4026531836]"

/* How far up a parent is looked for: no tree of processes is deeper. */
#define ANCESTORS_MAX 1024

bool
has_capability(uint64_t set, unsigned capability)
{
	return (set >> capability & 1) != 0;
}

/* One short line of a file, without its end; "" when it cannot be read. */
static bool
read_line(int dirfd, const char *path, char *buf, size_t size)
{
	if (!proc_file_read_into(dirfd, path, buf, size))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf[0] != '\0';
}

static bool
read_link(int dirfd, const char *path, char *buf, size_t size)
{
	ssize_t n = readlinkat(dirfd, path, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void
read_comm(int root_fd, pid_t pid, char buf[FACTS_NAME_SIZE])
{
	char path[32];

	(void)snprintf(path, sizeof(path), "proc/%d/comm", pid);
	(void)read_line(root_fd, path, buf, FACTS_NAME_SIZE);
}

/* ---- status ------------------------------------------------------------- */

static bool
parse_ids(const char *status, const char *key, uint32_t ret[3])
{
	const char *s = proc_status_value(status, key);

	return s != NULL && sscanf(s, "%" SCNu32 " %" SCNu32 " %" SCNu32,
				&ret[0], &ret[1], &ret[2]) == 3;
}

static bool
parse_set(const char *status, const char *key, uint64_t *ret)
{
	const char *s = proc_status_value(status, key);

	return s != NULL && sscanf(s, "%" SCNx64, ret) == 1;
}

bool
identity_parse(const char *status, struct identity *ret)
{
	uint64_t seccomp = 0; /* a kernel may be built without */

	(void)proc_status_field(status, "Seccomp", &seccomp);
	ret->seccomp = (int)seccomp;
	return parse_ids(status, "Uid", ret->uid) &&
	       parse_ids(status, "Gid", ret->gid) &&
	       parse_set(status, "CapPrm", &ret->cap_permitted) &&
	       parse_set(status, "CapEff", &ret->cap_effective) &&
	       parse_set(status, "CapBnd", &ret->cap_bounding);
}

/*
 * Another scrape, or a py-spy, is attached for microseconds only: what is still
 * there after a few looks stays.
 */
#define TRACER_LOOKS   5
#define TRACER_LOOK_US 3000

static void
find_tracer(int proc_fd, pid_t own_pid, struct suspect *ret)
{
	for (int i = 0; i < TRACER_LOOKS; i++) {
		_cleanup_free_ char *status = NULL;
		const char *state;
		uint64_t tracer = 0;

		if (i > 0)
			(void)usleep(TRACER_LOOK_US);
		status = proc_file_read(proc_fd, "status", NULL);
		if (status != NULL)
			(void)proc_status_field(status, "TracerPid", &tracer);
		state =
		    status != NULL ? proc_status_value(status, "State") : NULL;
		ret->tracer = tracer != (uint64_t)own_pid ? (pid_t)tracer : 0;
		/* One in a namespace that we do not see has no number here. */
		ret->has_hidden_tracer =
		    tracer == 0 && state != NULL && state[0] == 't';
		if (ret->tracer == 0 && !ret->has_hidden_tracer)
			return;
	}
}

/* 0, or the errno of what cannot be read. */
static int
read_suspect(int root_fd, int proc_fd, pid_t own_pid, struct suspect *ret)
{
	_cleanup_free_ char *status = proc_file_read(proc_fd, "status", NULL);
	uint64_t kthread = 0;
	char text[1024];

	if (status == NULL)
		return errno;
	if (!proc_file_read_into(proc_fd, "stat", text, sizeof(text)))
		return errno;
	if (!proc_stat_parse(text, &ret->stat) ||
	    !identity_parse(status, &ret->id))
		return ESRCH; /* read in the moment of its end */
	ret->threads = 1;
	(void)proc_status_field(status, "Threads", &ret->threads);
	/* Kthread is told by kernels since 6.8. */
	(void)proc_status_field(status, "Kthread", &kthread);
	ret->is_kernel_thread =
	    kthread != 0 || (ret->stat.flags & PF_KTHREAD) != 0;
	(void)read_line(proc_fd, "comm", ret->comm, sizeof(ret->comm));
	read_comm(root_fd, ret->stat.ppid, ret->parent_comm);
	find_tracer(proc_fd, own_pid, ret);
	if (ret->tracer != 0)
		read_comm(root_fd, ret->tracer, ret->tracer_comm);
	return 0;
}

/* ---- namespaces --------------------------------------------------------- */

/* The last mount on /proc is the one that is seen. */
static void
read_hidepid(int root_fd, char *ret, size_t size)
{
	_cleanup_free_ char *mounts =
	    proc_file_read(root_fd, "proc/self/mounts", NULL);
	char *save = NULL;

	ret[0] = '\0';
	if (mounts == NULL)
		return;
	for (char *line = strtok_r(mounts, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *option;

		if (strstr(line, " /proc proc ") == NULL)
			continue;
		option = strstr(line, "hidepid=");
		(void)snprintf(ret, size, "%.*s",
		    option != NULL ? (int)strcspn(option, ", ") : 0,
		    option != NULL ? option : "");
	}
}

static bool
have_same_text(int a_fd, const char *a, int b_fd, const char *b)
{
	_cleanup_free_ char *a_text = proc_file_read(a_fd, a, NULL);
	_cleanup_free_ char *b_text = proc_file_read(b_fd, b, NULL);

	return a_text == NULL || b_text == NULL || strcmp(a_text, b_text) == 0;
}

/*
 * The link needs the right that is in question here; the tables of ids can be
 * read by everybody, and those of another namespace look different from ours.
 */
static enum answer
is_in_our_user_ns(int root_fd, int proc_fd)
{
	char own[64], other[64];

	if (read_link(root_fd, "proc/self/ns/user", own, sizeof(own)) &&
	    read_link(proc_fd, "ns/user", other, sizeof(other)))
		return strcmp(own, other) == 0 ? ANSWER_YES : ANSWER_NO;
	if (!have_same_text(root_fd, "proc/self/uid_map", proc_fd, "uid_map") ||
	    !have_same_text(root_fd, "proc/self/gid_map", proc_fd, "gid_map"))
		return ANSWER_NO;
	return ANSWER_UNKNOWN;
}

static bool
is_last_ns_pid(const char *status, pid_t pid)
{
	const char *s = proc_status_value(status, "NSpid");
	pid_t last = 0;
	int n = 0;

	while (s != NULL && *s != '\0' && *s != '\n') {
		char *end;

		last = (pid_t)strtol(s, &end, 10);
		if (end == s)
			break;
		n++;
		s = end;
	}
	return n > 1 && last == pid;
}

void
facts_find_outer(int root_fd, struct facts *f)
{
	int fd = openat(root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	while (dir != NULL && f->outer_pid == 0 &&
	       (entry = readdir(dir)) != NULL) {
		_cleanup_free_ char *status = NULL;
		char path[300];

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		(void)snprintf(path, sizeof(path), "%s/status", entry->d_name);
		status = proc_file_read(fd, path, NULL);
		if (status == NULL || !is_last_ns_pid(status, f->pid))
			continue;
		f->outer_pid = (pid_t)strtol(entry->d_name, NULL, 10);
		read_comm(root_fd, f->outer_pid, f->outer_comm);
	}
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
}

/* ---- policies ----------------------------------------------------------- */

/* Documentation/admin-guide/LSM/Yama.rst */
static int
read_yama(int root_fd)
{
	char text[16];

	if (!read_line(root_fd, "proc/sys/kernel/yama/ptrace_scope", text,
		sizeof(text)))
		return -1;
	return text[0] >= '0' && text[0] <= '3' ? text[0] - '0' : -1;
}

static void
read_lsm(int root_fd, struct facts *f)
{
	char text[16];

	(void)read_line(
	    root_fd, "sys/kernel/security/lsm", f->lsm, sizeof(f->lsm));
	f->selinux_enforcing =
	    read_line(root_fd, "sys/fs/selinux/enforce", text, sizeof(text)) &&
	    text[0] == '1';
	f->selinux_deny_ptrace =
	    read_line(root_fd, "sys/fs/selinux/booleans/deny_ptrace", text,
		sizeof(text)) &&
	    text[0] == '1';
	(void)read_line(root_fd, "proc/self/attr/current", f->own_label,
	    sizeof(f->own_label));
}

static bool
exists(int root_fd, const char *path)
{
	struct stat st;

	return fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
mentions(const char *text, const char *word)
{
	return text != NULL && strstr(text, word) != NULL;
}

/* By the marks that each leaves; the cgroup's name only where it has one. */
static void
read_container(int root_fd, struct container *ret)
{
	_cleanup_free_ char *cgroup =
	    proc_file_read(root_fd, "proc/self/cgroup", NULL);

	ret->podman =
	    exists(root_fd, "run/.containerenv") || mentions(cgroup, "libpod");
	ret->docker =
	    exists(root_fd, ".dockerenv") || mentions(cgroup, "/docker");
	ret->kubernetes = exists(root_fd, "run/secrets/kubernetes.io") ||
			  exists(root_fd, "var/run/secrets/kubernetes.io") ||
			  mentions(cgroup, "kubepods");
	ret->other = mentions(cgroup, "/lxc") ||
		     mentions(cgroup, "/machine.slice/") ||
		     exists(root_fd, "run/systemd/container");
}

/* CONFIG_SCHED_INFO, and not switched off: then the files read "0 0 0". */
static bool
has_schedstat(int root_fd)
{
	char text[64];
	uint64_t run_ns, waited_ns, slices;

	return read_line(root_fd, "proc/self/schedstat", text, sizeof(text)) &&
	       sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &run_ns,
		   &waited_ns, &slices) == 3 &&
	       (run_ns != 0 || slices != 0);
}

/* ---- the target --------------------------------------------------------- */

static bool
is_descendant(int root_fd, pid_t pid, pid_t ancestor)
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		char path[32], text[1024];
		struct proc_stat st;

		(void)snprintf(path, sizeof(path), "proc/%d/stat", pid);
		if (!proc_file_read_into(root_fd, path, text, sizeof(text)) ||
		    !proc_stat_parse(text, &st))
			return false;
		if (st.ppid == ancestor)
			return true;
		pid = st.ppid;
	}
	return false;
}

static bool
read_elf_head(int proc_fd, const char *path, struct facts *f)
{
	_cleanup_close_ int fd =
	    openat(proc_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && pread(fd, f->elf_head, sizeof(f->elf_head), 0) ==
			      (ssize_t)sizeof(f->elf_head);
}

/* By any thread: a main thread that has ended shows no program. */
static void
read_program(int proc_fd, struct facts *f)
{
	const struct target t = {.proc_fd = proc_fd};
	_cleanup_free_ pid_t *tids = NULL;
	size_t n = 0;

	f->has_elf_head = read_elf_head(proc_fd, "exe", f);
	if (f->has_elf_head || f->suspect.threads <= 1)
		return;
	tids = task_list(&t, &n);
	for (size_t i = 0; i < n && !f->has_elf_head; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "task/%d/exe", tids[i]);
		f->has_elf_head = read_elf_head(proc_fd, path, f);
	}
}

static void
read_target(int root_fd, int proc_fd, struct facts *f)
{
	struct stat st;

	f->has_maps_owner = fstatat(proc_fd, "maps", &st, 0) == 0;
	if (f->has_maps_owner)
		f->maps_owner = st.st_uid;
	f->is_descendant = is_descendant(root_fd, f->pid, f->own_pid);
	f->same_user_ns = is_in_our_user_ns(root_fd, proc_fd);
	(void)read_line(proc_fd, "attr/current", f->label, sizeof(f->label));
	read_program(proc_fd, f);
}

static bool
is_first_user_ns(int root_fd)
{
	char link[64], map[64];
	unsigned inner, outer, count;

	if (read_link(root_fd, "proc/self/ns/user", link, sizeof(link)))
		return strcmp(link, FIRST_USER_NS) == 0;
	return !read_line(root_fd, "proc/self/uid_map", map, sizeof(map)) ||
	       (sscanf(map, "%u %u %u", &inner, &outer, &count) == 3 &&
		   inner == 0 && outer == 0 && count == UINT32_MAX);
}

void
facts_read_own(int root_fd, struct facts *ret)
{
	_cleanup_free_ char *status =
	    proc_file_read(root_fd, "proc/self/status", NULL);
	uint64_t pid = 0, tracer = 0;
	char link[64];

	ret->own_pid = getpid();
	if (status != NULL) {
		(void)identity_parse(status, &ret->own);
		(void)proc_status_field(status, "Pid", &pid);
		(void)proc_status_field(status, "TracerPid", &tracer);
	}
	ret->proc_self = (pid_t)pid;
	ret->own_tracer = (pid_t)tracer;
	read_hidepid(root_fd, ret->hidepid, sizeof(ret->hidepid));
	ret->in_own_pid_ns =
	    read_link(root_fd, "proc/self/ns/pid", link, sizeof(link)) &&
	    strcmp(link, FIRST_PID_NS) != 0;
	ret->in_first_user_ns = is_first_user_ns(root_fd);
	ret->yama = read_yama(root_fd);
	read_lsm(root_fd, ret);
	read_container(root_fd, &ret->container);
	ret->has_schedstat = has_schedstat(root_fd);
	ret->has_debug_dir = exists(root_fd, "usr/lib/debug/.build-id");
	ret->probes = (struct probes){
	    PROBE_NOT_MADE, PROBE_NOT_MADE, PROBE_NOT_MADE, PROBE_NOT_MADE};
}

void
facts_read(int root_fd, int proc_fd, pid_t pid, struct facts *ret)
{
	*ret = (struct facts){.pid = pid, .asked = pid};
	facts_read_own(root_fd, ret);
	ret->has_proc_dir = proc_fd >= 0;
	ret->status_errno = ENOENT;
	if (ret->has_proc_dir)
		ret->status_errno =
		    read_suspect(root_fd, proc_fd, ret->own_pid, &ret->suspect);
	if (ret->status_errno == 0)
		read_target(root_fd, proc_fd, ret);
}
