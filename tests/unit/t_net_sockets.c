/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/net_sockets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct net_sockets
parse(enum net_table table, const char *text)
{
	struct net_sockets sockets = {0};
	FILE *fp = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(fp);
	net_sockets_parse(&sockets, table, fp);
	fclose(fp);
	return sockets;
}

static void
assert_socket(const struct net_sockets *sockets, enum net_table table,
    uint64_t inode, const char *expected)
{
	char *text = net_sockets_text(sockets, table, inode);

	assert_string_equal(text, expected);
	free(text);
}

#define TCP_REST " 00000000:00000000 00:00000000 00000000     0        0 "

/* Lines of this machine's files. */
static void
inet(void **state)
{
	struct net_sockets s = parse(NET_TCP,
	    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when"
	    " retrnsmt   uid  timeout inode\n"
	    "   0: 00000000:0050 00000000:0000 0A" TCP_REST "101 1 00000000f1 "
	    "100 0 0 10 0\n"
	    "   1: 0100007F:1F90 00000000:0000 0A" TCP_REST "102 1 x\n"
	    "   2: 0200000A:8AE2 0100000A:1538 01" TCP_REST "103 1 x\n"
	    "   3: 0200000A:8AE3 0100000A:1538 06" TCP_REST "0 3 x\n");

	(void)state;
	assert_int_equal(s.n, 3);
	assert_socket(&s, NET_TCP, 101, "tcp *:80 listening");
	assert_socket(&s, NET_TCP, 102, "tcp 127.0.0.1:8080 listening");
	assert_socket(&s, NET_TCP, 103, "tcp 10.0.0.1:5432");
	assert_socket(&s, NET_TCP, 104, "tcp");
	assert_socket(&s, NET_TCP, 0, "tcp");
	net_sockets_deinit(&s);
}

static void
inet6(void **state)
{
	struct net_sockets s = parse(NET_UDP6,
	    "  0: 00000000000000000000000001000000:0035 "
	    "00000000000000000000000000000000:0000 07" TCP_REST "201 2 x 0\n"
	    "  1: 00000000000000000000000001000000:1000 "
	    "B80D0120000000000000000001000000:0035 01" TCP_REST "202 2 x 0\n"
	    "  2: 0000000000000000FFFF00000100007F:1000 "
	    "0000000000000000FFFF00000200007F:0035 01" TCP_REST "203 2 x 0\n");

	(void)state;
	assert_socket(&s, NET_UDP6, 201, "udp [::1]:53");
	assert_socket(&s, NET_UDP6, 202, "udp [2001:db8::1]:53");
	assert_socket(&s, NET_UDP6, 203, "udp 127.0.0.2:53");
	net_sockets_deinit(&s);
}

#define HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"

static void
local(void **state)
{
	struct net_sockets s = parse(NET_UNIX, HEAD
	    "0000000000000000: 00000003 00000000 00000000 0001 03  1590\n"
	    "0000000000000000: 00000002 00000000 00010000 0001 01 1591"
	    " /run/x y.sock\n"
	    "0000000000000000: 00000003 00000000 00000000 0001 03 1592"
	    " @/tmp/.X11-unix/X0\n");

	(void)state;
	assert_int_equal(s.n, 3);
	assert_socket(&s, NET_UNIX, 1590, "unix");
	assert_socket(&s, NET_UNIX, 1591, "unix /run/x y.sock listening");
	assert_socket(&s, NET_UNIX, 1592, "unix @/tmp/.X11-unix/X0");
	net_sockets_deinit(&s);
}

/* A socket is bound to a name with a line of its own making in it. */
static void
forged_line(void **state)
{
	static const char forged[] =
	    "0: 00000002 00000000 00010000 0001 01 1601 /x\n"
	    "0: 00000002 00000000 00010000 0001 01 1602 /run/bank\n";
	static const char true_line[] =
	    "0: 00000002 00000000 00010000 0001 01 1602 /run/true\n";
	char text[512];
	struct net_sockets s;

	(void)state;
	snprintf(text, sizeof(text), HEAD "%s%s", forged, true_line);
	s = parse(NET_UNIX, text);
	assert_socket(&s, NET_UNIX, 1602, "unix");
	assert_socket(&s, NET_UNIX, 1601, "unix /x listening");
	net_sockets_deinit(&s);
	snprintf(text, sizeof(text), HEAD "%s%s", true_line, forged);
	s = parse(NET_UNIX, text);
	assert_socket(&s, NET_UNIX, 1602, "unix");
	net_sockets_deinit(&s);
}

static void
lines_that_are_none(void **state)
{
	struct net_sockets s = parse(NET_TCP,
	    "\n"
	    "   0: 0000000:0050 00000000:0000 0A" TCP_REST "301 1\n"
	    "   0: 00000000:0050 0000000000000000:0000 0A" TCP_REST "302 1\n"
	    "   0: 00000000:10050 00000000:0000 0A" TCP_REST "303 1\n"
	    "   0: 00000000:0050 00000000:0000 0A\n"
	    "   0: 00000000:0050 00000000:0000 0A" TCP_REST "305");

	(void)state;
	assert_int_equal(s.n, 1);
	assert_socket(&s, NET_TCP, 305, "tcp *:80 listening");
	net_sockets_deinit(&s);
	s = parse(NET_UNIX, HEAD "0: 1 2 3\nno: such line\n");
	assert_int_equal(s.n, 0);
	net_sockets_deinit(&s);
}

static void
no_more_than_the_bound(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	struct net_sockets s;

	(void)state;
	for (unsigned i = 1; i <= NET_SOCKETS_MAX + 10; i++)
		fprintf(fp, "0: 1 0 0 0001 03 %u\n", i);
	fclose(fp);
	s = parse(NET_UNIX, text);
	assert_int_equal(s.n, NET_SOCKETS_MAX);
	net_sockets_deinit(&s);
	assert_int_equal(s.n, 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inet),
	    cmocka_unit_test(inet6),
	    cmocka_unit_test(local),
	    cmocka_unit_test(forged_line),
	    cmocka_unit_test(lines_that_are_none),
	    cmocka_unit_test(no_more_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
