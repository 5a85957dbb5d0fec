/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/sockaddr.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* Bytes as they stand in memory: the family is in the machine's order. */
#define INET  "\x02\x00"
#define UNIX_ "\x01\x00"
#define INET6 "\x0a\x00"
#define VSOCK "\x28\x00"

static void
check(const void *bytes, size_t len, const char *expected)
{
	/* Its own allocation, so that a sanitizer sees what is read. */
	uint8_t *copy = malloc(len != 0 ? len : 1);
	char *text;

	memcpy(copy, bytes, len);
	text = sockaddr_text(copy, len);
	if (expected == NULL)
		assert_null(text);
	else
		assert_string_equal(text, expected);
	free(text);
	free(copy);
}

#define CHECK(bytes, expected) check(bytes, sizeof(bytes) - 1, expected)

static void
inet(void **state)
{
	(void)state;
	CHECK(INET "\x15\x38\x0a\x00\x00\x01"
		   "\0\0\0\0\0\0\0\0", "10.0.0.1:5432");
	CHECK(INET "\x00\x50\x00\x00\x00\x00"
		   "\0\0\0\0\0\0\0\0", "*:80");
	/* One byte short */
	CHECK(INET "\x15\x38\x0a\x00\x00\x01"
		   "\0\0\0\0\0\0\0", NULL);
}

static void
inet6(void **state)
{
	(void)state;
	CHECK(INET6 "\x01\xbb\0\0\0\0" /* port, flow */
		    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
		    "\0\0\0\0", "[2001:db8::1]:443");
	/* An old program's, without the scope */
	CHECK(INET6 "\x01\xbb\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", "[::1]:443");
	CHECK(INET6 "\x01\xbb\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01"
		    "\0\0\0\0", "127.0.0.1:443");
	CHECK(INET6 "\x01\xbb\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\0\0", "*:443");
	CHECK(INET6 "\x01\xbb\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NULL);
}

static void
local(void **state)
{
	char full[2 + 126];

	(void)state;
	CHECK(UNIX_ "/run/x.sock", "unix /run/x.sock");
	CHECK(UNIX_ "/run/x.sock\0rest", "unix /run/x.sock");
	CHECK(UNIX_ "\0name", "unix @name");
	CHECK(UNIX_ "\0na\0me\0", "unix @na@me@");
	CHECK(UNIX_, "unix");
	/* A path without an end, in more bytes than there may be */
	memset(full, 'p', sizeof(full));
	memcpy(full, UNIX_, 2);
	{
		char *text = sockaddr_text((uint8_t *)full, sizeof(full));

		assert_int_equal(strlen(text), strlen("unix ") + 108);
		free(text);
	}
}

static void
others(void **state)
{
	(void)state;
	CHECK(VSOCK "\0\0\xd2\x04\0\0\x02\0\0\0\0\0\0\0", "vsock 2:1234");
	CHECK(VSOCK "\0\0\xd2\x04\0\0\x02\0\0\0\0\0\0", NULL);
	CHECK("\x10\x00", "netlink");
	CHECK("\x11\x00 and more", "packet");
	CHECK("\x00\x00", "unspecified");
	CHECK("\xff\xff", "family 65535");
	CHECK("\x02", NULL);
	CHECK("", NULL);
}

static void
endpoints(void **state)
{
	struct inet_endpoint e = {0};

	(void)state;
	assert_true(inet_endpoint_is_unset(&e));
	/* Beyond an IPv4 address nothing counts. */
	e.addr[4] = 1;
	assert_true(inet_endpoint_is_unset(&e));
	e.is_v6 = true;
	assert_false(inet_endpoint_is_unset(&e));
	e = (struct inet_endpoint){.port = 1};
	assert_false(inet_endpoint_is_unset(&e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inet),
	    cmocka_unit_test(inet6),
	    cmocka_unit_test(local),
	    cmocka_unit_test(others),
	    cmocka_unit_test(endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
