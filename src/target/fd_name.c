/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/fd_name.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "target/proc_file.h"
#include "target/target.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PROTOCOL_SIZE 32 /* the kernel's struct proto has 32 */

void
fd_names_deinit(struct fd_names *names)
{
	for (size_t i = 0; i < N_NET_TABLES; i++)
		net_sockets_deinit(&names->tables[i]);
	*names = (struct fd_names){0};
}

static void
read_table(const struct target *t, struct fd_names *names, enum net_table table)
{
	static const char *const paths[N_NET_TABLES] = {[NET_TCP] = "net/tcp",
	    [NET_TCP6] = "net/tcp6", [NET_UDP] = "net/udp",
	    [NET_UDP6] = "net/udp6", [NET_UNIX] = "net/unix"};
	int fd;
	FILE *fp;

	if (names->is_read[table])
		return;
	names->is_read[table] = true;
	fd = openat(t->mm_fd, paths[table], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	fp = fdopen(fd, "r");
	if (fp == NULL)
		die_no_memory();
	net_sockets_parse(&names->tables[table], table, fp);
	(void)fclose(fp);
}

/*
 * The kernel's name of a socket's protocol: an attribute of its inode (sockfs),
 * which is reached through the link without opening it.
 */
static bool
read_protocol(const struct target *t, int fd, char buf[PROTOCOL_SIZE])
{
	char path[64];
	ssize_t n;

	(void)snprintf(
	    path, sizeof(path), "/proc/self/fd/%d/fd/%d", t->mm_fd, fd);
	n = getxattr(path, "system.sockprotoname", buf, PROTOCOL_SIZE - 1);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* Of a socket in no table: "NETLINK" becomes "netlink". */
static char *
protocol_text(const char *protocol)
{
	char *text = xstrdup(
	    strncmp(protocol, "AF_", 3) == 0 ? protocol + 3 : protocol);

	for (char *c = text; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return text;
}

static char *
socket_text(
    const struct target *t, struct fd_names *names, int fd, uint64_t inode)
{
	static const struct {
		const char *protocol;
		enum net_table table;
	} tables[] = {{"TCP", NET_TCP}, {"TCPv6", NET_TCP6}, {"UDP", NET_UDP},
	    {"UDPv6", NET_UDP6}, {"UNIX", NET_UNIX}, {"UNIX-STREAM", NET_UNIX}};
	char protocol[PROTOCOL_SIZE];

	if (!read_protocol(t, fd, protocol))
		return xstrdup("socket");
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		enum net_table table = tables[i].table;

		if (strcmp(protocol, tables[i].protocol) != 0)
			continue;
		read_table(t, names, table);
		return net_sockets_text(&names->tables[table], table, inode);
	}
	return protocol_text(protocol);
}

static char *
pidfd_text(const struct target *t, int fd)
{
	char path[32], text[1024];
	uint64_t pid;

	(void)snprintf(path, sizeof(path), "fdinfo/%d", fd);
	if (!proc_file_read_into(t->mm_fd, path, text, sizeof(text)) ||
	    !proc_status_field(text, "Pid", &pid))
		return xstrdup("pidfd");
	return xasprintf("pidfd of %" PRIu64, pid);
}

/* "anon_inode:[eventpoll]", "anon_inode:inotify", "pipe:[1234]" */
static char *
anonymous_text(const char *link)
{
	static const char prefix[] = "anon_inode:";
	size_t len = strcspn(link, ":");

	if (strncmp(link, prefix, strlen(prefix)) == 0) {
		link += strlen(prefix);
		link += *link == '[';
		len = strcspn(link, "]");
	}
	return xasprintf("%.*s", (int)len, link);
}

char *
fd_name(const struct target *t, struct fd_names *names, int fd)
{
	char path[32], link[PATH_MAX];
	uint64_t inode;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "fd/%d", fd);
	n = readlinkat(t->mm_fd, path, link, sizeof(link) - 1);
	if (n <= 0)
		return NULL;
	link[n] = '\0';
	if (link[0] == '/')
		return xstrdup(link);
	if (sscanf(link, "socket:[%" SCNu64, &inode) == 1)
		return socket_text(t, names, fd, inode);
	if (strcmp(link, "anon_inode:[pidfd]") == 0 ||
	    strncmp(link, "pidfd:[", strlen("pidfd:[")) == 0)
		return pidfd_text(t, fd);
	return anonymous_text(link);
}
