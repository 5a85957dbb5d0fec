/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/held_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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

static int
duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

int
held_output_open(struct held_output *h, struct err *err)
{
	int file = open_nameless();

	*h = HELD_OUTPUT_NONE;
	if (file < 0)
		return err_set(err, ERR_RUNTIME,
		    "no file for the command's output: %s", strerror(errno));
	h->file = file;
	if (isatty(STDIN_FILENO))
		h->stdio[STDIN_FILENO] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (int fd = STDERR_FILENO; fd >= STDOUT_FILENO; fd--)
		if (isatty(fd)) {
			h->stdio[fd] = duplicate(file);
			h->to = fd;
		}
	return 0;
}

void
held_output_to_stderr(struct held_output *h)
{
	*h = HELD_OUTPUT_NONE;
	h->stdio[STDOUT_FILENO] = duplicate(STDERR_FILENO);
}

void
held_output_close(struct held_output *h)
{
	for (int i = 0; i < 3; i++)
		if (h->stdio[i] >= 0)
			(void)close(h->stdio[i]);
	if (h->file >= 0)
		(void)close(h->file);
}

/* False where nothing takes it any more. */
static bool
write_all(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, s, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		s += written;
		n -= (size_t)written;
	}
	return true;
}

void
held_output_show(struct held_output *h)
{
	char buf[16384];
	ssize_t n;

	while (h->file >= 0 && h->to >= 0 &&
	       (n = pread(h->file, buf, sizeof(buf), h->shown)) > 0) {
		h->shown += n;
		if (!write_all(h->to, buf, (size_t)n))
			return;
	}
}
