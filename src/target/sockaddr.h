/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockaddr.h - addresses of sockets, as text */
#ifndef SCRAPE_TARGET_SOCKADDR_H
#define SCRAPE_TARGET_SOCKADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inet_endpoint {
	uint8_t addr[16]; /* network order; an IPv4 address is the first four */
	bool is_v6;
	uint16_t port;
};

/* Neither address nor port. */
bool inet_endpoint_is_unset(const struct inet_endpoint *e);
/*
 * "10.0.0.1:80", "[::1]:80", "*:80" for any address; an IPv4 address inside an
 * IPv6 one as IPv4. To free().
 */
char *inet_endpoint_text(const struct inet_endpoint *e);

/*
 * What stands in the len bytes of a struct sockaddr: as above, "unix /path",
 * "unix @abstract", or the name of its family. To free(); NULL when it is too
 * short for that.
 */
#define SOCKADDR_MAX 128 /* the kernel's own bound: struct sockaddr_storage */
char *sockaddr_text(const uint8_t *bytes, size_t len);

#endif
