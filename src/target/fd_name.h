/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fd_name.h - what stands behind a target's file descriptor
 *
 * From the link in /proc/PID/fd; for a socket, whose link is only a number,
 * from the tables of the target's network namespace. Opens nothing of the
 * target's, and no socket.
 */
#ifndef SCRAPE_TARGET_FD_NAME_H
#define SCRAPE_TARGET_FD_NAME_H

#include "target/net_sockets.h"

#include <stdbool.h>

struct target;

/*
 * The tables that were asked for, each read once: made for one dump of one
 * target, since sockets come and go. All zero is valid, and empty.
 */
struct fd_names {
	struct net_sockets tables[N_NET_TABLES];
	bool is_read[N_NET_TABLES];
};

void fd_names_deinit(struct fd_names *names);
/*
 * A path, "pipe", "eventpoll", "pidfd of 77", "tcp 10.0.0.1:5432", "unix
 * @name listening", "netlink". Raw; to free(). NULL when it is not open or may
 * not be looked at.
 */
char *fd_name(const struct target *t, struct fd_names *names, int fd);

#endif
