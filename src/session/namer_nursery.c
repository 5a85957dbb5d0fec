/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/namer_nursery.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "session/namer.h"
#include "session/namer_child.h"
#include "session/namer_message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the nursery */

/* The only descriptor it has, beside the standard ones, which lead nowhere. */
#define NURSERY_FD 3

struct keeper {
	const struct namer_opts *opts;
	struct namer_page *page;
	pid_t child; /* 0: none. Not the page's, which a child can write to */
};

/*
 * What a terminal, a service manager or a user sends to a whole group is for
 * scrape to heed; handlers that scrape has installed know of its screen.
 */
static void
forget_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM,
	    SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No terminal, and nothing of a target that would be kept open. */
static void
forget_descriptors(int sock)
{
	int kept = fcntl(sock, F_DUPFD, NURSERY_FD);
	int null = open("/dev/null", O_RDWR);

	if (kept < 0 || dup2(kept, NURSERY_FD) < 0)
		_exit(1);
	for (int fd = 0; fd < NURSERY_FD; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			(void)close(fd);
	closefrom(NURSERY_FD + 1);
}

/*
 * The end of its socket tells it that scrape has ended; should it be stopped
 * then, as one of its process group, that has to wake it first. Not SIGKILL: it
 * would leave its child to a process 1 that may wait for none.
 */
static void
wake_with_end_of(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	if (getppid() != parent)
		_exit(1);
}

/* Goes with its parent, which may be dead already. */
static void
die_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

static uint64_t
rusage_cpu_ns(const struct rusage *ru)
{
	uint64_t s = (uint64_t)ru->ru_utime.tv_sec +
		     (uint64_t)ru->ru_stime.tv_sec;
	uint64_t us = (uint64_t)ru->ru_utime.tv_usec +
		      (uint64_t)ru->ru_stime.tv_usec;

	return s * NS_PER_SEC + us * 1000;
}

static void
end_child(struct keeper *k)
{
	struct rusage ru;
	pid_t got;

	if (k->child == 0)
		return;
	(void)kill(k->child, SIGKILL);
	atomic_store(&k->page->pid, 0);
	do
		got = wait4(k->child, NULL, 0, &ru);
	while (got < 0 && errno == EINTR);
	if (got == k->child)
		atomic_fetch_add(&k->page->ended_cpu_ns, rusage_cpu_ns(&ru));
	k->child = 0;
}

static void
begin_child(struct keeper *k, int sock)
{
	pid_t self = getpid(), pid;

	end_child(k);
	atomic_store(&k->page->at, NAMER_NOWHERE);
	atomic_store(&k->page->is_opening, false);
	pid = fork();
	if (pid == 0) {
		die_with(self);
		(void)close(NURSERY_FD);
		namer_child_run(sock, k->opts, k->page);
	}
	/* Where there is no child, the socket's end tells it. */
	if (pid < 0)
		return;
	k->child = pid;
	atomic_store(&k->page->pid, pid);
}

static _Noreturn void
keep(struct keeper *k)
{
	void *unused = xmalloc(NAMER_PACKET_MAX);
	struct namer_ask ask;
	size_t size;
	int fd;

	(void)prctl(PR_SET_NAME, "scrape-nursery");
	while (namer_receive_ask(
		   NURSERY_FD, 0, &ask, unused, &size, &fd) == 0) {
		if (fd >= 0) {
			begin_child(k, fd);
			(void)close(fd);
		} else {
			end_child(k);
		}
	}
	end_child(k);
	_exit(0);
}

/* ---- in scrape */

/* How long the end of scrape may wait for a nursery that does not end. */
#define CLOSE_MAX_MS 1000

static struct namer_page *
page_new(void)
{
	struct namer_page *page = mmap(NULL, sizeof(*page),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		die_no_memory();
	return page;
}

bool
nursery_open(struct nursery *n, const struct namer_opts *opts)
{
	struct keeper k = {.opts = opts, .page = page_new()};
	pid_t self = getpid();
	int pair[2] = {-1, -1};

	*n = (struct nursery){.page = k.page, .sock = -1, .pid = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0)
		n->pid = fork();
	if (n->pid == 0) {
		wake_with_end_of(self);
		forget_signals();
		forget_descriptors(pair[1]);
		keep(&k);
	}
	if (pair[1] >= 0)
		(void)close(pair[1]);
	n->sock = pair[0];
	if (n->pid > 0)
		return true;
	if (n->sock >= 0)
		(void)close(n->sock);
	(void)munmap(n->page, sizeof(*n->page));
	return false;
}

/* It buries its child first, unless that is stuck in the kernel. */
void
nursery_close(struct nursery *n)
{
	struct pollfd fd = {.fd = n->sock};

	(void)shutdown(n->sock, SHUT_WR);
	(void)poll(&fd, 1, CLOSE_MAX_MS);
	(void)kill(n->pid, SIGKILL);
	while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	(void)close(n->sock);
	(void)munmap(n->page, sizeof(*n->page));
}

/* A message to it is a descriptor, or none. */
static int
tell(struct nursery *n, int fd)
{
	const struct namer_ask unused = {0};

	return namer_send_ask(n->sock, MSG_DONTWAIT, &unused, NULL, 0, fd);
}

int
nursery_begin(struct nursery *n)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	r = tell(n, pair[1]);
	(void)close(pair[1]);
	if (r == 0)
		return pair[0];
	(void)close(pair[0]);
	return r;
}

void
nursery_end(struct nursery *n)
{
	(void)tell(n, -1);
}

static uint64_t
process_cpu_ns(pid_t pid)
{
	clockid_t clock;

	return pid > 0 && clock_getcpuclockid(pid, &clock) == 0
		   ? clock_ns(clock)
		   : 0;
}

uint64_t
nursery_cpu_ns(const struct nursery *n)
{
	return process_cpu_ns(n->pid) +
	       process_cpu_ns(atomic_load(&n->page->pid)) +
	       atomic_load(&n->page->ended_cpu_ns);
}
