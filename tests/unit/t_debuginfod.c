/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server of our own on 127.0.0.1, a child process: it answers with the bytes
 * of an ELF file, or not at all.
 */
#include "config.h"

#include "object/debuginfod.h"

#include "base/clock.h"
#include "base/err.h"
#include "elf_image.h"
#include "object/debug_file.h"
#include "object/debug_search.h"
#include "object/module.h"
#include "temp_tree.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ID "deadbeef"

static char cache[TEMP_TREE_MAX];
static struct elf_image debug_file;
static int listener;
static pid_t server;

static void
make_file(struct elf_image *img, const char *mark)
{
	static const struct {
		Elf64_Nhdr head;
		char name[4];
		uint8_t desc[4];
	} note = {{4, 4, NT_GNU_BUILD_ID}, "GNU", {0xde, 0xad, 0xbe, 0xef}};

	*img = (struct elf_image){0};
	elf_image_put(img, 0x300, mark, strlen(mark) + 1);
	elf_image_put(img, 0x400, &note, sizeof(note));
	elf_image_segment(img, PT_NOTE, PF_R, 0x400, 0x400, sizeof(note));
}

static void
listen_and_say_where(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(addr);
	char url[64];

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (void *)&addr, size), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (void *)&addr, &size), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d",
	    ntohs(addr.sin_port));
	(void)setenv("DEBUGINFOD_URLS", url, 1);
}

static int
set_up(void **state)
{
	(void)state;
	temp_tree_make(cache);
	(void)setenv("DEBUGINFOD_CACHE_PATH", cache, 1);
	make_file(&debug_file, "debug");
	elf_image_finish(&debug_file);
	listen_and_say_where();
	server = -1;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
	}
	close(listener);
	temp_tree_remove(cache);
	return 0;
}

static void
answer(int fd)
{
	char request[4096];
	ssize_t n = read(fd, request, sizeof(request) - 1);

	request[n > 0 ? n : 0] = '\0';
	if (strncmp(request, "GET /buildid/" ID "/debuginfo ", 32) == 0) {
		dprintf(fd,
		    "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n",
		    debug_file.size);
		(void)!write(fd, debug_file.bytes, debug_file.size);
	} else {
		dprintf(fd, "HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n");
	}
	(void)close(fd);
}

static void
start_server(void)
{
	server = fork();
	assert_true(server >= 0);
	if (server != 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		answer(accept(listener, NULL, NULL));
}

static struct module *
open_program(const struct debug_search *s)
{
	struct elf_image img;
	struct module *m = NULL;
	struct err err;

	make_file(&img, "program");
	assert_int_equal(
	    module_open(elf_image_fd(&img), "/opt/tool", &m, &err), 0);
	module_set_search(m, s);
	return m;
}

static void
test_never_unless_asked_to(void **state)
{
	const struct debug_search s = {.root_fd = -1};
	struct module *m = open_program(&s);
	enum debug_how how;

	(void)state;
	assert_null(module_debug_path(m, &how));
	assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	module_unref(m);
}

#ifdef HAVE_DEBUGINFOD

static void
test_a_file_from_a_server(void **state)
{
	const struct debug_search s = {.root_fd = -1, .debuginfod = true};
	struct module *m;
	enum debug_how how;
	const char *path;

	(void)state;
	start_server();
	m = open_program(&s);
	path = module_debug_path(m, &how);
	assert_non_null(path);
	assert_int_equal(how, DEBUG_DEBUGINFOD);
	assert_int_equal(strncmp(path, cache, strlen(cache)), 0);
	module_unref(m);
}

static void
test_what_the_server_does_not_have(void **state)
{
	char *path = NULL;

	(void)state;
	start_server();
	assert_int_equal(debuginfod_fetch("0123456789", &path), -1);
	assert_null(path);
}

/* The kernel takes the connection, and then nobody says anything. */
static void
test_a_server_that_never_answers(void **state)
{
	uint64_t start = now_ns(), seconds;
	char *path = NULL;
	int fd;

	(void)state;
	assert_int_equal(debuginfod_fetch(ID, &path), -1);
	seconds = (now_ns() - start) / NS_PER_SEC;
	assert_in_range(seconds, 1, 9);
	/* Nor is each of a hundred modules waited for: nothing was sent. */
	assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
	assert_int_equal(debuginfod_fetch("0123456789", &path), -1);
	assert_int_equal(accept(listener, NULL, NULL), -1);
}

#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_never_unless_asked_to),
#ifdef HAVE_DEBUGINFOD
	    TEST(test_a_file_from_a_server),
	    TEST(test_what_the_server_does_not_have),
	    TEST(test_a_server_that_never_answers),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
