/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A byte that picks the table, and the text of /proc/PID/net/...; read as the
 * bytes of a struct sockaddr, too.
 */
#include "config.h"

#include "target/net_sockets.h"
#include "target/sockaddr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Each socket has a text that begins with its protocol. */
static void
check_texts(const struct net_sockets *sockets, enum net_table table)
{
	for (size_t i = 0; i < sockets->n; i++) {
		char *text =
		    net_sockets_text(sockets, table, sockets->v[i].inode);

		check(sockets->v[i].inode != 0);
		check(strncmp(text, "tcp", 3) == 0 ||
		      strncmp(text, "udp", 3) == 0 ||
		      strncmp(text, "unix", 4) == 0);
		free(text);
	}
}

static void
check_sockaddr(const uint8_t *data, size_t size)
{
	char *text = sockaddr_text(data, size);

	check(text == NULL || strlen(text) <= 128);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_sockets sockets = {0};
	enum net_table table;
	FILE *fp;

	check_sockaddr(data, size);
	if (size < 2)
		return 0;
	table = (enum net_table)(data[0] % N_NET_TABLES);
	fp = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	check(fp != NULL);
	net_sockets_parse(&sockets, table, fp);
	fclose(fp);
	check_texts(&sockets, table);
	net_sockets_deinit(&sockets);
	return 0;
}
