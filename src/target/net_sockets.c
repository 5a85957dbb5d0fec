/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/net_sockets.h"

#include "base/cleanup.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Longer than any line: 108 bytes of a path and its columns. A path may hold a
 * newline and thus a line of its own making; such a line can be in the way of a
 * true one but, being doubted with it, not in its place.
 */
#define NET_LINE_SIZE 512

#define TCP_LISTEN_STATE 0x0a	/* TCP_LISTEN, include/net/tcp_states.h */
#define UNIX_LISTENING 0x10000u /* __SO_ACCEPTCON, include/linux/net.h */

/* An address as the kernel prints it: words in the machine's own order. */
static bool
take_endpoint(const char *hex, unsigned port, struct inet_endpoint *ret)
{
	size_t len = strlen(hex);
	struct inet_endpoint e = {.port = (uint16_t)port, .is_v6 = len == 32};

	if ((len != 8 && len != 32) || port > UINT16_MAX)
		return false;
	for (size_t i = 0; i < len / 8; i++) {
		uint32_t word;

		if (sscanf(hex + 8 * i, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(e.addr + 4 * i, &word, sizeof(word));
	}
	*ret = e;
	return true;
}

static bool
parse_inet(const char *line, struct net_socket *ret)
{
	char local[33], remote[33];
	unsigned local_port, remote_port, state;
	struct inet_endpoint to;

	if (sscanf(line,
		" %*u: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x %*x:%*x %*x:%*x"
		" %*x %*u %*u %" SCNu64,
		local, &local_port, remote, &remote_port, &state,
		&ret->inode) != 6 ||
	    !take_endpoint(local, local_port, &ret->endpoint) ||
	    !take_endpoint(remote, remote_port, &to))
		return false;
	if (!inet_endpoint_is_unset(&to))
		ret->endpoint = to;
	ret->is_listening = state == TCP_LISTEN_STATE;
	return true;
}

static bool
parse_unix(const char *line, struct net_socket *ret)
{
	unsigned flags;
	int at = 0;

	if (sscanf(line, "%*x: %*x %*x %x %*x %*x %" SCNu64 "%n", &flags,
		&ret->inode, &at) != 2 ||
	    at == 0)
		return false;
	ret->is_listening = (flags & UNIX_LISTENING) != 0;
	if (line[at] == ' ' && line[at + 1] != '\0')
		ret->path = xstrdup(line + at + 1);
	return true;
}

static struct net_socket *
find(const struct net_sockets *sockets, uint64_t inode)
{
	struct hash_probe at = hash_find(&sockets->by_inode, hash_u64(inode));
	uint32_t id;

	while ((id = hash_next(&sockets->by_inode, &at)) != HASH_NONE)
		if (sockets->v[id].inode == inode)
			return &sockets->v[id];
	return NULL;
}

/* Takes the path over. Inode 0 is a socket that no process has any more. */
static void
add(struct net_sockets *sockets, struct net_socket *s)
{
	struct net_socket *same;

	if (s->inode == 0) {
		free(s->path);
		return;
	}
	same = find(sockets, s->inode);
	if (same != NULL) {
		same->is_doubtful = true;
		free(s->path);
		return;
	}
	GROW(sockets->v, sockets->n, sockets->cap);
	sockets->v[sockets->n] = *s;
	hash_add(&sockets->by_inode, hash_u64(s->inode), (uint32_t)sockets->n);
	sockets->n++;
}

void
net_sockets_parse(struct net_sockets *sockets, enum net_table table, FILE *fp)
{
	char line[NET_LINE_SIZE];

	while (sockets->n < NET_SOCKETS_MAX &&
	       fgets(line, sizeof(line), fp) != NULL) {
		struct net_socket s = {0};

		line[strcspn(line, "\n")] = '\0';
		if (table == NET_UNIX ? parse_unix(line, &s)
				      : parse_inet(line, &s))
			add(sockets, &s);
	}
}

void
net_sockets_deinit(struct net_sockets *sockets)
{
	for (size_t i = 0; i < sockets->n; i++)
		free(sockets->v[i].path);
	free(sockets->v);
	hash_deinit(&sockets->by_inode);
	*sockets = (struct net_sockets){0};
}

char *
net_sockets_text(const struct net_sockets *sockets, enum net_table table,
    uint64_t inode)
{
	static const char *const protocols[N_NET_TABLES] = {
	    [NET_TCP] = "tcp", [NET_TCP6] = "tcp", [NET_UDP] = "udp",
	    [NET_UDP6] = "udp", [NET_UNIX] = "unix"};
	const struct net_socket *s = find(sockets, inode);
	_cleanup_free_ char *endpoint = NULL;
	const char *address;

	if (s == NULL || s->is_doubtful)
		return xstrdup(protocols[table]);
	address = s->path;
	if (table != NET_UNIX)
		address = endpoint = inet_endpoint_text(&s->endpoint);
	return xasprintf("%s%s%s%s", protocols[table],
	    address != NULL ? " " : "", address != NULL ? address : "",
	    s->is_listening ? " listening" : "");
}
