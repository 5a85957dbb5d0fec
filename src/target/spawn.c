/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/spawn.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: become the command, or say why not and end. */
static void
become(char *const argv[], const sigset_t *mask, int report_fd)
{
	int error;

	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execvp(argv[0], argv);
	error = errno;
	(void)!write(report_fd, &error, sizeof(error));
	_exit(127);
}

static int
explain_exec(const char *name, int error, struct err *err)
{
	enum err_kind kind =
	    error == ENOENT ? ERR_NOT_FOUND : ERR_CANNOT_EXEC;

	return err_set(err, kind, "cannot run '%s': %s", name, strerror(error));
}

int
spawn(char *const argv[], const sigset_t *mask, pid_t *ret_pid, struct err *err)
{
	_cleanup_close_ int read_fd = -1, write_fd = -1;
	int pipe_fds[2], error = 0;
	pid_t pid;
	ssize_t n;

	/* A successful exec closes the pipe; a failed one writes its errno. */
	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return err_set(
		    err, ERR_RUNTIME, "pipe: %s", strerror(errno));
	read_fd = pipe_fds[0];
	write_fd = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		return err_set(
		    err, ERR_RUNTIME, "fork: %s", strerror(errno));
	if (pid == 0)
		become(argv, mask, write_fd);
	(void)close(steal_fd(&write_fd));
	do
		n = read(read_fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		*ret_pid = pid;
		return 0;
	}
	(void)waitpid(pid, NULL, 0);
	return explain_exec(argv[0], error, err);
}
