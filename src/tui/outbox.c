/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/outbox.h"

#include "base/attr.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sent in one go. */
#define CHUNK 16384

/* --- the terminal */

static bool
is_same_terminal(int a, int b)
{
	unsigned device_a, device_b;

	return ioctl(a, TIOCGDEV, &device_a) == 0 &&
	    ioctl(b, TIOCGDEV, &device_b) == 0 && device_a == device_b;
}

/*
 * /dev/tty is everybody's, where the device itself may be another user's, after
 * a su. Where neither can be had, it is the caller's own descriptor, and what is
 * sent waits.
 */
static int
open_again(int terminal)
{
	char own[32];
	const char *const names[] = {own, "/dev/tty"};

	(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", terminal);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = open(
		    names[i], O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0 && is_same_terminal(fd, terminal))
			return fd;
		if (fd >= 0)
			(void)close(fd);
	}
	return fcntl(terminal, F_DUPFD_CLOEXEC, 0);
}

/* --- the box */

bool
outbox_open(struct outbox *b, int terminal)
{
	int fd = fcntl(terminal, F_DUPFD_CLOEXEC, 0);

	*b = (struct outbox){.box_fd = -1, .fd = -1};
	if (fd < 0)
		return false;
	b->stream = fdopen(fd, "w");
	if (b->stream == NULL) {
		(void)close(fd);
		return false;
	}
	b->box_fd = memfd_create("scrape-screen", MFD_CLOEXEC);
	b->fd = open_again(terminal);
	if (b->box_fd >= 0 && b->fd >= 0)
		return true;
	outbox_close(b);
	return false;
}

void
outbox_close(struct outbox *b)
{
	int kept = errno;

	if (b->stream != NULL)
		(void)fclose(b->stream);
	if (b->box_fd >= 0)
		(void)close(b->box_fd);
	if (b->fd >= 0)
		(void)close(b->fd);
	*b = (struct outbox){.box_fd = -1, .fd = -1};
	errno = kept;
}

void
outbox_keep(struct outbox *b)
{
	(void)fflush(b->stream);
	(void)dup3(b->box_fd, fileno(b->stream), O_CLOEXEC);
}

/* The writer's place in the file is its end. */
static size_t
in_box(const struct outbox *b)
{
	off_t end = lseek(b->box_fd, 0, SEEK_CUR);

	return end < 0 ? 0 : (size_t)end;
}

bool
outbox_is_empty(const struct outbox *b)
{
	return in_box(b) == b->sent;
}

void
outbox_drop(struct outbox *b)
{
	(void)lseek(b->box_fd, 0, SEEK_SET);
	(void)!ftruncate(b->box_fd, 0);
	b->sent = 0;
}

/* Without O_NONBLOCK a write waits; with it, this says what it would say. */
static bool
takes_some(const struct outbox *b, int timeout_ms)
{
	struct pollfd out = {.fd = b->fd, .events = POLLOUT};

	return poll(&out, 1, timeout_ms) > 0;
}

/* The bytes that were sent; 0: no more for now; -1: never again. */
static ssize_t
send_some(struct outbox *b)
{
	char chunk[CHUNK];
	ssize_t n =
	    pread(b->box_fd, chunk, sizeof(chunk), (off_t)b->sent), r;

	if (n <= 0)
		return -1;
	do
		r = write(b->fd, chunk, (size_t)n);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno != EAGAIN)
		return -1;
	return r < 0 ? 0 : r;
}

void
outbox_send(struct outbox *b)
{
	ssize_t n;

	if (outbox_is_empty(b))
		return;
	do {
		n = takes_some(b, 0) ? send_some(b) : 0;
		if (n > 0)
			b->sent += (size_t)n;
	} while (n > 0 && !outbox_is_empty(b));
	if (n < 0 || outbox_is_empty(b))
		outbox_drop(b);
}

bool
outbox_finish(struct outbox *b, int timeout_ms)
{
	uint64_t now = now_ns();
	uint64_t deadline = now + (uint64_t)timeout_ms * 1000000;

	outbox_send(b);
	for (; !outbox_is_empty(b) && now < deadline; now = now_ns()) {
		(void)takes_some(
		    b, (int)((deadline - now + 999999) / 1000000));
		outbox_send(b);
	}
	return outbox_is_empty(b);
}
