/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/sockaddr.h"

#include "base/attr.h"
#include "base/xalloc.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static bool
is_any(const struct inet_endpoint *e)
{
	static const uint8_t any[16];

	return memcmp(e->addr, any, e->is_v6 ? 16 : 4) == 0;
}

bool
inet_endpoint_is_unset(const struct inet_endpoint *e)
{
	return e->port == 0 && is_any(e);
}

char *
inet_endpoint_text(const struct inet_endpoint *e)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char text[INET6_ADDRSTRLEN];

	if (is_any(e))
		return xasprintf("*:%u", e->port);
	if (!e->is_v6 || memcmp(e->addr, mapped, sizeof(mapped)) == 0) {
		(void)inet_ntop(AF_INET, e->addr + (e->is_v6 ? 12 : 0), text,
		    sizeof(text));
		return xasprintf("%s:%u", text, e->port);
	}
	(void)inet_ntop(AF_INET6, e->addr, text, sizeof(text));
	return xasprintf("[%s]:%u", text, e->port);
}

static char *
in_text(const uint8_t *bytes, size_t len)
{
	struct inet_endpoint e = {0};
	struct sockaddr_in sin;

	if (len < sizeof(sin))
		return NULL;
	memcpy(&sin, bytes, sizeof(sin));
	memcpy(e.addr, &sin.sin_addr, sizeof(sin.sin_addr));
	e.port = ntohs(sin.sin_port);
	return inet_endpoint_text(&e);
}

static char *
in6_text(const uint8_t *bytes, size_t len)
{
	struct inet_endpoint e = {.is_v6 = true};
	struct sockaddr_in6 sin6;

	/* SIN6_LEN_RFC2133: the kernel takes it without the scope. */
	if (len < offsetof(struct sockaddr_in6, sin6_scope_id))
		return NULL;
	memcpy(&sin6, bytes, offsetof(struct sockaddr_in6, sin6_scope_id));
	memcpy(e.addr, &sin6.sin6_addr, sizeof(e.addr));
	e.port = ntohs(sin6.sin6_port);
	return inet_endpoint_text(&e);
}

/* A path may fill its array and lack its end; an abstract name may hold NULs,
 * which are shown as /proc/net/unix shows them. */
static char *
un_text(const uint8_t *bytes, size_t len)
{
	const size_t start = offsetof(struct sockaddr_un, sun_path);
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1] = "";
	size_t n = len - start;

	if (len <= start)
		return xstrdup("unix");
	if (n > sizeof(path) - 1)
		n = sizeof(path) - 1;
	memcpy(path, bytes + start, n);
	if (path[0] == '\0') {
		for (size_t i = 0; i < n; i++)
			if (path[i] == '\0')
				path[i] = '@';
	}
	return xasprintf("unix %s", path);
}

static char *
vm_text(const uint8_t *bytes, size_t len)
{
	struct sockaddr_vm svm;

	if (len < sizeof(svm))
		return NULL;
	memcpy(&svm, bytes, sizeof(svm));
	return xasprintf("vsock %u:%u", svm.svm_cid, svm.svm_port);
}

static char *
other_text(unsigned family)
{
	static const struct {
		unsigned family;
		const char *name;
	} names[] = {
	    {AF_ALG, "alg"},
	    {AF_BLUETOOTH, "bluetooth"},
	    {AF_CAN, "can"},
	    {AF_NETLINK, "netlink"},
	    {AF_PACKET, "packet"},
	    {AF_TIPC, "tipc"},
	    {AF_UNSPEC, "unspecified"},
	    {AF_XDP, "xdp"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].family == family)
			return xstrdup(names[i].name);
	return xasprintf("family %u", family);
}

char *
sockaddr_text(const uint8_t *bytes, size_t len)
{
	sa_family_t family;

	if (len < sizeof(family))
		return NULL;
	memcpy(&family, bytes, sizeof(family));
	switch (family) {
	case AF_INET:
		return in_text(bytes, len);
	case AF_INET6:
		return in6_text(bytes, len);
	case AF_UNIX:
		return un_text(bytes, len);
	case AF_VSOCK:
		return vm_text(bytes, len);
	default:
		return other_text(family);
	}
}
