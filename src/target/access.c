/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/access.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "target/proc_file.h"
#include "target/target.h"
#include "target/task.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */
#define CAP_PTRACE 19	      /* CAP_SYS_PTRACE, include/uapi/linux/capability.h */
#define COMM_SIZE  64

/* What is asked about, read once. */
struct suspect {
	pid_t pid;
	int proc_fd;
	char comm[COMM_SIZE];
	char *status;
	struct proc_stat stat;
};

static void
read_comm(pid_t pid, char buf[COMM_SIZE])
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!proc_file_read_into(AT_FDCWD, path, buf, COMM_SIZE))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

/* A user's name, or "uid N"; to free(). */
static char *
user_name(uint64_t uid)
{
	const struct passwd *pw = getpwuid((uid_t)uid);

	return pw != NULL ? xstrdup(pw->pw_name)
			  : xasprintf("uid %u", (unsigned)uid);
}

static int
refuse(const struct suspect *s, enum err_kind kind, const char *what,
    struct err *err)
{
	return err_set(err, kind, "PID %d (%s): %s", s->pid, s->comm, what);
}

int
access_no_process(pid_t pid, struct err *err)
{
	return err_set(err, ERR_NO_PROCESS, "PID %d: no such process", pid);
}

static int
explain_hidden(pid_t pid, struct err *err)
{
	if (kill(pid, 0) != 0 && errno == ESRCH)
		return access_no_process(pid, err);
	(void)err_set(err, ERR_NOT_PERMITTED,
	    "PID %d: it exists, but /proc/%d cannot be opened", pid, pid);
	err_why(err, "/proc is mounted with hidepid, or is that of another "
		     "PID namespace");
	err_try(err, "sudo, or inside a container the PID that the container "
		     "itself shows");
	return -ERR_NOT_PERMITTED;
}

/* A main thread may have ended while others run on: that is no zombie yet. */
static bool
is_zombie(const struct suspect *s)
{
	uint64_t threads = 1;

	(void)proc_status_field(s->status, "Threads", &threads);
	return (s->stat.state == 'Z' || s->stat.state == 'X') && threads <= 1;
}

/* Kinds of task that have no user stack to read, whoever asks. */
static int
explain_kind(const struct suspect *s, struct err *err)
{
	char parent[COMM_SIZE];
	int r;

	if ((s->stat.flags & PF_KTHREAD) != 0) {
		r = refuse(s, ERR_UNSUPPORTED, "it is a kernel thread", err);
		err_why(err, "it has no user stack");
		err_try(err, "perf top, or cat /proc/%d/stack", s->pid);
		return r;
	}
	if (is_zombie(s)) {
		read_comm(s->stat.ppid, parent);
		r = refuse(s, ERR_UNSUPPORTED, "it is a zombie", err);
		err_why(err,
		    "it has exited and waits for its parent, PID %d (%s)",
		    s->stat.ppid, parent);
		return r;
	}
	return 0;
}

static int
explain_bitness(const struct suspect *s, struct err *err)
{
	_cleanup_close_ int fd = openat(s->proc_fd, "exe", O_RDONLY | O_CLOEXEC);
	unsigned char ident[20];
	int r;

	if (fd < 0 || pread(fd, ident, sizeof(ident), 0) != sizeof(ident) ||
	    memcmp(ident, ELFMAG, SELFMAG) != 0)
		return 0;
	if (ident[EI_CLASS] == ELFCLASS64 && ident[EI_DATA] == ELFDATA2LSB &&
	    (ident[18] | ident[19] << 8) == EM_X86_64)
		return 0;
	r = refuse(s, ERR_UNSUPPORTED, "its program is not for x86-64", err);
	err_why(err, "this build of scrape reads 64-bit x86 processes only");
	return r;
}

/*
 * Another scrape, or a py-spy, is attached for microseconds only: what is still
 * there after a few looks stays.
 */
#define TRACER_LOOKS	5
#define TRACER_LOOK_US 3000

static uint64_t
lasting_tracer(const struct suspect *s)
{
	uint64_t tracer = 0;

	for (int i = 0; i < TRACER_LOOKS; i++) {
		_cleanup_free_ char *status = NULL;

		if (i > 0)
			(void)usleep(TRACER_LOOK_US);
		status = proc_file_read(s->proc_fd, "status", NULL);
		if (status == NULL ||
		    !proc_status_field(status, "TracerPid", &tracer) ||
		    tracer == 0 || tracer == (uint64_t)getpid())
			return 0;
	}
	return tracer;
}

static int
explain_tracer(const struct suspect *s, struct err *err)
{
	uint64_t tracer = lasting_tracer(s);
	char comm[COMM_SIZE];
	int r;

	if (tracer == 0)
		return 0;
	read_comm((pid_t)tracer, comm);
	r = refuse(s, ERR_NOT_PERMITTED, "it is traced already", err);
	err_why(err, "PID %d (%s) traces it, and a process has one tracer",
	    (int)tracer, comm);
	err_try(err, "detach or end %s, then again", comm);
	return r;
}

