/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net_sockets.h - the sockets of a network namespace, by their inodes
 *
 * Parsed from the texts of /proc/PID/net/{tcp,tcp6,udp,udp6,unix}; see proc(5)
 * and get_tcp4_sock() in net/ipv4/tcp_ipv4.c, unix_seq_show() in
 * net/unix/af_unix.c.
 */
#ifndef SCRAPE_TARGET_NET_SOCKETS_H
#define SCRAPE_TARGET_NET_SOCKETS_H

#include "base/hash.h"
#include "target/sockaddr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum net_table {
	NET_TCP,
	NET_TCP6,
	NET_UDP,
	NET_UDP6,
	NET_UNIX,
	N_NET_TABLES,
};

/* A table of that many sockets takes some 50 ms; of more, the first ones. */
#define NET_SOCKETS_MAX 32768

struct net_socket {
	uint64_t inode;
	/* Of a connection the other side; else where it is bound. */
	struct inet_endpoint endpoint;
	char *path; /* of a unix socket: raw, '@' begins an abstract name */
	bool is_listening;
	bool is_doubtful; /* two lines say they are it */
};

/* All zero is an empty table. */
struct net_sockets {
	struct net_socket *v;
	size_t n, cap;
	struct hash by_inode;
};

/* Adds what it understands of such a file. */
void net_sockets_parse(
    struct net_sockets *sockets, enum net_table table, FILE *fp);
void net_sockets_deinit(struct net_sockets *sockets);
/*
 * "tcp 10.0.0.1:5432", "tcp *:80 listening", "unix /run/x.sock"; only the
 * protocol when no more is known. To free().
 */
char *net_sockets_text(const struct net_sockets *sockets,
    enum net_table table, uint64_t inode);

#endif
