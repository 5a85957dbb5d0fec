/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts_probe.c - what only the kernel itself can answer
 *
 * A seccomp filter cannot be read from outside, and the kernel's own verdict
 * outweighs whatever the files make us expect.
 */
#include "config.h"

#include "base/cleanup.h"
#include "target/facts.h"
#include "target/target.h"
#include "target/task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * PTRACE_SEIZE looks at its arguments before it looks at the process: an
 * address is EIO. Any other answer is a filter's, for that is asked first.
 */
static int
probe_ptrace(void)
{
	void *no_such_argument = (void *)1;

	if (ptrace(PTRACE_SEIZE, getpid(), no_such_argument, NULL) == 0 ||
	    errno == EIO)
		return 0;
	return errno;
}

/* Nothing is mapped at 0: EFAULT is said by a kernel that would have read. */
static int
probe_vm_readv(pid_t tid)
{
	char byte;
	struct iovec local = {.iov_base = &byte, .iov_len = 1};
	struct iovec remote = {.iov_base = NULL, .iov_len = 1};

	if (process_vm_readv(tid, &local, 1, &remote, 1, 0) >= 0 ||
	    errno == EFAULT)
		return 0;
	return errno;
}

void
facts_probe_own(struct facts *f)
{
	f->probes.ptrace = probe_ptrace();
	f->probes.vm_readv = probe_vm_readv(getpid());
}

/* Opening asks for PTRACE_MODE_ATTACH, the same right as a stop. */
static int
probe_mem_file(int proc_fd, pid_t tid)
{
	_cleanup_close_ int fd = -1;
	char path[32];

	(void)snprintf(path, sizeof(path), "task/%d/mem", tid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? 0 : errno;
}

/* By any thread: one that has ended has no memory to show. */
void
facts_probe_read(int proc_fd, struct facts *f)
{
	const struct target t = {.proc_fd = proc_fd};
	size_t n = 0;
	_cleanup_free_ pid_t *tids = task_list(&t, &n);

	f->probes.read = ESRCH;
	for (size_t i = 0; i < n && f->probes.read == ESRCH; i++)
		f->probes.read = f->probes.vm_readv == 0
				     ? probe_vm_readv(tids[i])
				     : probe_mem_file(proc_fd, tids[i]);
}

/* The first that lives; the main one may have ended before the others. */
static pid_t
living_thread(int proc_fd, const struct facts *f)
{
	const struct target t = {.proc_fd = proc_fd};
	size_t n = 0;
	_cleanup_free_ pid_t *tids = task_list(&t, &n);

	for (size_t i = 0; i < n; i++) {
		char path[32], text[1024];
		struct proc_stat st;

		(void)snprintf(path, sizeof(path), "task/%d/stat", tids[i]);
		if (proc_file_read_into(proc_fd, path, text, sizeof(text)) &&
		    proc_stat_parse(text, &st) && st.state != 'Z' &&
		    st.state != 'X')
			return tids[i];
	}
	return f->pid;
}

/*
 * A tracer that ends lets go of what it has seized, which therefore never
 * stops. Yama's leave to a parent goes to its other children, too.
 */
void
facts_probe_seize(int proc_fd, struct facts *f)
{
	pid_t tid = living_thread(proc_fd, f);
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0 ? 0 : errno);
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		return;
	f->probes.seize = WEXITSTATUS(status);
}

/* As good as any process: it does nothing, and ends with us at the latest. */
static pid_t
start_child(void)
{
	pid_t parent = getpid(), child = fork();

	if (child != 0)
		return child;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		(void)pause();
	_exit(0);
}

void
facts_probe_child(struct facts *f)
{
	pid_t child = start_child();
	bool is_seized;
	int status;

	if (child < 0)
		return;
	f->probes.read = probe_vm_readv(child);
	is_seized = ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0;
	f->probes.seize = is_seized ? 0 : errno;
	(void)kill(child, SIGKILL);
	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status))
		continue;
}
