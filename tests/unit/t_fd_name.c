/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/fd_name.h"

#include "own_target.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cmocka.h>

static struct target target;

static int
open_target(void **state)
{
	(void)state;
	target = own_target_open();
	return 0;
}

static int
close_target(void **state)
{
	(void)state;
	target_close(&target);
	return 0;
}

/* Closes the descriptor. */
static void
assert_name(int fd, const char *expected)
{
	struct fd_names names = {0};
	char *name = fd_name(&target, &names, fd);

	assert_true(fd >= 0);
	assert_non_null(name);
	assert_string_equal(name, expected);
	free(name);
	fd_names_deinit(&names);
	close(fd);
}

static void
files(void **state)
{
	char path[] = "/tmp/t_fd_name.XXXXXX", deleted[64];
	int fd = mkstemp(path);

	(void)state;
	assert_name(dup(fd), path);
	unlink(path);
	snprintf(deleted, sizeof(deleted), "%s (deleted)", path);
	assert_name(fd, deleted);
	assert_name(open("/dev/null", O_RDONLY), "/dev/null");
}

static void
without_a_path(void **state)
{
	int fds[2];
	char pidfd[32];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_name(fds[0], "pipe");
	assert_name(fds[1], "pipe");
	assert_name(epoll_create1(0), "eventpoll");
	assert_name(eventfd(0, 0), "eventfd");
	assert_name(inotify_init(), "inotify");
	snprintf(pidfd, sizeof(pidfd), "pidfd of %d", getpid());
	assert_name((int)syscall(SYS_pidfd_open, getpid(), 0), pidfd);
}

static void
not_open(void **state)
{
	struct fd_names names = {0};

	(void)state;
	assert_null(fd_name(&target, &names, 9999));
	assert_null(fd_name(&target, &names, -1));
	assert_null(fd_name(&target, &names, INT32_MIN));
	fd_names_deinit(&names);
}

static int
listener(int family, int type, struct sockaddr *sa, socklen_t len)
{
	int fd = socket(family, type, 0);

	if (fd < 0 || bind(fd, sa, len) != 0 ||
	    getsockname(fd, sa, &len) != 0) {
		close(fd);
		return -1;
	}
	(void)listen(fd, 1);
	return fd;
}

static void
inet_sockets(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	char text[64];
	int fd, client = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	fd = listener(
	    AF_INET, SOCK_STREAM, (struct sockaddr *)&sin, sizeof(sin));
	snprintf(text, sizeof(text), "tcp 127.0.0.1:%d listening",
	    ntohs(sin.sin_port));
	assert_name(dup(fd), text);
	assert_int_equal(
	    connect(client, (struct sockaddr *)&sin, sizeof(sin)), 0);
	*strrchr(text, ' ') = '\0';
	assert_name(client, text);
	close(fd);
	sin.sin_port = 0;
	fd = listener(
	    AF_INET, SOCK_DGRAM, (struct sockaddr *)&sin, sizeof(sin));
	snprintf(text, sizeof(text), "udp 127.0.0.1:%d", ntohs(sin.sin_port));
	assert_name(fd, text);
	/* Bound to nothing: in no table */
	assert_name(socket(AF_INET, SOCK_STREAM, 0), "tcp");
	fd = listener(
	    AF_INET6, SOCK_STREAM, (struct sockaddr *)&sin6, sizeof(sin6));
	if (fd < 0)
		return; /* no IPv6 here */
	snprintf(text, sizeof(text), "tcp *:%d listening",
	    ntohs(sin6.sin6_port));
	assert_name(fd, text);
}

static void
other_sockets(void **state)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char text[64];
	int fd, pair[2];

	(void)state;
	snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "t_fd_name.%d",
	    getpid());
	fd = listener(AF_UNIX, SOCK_STREAM, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		strlen(sun.sun_path + 1)));
	snprintf(text, sizeof(text), "unix @t_fd_name.%d listening", getpid());
	assert_name(fd, text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_name(pair[0], "unix");
	assert_name(pair[1], "unix");
	assert_name(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "netlink");
}

/* Each table once a dump, however many sockets there are to name. */
static void
tables_are_kept(void **state)
{
	struct fd_names names = {0};
	int a = socket(AF_UNIX, SOCK_STREAM, 0);
	int b = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n;

	(void)state;
	free(fd_name(&target, &names, a));
	assert_true(names.is_read[NET_UNIX]);
	assert_false(names.is_read[NET_TCP]);
	n = names.tables[NET_UNIX].n;
	assert_true(n >= 2);
	free(fd_name(&target, &names, b));
	assert_int_equal(names.tables[NET_UNIX].n, n);
	fd_names_deinit(&names);
	assert_false(names.is_read[NET_UNIX]);
	close(a);
	close(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files),
	    cmocka_unit_test(without_a_path),
	    cmocka_unit_test(not_open),
	    cmocka_unit_test(inet_sockets),
	    cmocka_unit_test(other_sockets),
	    cmocka_unit_test(tables_are_kept),
	};

	return cmocka_run_group_tests(tests, open_target, close_target);
}
