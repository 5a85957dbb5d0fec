/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/held_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In memory where no directory takes a file without a name. */
static int
open_nameless(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir != NULL && dir[0] != '\0' ? dir : "/tmp",
	    O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : memfd_create("scrape-output", MFD_CLOEXEC);
}

int
held_output_open(struct held_output *h, struct err *err)
{
	int fd = open_nameless();

	*h = (struct held_output){.stdio = {-1, -1, -1}};
	if (fd < 0)
		return err_set(err, ERR_RUNTIME,
		    "no file for the command's output: %s", strerror(errno));
	for (int i = 0; i < 3; i++)
		if (isatty(i))
			h->stdio[i] = i == STDIN_FILENO
					  ? open("/dev/null", O_RDONLY | O_CLOEXEC)
					  : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	(void)close(fd);
	return 0;
}

void
held_output_to_stderr(struct held_output *h)
{
	*h = (struct held_output){.stdio = {-1, -1, -1}};
	h->stdio[STDOUT_FILENO] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

void
held_output_close(struct held_output *h)
{
	for (int i = 0; i < 3; i++)
		if (h->stdio[i] >= 0)
			(void)close(h->stdio[i]);
}

void
held_output_show(struct held_output *h)
{
	int fd = h->stdio[STDERR_FILENO] >= 0 ? h->stdio[STDERR_FILENO]
					      : h->stdio[STDOUT_FILENO];
	int to = h->stdio[STDOUT_FILENO] >= 0 ? STDOUT_FILENO : STDERR_FILENO;
	char buf[16384];
	ssize_t n;

	while (fd >= 0 && (n = pread(fd, buf, sizeof(buf), h->shown)) > 0) {
		h->shown += n;
		if (write(to, buf, (size_t)n) != n)
			return;
	}
}