/*
 * 0 to 3 as Documentation/admin-guide/LSM/Yama.rst has them; 0 also where the
 * kernel has no Yama.
 */
static int
yama_scope(void)
{
	char text[16];

	if (!proc_file_read_into(AT_FDCWD,
		"/proc/sys/kernel/yama/ptrace_scope", text, sizeof(text)))
		return 0;
	return text[0] >= '0' && text[0] <= '3' ? text[0] - '0' : 0;
}

static bool
have_ptrace_capability(void)
{
	_cleanup_free_ char *status =
	    proc_file_read(AT_FDCWD, "/proc/self/status", NULL);
	const char *line = status != NULL ? strstr(status, "CapEff:") : NULL;

	return line != NULL &&
	       (strtoull(line + strlen("CapEff:"), NULL, 16) >> CAP_PTRACE & 1);
}

static void
explain_yama(const struct suspect *s, int scope, struct err *err)
{
	if (scope == 3) {
		err_why(err, "kernel.yama.ptrace_scope is 3: nobody may trace "
			     "until the next boot");
		return;
	}
	err_why(err, "kernel.yama.ptrace_scope is %d: %s", scope,
	    scope == 1 ? "only a parent may trace a process"
		       : "only CAP_SYS_PTRACE may trace");
	if (scope == 1)
		err_try(err,
		    "sudo scrape record -p %d, or start it by scrape: scrape "
		    "record -- COMMAND",
		    s->pid);
	else
		err_try(err, "sudo scrape record -p %d", s->pid);
}

/* The causes in the order of __ptrace_may_access() in kernel/ptrace.c. */
static int
explain_refusal(const struct suspect *s, struct err *err)
{
	_cleanup_free_ char *owner = NULL, *us = NULL;
	uint64_t uid = geteuid();
	struct stat st;
	int r = refuse(s, ERR_NOT_PERMITTED, strerror(EPERM), err);

	(void)proc_status_field(s->status, "Uid", &uid);
	if (have_ptrace_capability()) {
		err_why(err, "CAP_SYS_PTRACE is there, so a security module "
			     "or another user namespace refuses");
		err_try(err, "scrape on the host, outside the container");
	} else if (uid != geteuid()) {
		owner = user_name(uid);
		us = user_name(geteuid());
		err_why(err, "it belongs to %s, and scrape runs as %s", owner,
		    us);
		err_try(err, "sudo scrape record -p %d", s->pid);
	} else if (fstatat(s->proc_fd, "maps", &st, 0) == 0 &&
		   st.st_uid != geteuid()) {
		err_why(err, "it is not dumpable: it changed credentials, or "
			     "asked for that by prctl(PR_SET_DUMPABLE)");
		err_try(err, "sudo scrape record -p %d", s->pid);
	} else if (yama_scope() != 0) {
		explain_yama(s, yama_scope(), err);
	} else {
		err_why(err, "a seccomp filter or a security module refuses, "
			     "or it has capabilities that scrape lacks");
		err_try(err, "in a container, start it with "
			     "--cap-add=SYS_PTRACE; else sudo");
	}
	return r;
}

/* Opening asks for PTRACE_MODE_ATTACH, the same right as a stop. */
static bool
may_open(int proc_fd, const char *path)
{
	_cleanup_close_ int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

/* By any thread: one that has ended has no memory to show. */
static bool
may_read_memory(const struct suspect *s)
{
	const struct target t = {.proc_fd = s->proc_fd};
	_cleanup_free_ pid_t *tids = NULL;
	size_t n = 0;

	if (s->stat.state != 'Z')
		return may_open(s->proc_fd, "mem");
	tids = task_list(&t, &n);
	for (size_t i = 0; i < n; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "task/%d/mem", tids[i]);
		if (may_open(s->proc_fd, path))
			return true;
	}
	return false;
}

static int
explain(const struct suspect *s, struct err *err)
{
	int r = explain_kind(s, err);

	if (r == 0)
		r = explain_tracer(s, err);
	if (r == 0 && !may_read_memory(s))
		r = explain_refusal(s, err);
	if (r == 0)
		r = explain_bitness(s, err);
	return r;
}

int
access_explain(pid_t pid, int proc_fd, struct err *err)
{
	struct suspect s = {.pid = pid, .proc_fd = proc_fd};
	char stat_text[1024];
	int r;

	if (pid == getpid()) {
		(void)err_set(err, ERR_USAGE, "PID %d: it is scrape itself", pid);
		err_why(err, "a process cannot stop itself and go on");
		return -ERR_USAGE;
	}
	if (proc_fd < 0)
		return explain_hidden(pid, err);
	read_comm(pid, s.comm);
	s.status = proc_file_read(proc_fd, "status", NULL);
	if (s.status == NULL ||
	    !proc_file_read_into(
		proc_fd, "stat", stat_text, sizeof(stat_text)) ||
	    !proc_stat_parse(stat_text, &s.stat))
		r = access_no_process(pid, err);
	else
		r = explain(&s, err);
	free(s.status);
	return r;
}
