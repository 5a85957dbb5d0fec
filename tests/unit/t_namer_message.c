/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/namer_message.h"

#include "base/xalloc.h"
#include "object/debug_info.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int pair[2];
static struct namer_writer *writer;
static struct namer_reader reader;

/* What was found, as text: "place: name(system)@file:line.column+start ...". */
static char *found_text;
static size_t n_found, n_lines;

static int
setup(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	writer = xcalloc(1, sizeof(*writer));
	writer->sock = pair[0];
	found_text = xstrdup("");
	n_found = n_lines = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(pair[0]);
	(void)close(pair[1]);
	free(writer);
	free(found_text);
	namer_reader_deinit(&reader);
	return 0;
}

static void
add_text(char *more)
{
	char *all = xasprintf("%s%s", found_text, more);

	free(found_text);
	free(more);
	found_text = all;
}

static void
found(void *ctx, uint32_t place, const struct location *loc)
{
	bool *keeps_text = ctx;

	n_found++;
	n_lines += loc->n;
	if (keeps_text == NULL)
		return;
	add_text(xasprintf("%u%s:", place, loc->resolved ? "" : "?"));
	for (size_t i = 0; i < loc->n; i++) {
		const struct location_line *l = &loc->lines[i];

		add_text(xasprintf(" %s(%s)@%s:%u.%u+%u", l->name,
		    l->system_name, l->file != NULL ? l->file : "none", l->line,
		    l->column, l->start_line));
	}
	add_text(xstrdup("\n"));
}

/* Reads all packets that are there. */
static bool
read_all(bool *keeps_text)
{
	static uint8_t packet[NAMER_PACKET_MAX];
	ssize_t n;

	while ((n = recv(pair[1], packet, sizeof(packet), MSG_DONTWAIT)) > 0)
		if (!namer_read(
			&reader, packet, (size_t)n, found, keeps_text))
			return false;
	return true;
}

static struct location_line
line(const char *name, const char *system_name)
{
	return (struct location_line){.name = (char *)(uintptr_t)name,
	    .system_name = (char *)(uintptr_t)system_name};
}

static void
what_is_written_is_read(void **state)
{
	struct location_line lines[] = {
	    line("a::b()", "_ZN1a1bEv"), line("main", "main")};
	struct location two = {.lines = lines, .n = 2, .resolved = true};
	struct location one = {.lines = &lines[1], .n = 1};
	bool yes = true;

	(void)state;
	lines[0].file = (char *)(uintptr_t) "/src/a.cc";
	lines[0].line = 12;
	lines[0].column = 7;
	lines[0].start_line = 10;
	namer_reader_begin(&reader, 3);
	assert_true(namer_write(writer, 0, &two));
	assert_true(namer_write(writer, 1, NULL));
	assert_true(namer_write(writer, 2, &one));
	assert_true(namer_flush(writer));
	assert_true(read_all(&yes));
	assert_string_equal(found_text,
	    "0: a::b()(_ZN1a1bEv)@/src/a.cc:12.7+10 "
	    "main(main)@none:0.0+0\n"
	    "1?:\n"
	    "2?: main(main)@none:0.0+0\n");
}

static char *
long_text(size_t n)
{
	char *s = xmalloc(n + 1);

	memset(s, 'x', n);
	s[n] = '\0';
	return s;
}

/* Fewer bytes than a socket holds: nobody reads while they are written. */
#define LONG_LINES 5

static void
a_place_may_need_several_packets(void **state)
{
	char *name = long_text(NAMER_NAME_MAX);
	struct location_line lines[LONG_LINES];
	struct location loc = {.lines = lines, .n = LONG_LINES};

	(void)state;
	for (size_t i = 0; i < loc.n; i++)
		lines[i] = line(name, "short");
	namer_reader_begin(&reader, 1);
	assert_true(namer_write(writer, 0, &loc));
	assert_true(writer->n < LONG_LINES * NAMER_NAME_MAX);
	assert_true(namer_flush(writer));
	assert_true(read_all(NULL));
	assert_int_equal(n_found, 1);
	assert_int_equal(n_lines, LONG_LINES);
	free(name);
}

static void
what_is_too_long_is_cut(void **state)
{
	char *name = long_text(NAMER_NAME_MAX + 5000);
	char *file = long_text(NAMER_PATH_MAX + 1);
	struct location_line l = line(name, "short");
	struct location loc = {.lines = &l, .n = 1};
	bool yes = true;

	(void)state;
	l.file = file;
	namer_reader_begin(&reader, 1);
	assert_true(namer_write(writer, 0, &loc));
	assert_true(namer_flush(writer));
	assert_true(read_all(&yes));
	assert_int_equal(strspn(strchr(found_text, 'x'), "x"), NAMER_NAME_MAX);
	assert_int_equal(
	    strspn(strchr(found_text, '@') + 1, "x"), NAMER_PATH_MAX);
	free(name);
	free(file);
}

/* An answer for one place, to be spoilt. */
static size_t
make_answer(uint8_t *packet, uint32_t place, size_t lines)
{
	struct location_line l[DEBUG_INLINES_MAX];
	struct location loc = {.lines = l, .n = lines, .resolved = true};

	for (size_t i = 0; i < lines; i++)
		l[i] = line("f", "g");
	writer->n = 0;
	assert_true(namer_write(writer, place, &loc));
	memcpy(packet, writer->bytes, writer->n);
	return writer->n;
}

static void
answers_cut_short_are_refused(void **state)
{
	uint8_t packet[256];
	size_t size = make_answer(packet, 0, 1);

	(void)state;
	for (size_t n = 1; n < size; n++) {
		namer_reader_begin(&reader, 1);
		assert_false(namer_read(&reader, packet, n, found, NULL));
	}
	assert_int_equal(n_found, 0);
	namer_reader_begin(&reader, 1);
	assert_true(namer_read(&reader, packet, size, found, NULL));
	assert_int_equal(n_found, 1);
}

static void
places_have_to_come_in_order(void **state)
{
	uint8_t packet[256];
	size_t size = make_answer(packet, 1, 1);

	(void)state;
	namer_reader_begin(&reader, 2);
	assert_false(namer_read(&reader, packet, size, found, NULL));
	/* twice the same */
	size = make_answer(packet, 0, 1);
	namer_reader_begin(&reader, 2);
	assert_true(namer_read(&reader, packet, size, found, NULL));
	assert_false(namer_read(&reader, packet, size, found, NULL));
	/* one that nobody asked for */
	namer_reader_begin(&reader, 0);
	assert_false(namer_read(&reader, packet, size, found, NULL));
	assert_int_equal(n_found, 1);
}

/* Where the flags of the first record stand. */
#define FLAGS 4

static void
a_place_has_no_more_lines_than_there_can_be(void **state)
{
	uint8_t packet[256];
	size_t size = make_answer(packet, 0, 1);

	(void)state;
	packet[FLAGS] = 0; /* not the last of its place */
	namer_reader_begin(&reader, 1);
	for (size_t i = 0; i < DEBUG_INLINES_MAX; i++)
		assert_true(namer_read(&reader, packet, size, found, NULL));
	assert_false(namer_read(&reader, packet, size, found, NULL));
	assert_int_equal(n_found, 0);
}

static void
a_line_has_a_name(void **state)
{
	uint8_t packet[256];
	size_t size = make_answer(packet, 0, 1);
	uint8_t *name = memchr(packet, 'f', size);

	(void)state;
	memmove(name, name + 1, size - (size_t)(name + 1 - packet));
	namer_reader_begin(&reader, 1);
	assert_false(namer_read(&reader, packet, size - 1, found, NULL));
}

static void
a_name_has_a_bound(void **state)
{
	static uint8_t packet[NAMER_PACKET_MAX];
	size_t n = 17;

	(void)state;
	packet[FLAGS] = 1;
	memset(packet + n, 'x', NAMER_NAME_MAX + 1);
	n += NAMER_NAME_MAX + 1 + 3;
	namer_reader_begin(&reader, 1);
	assert_false(namer_read(&reader, packet, n, found, NULL));
	packet[17 + NAMER_NAME_MAX] = '\0';
	namer_reader_begin(&reader, 1);
	assert_true(namer_read(&reader, packet, n - 1, found, NULL));
}

static void
asks_carry_a_descriptor(void **state)
{
	const struct namer_ask ask = {
	    .kind = NAMER_MODULE, .root = NAMER_NO_ROOT, .start = 4096};
	static char payload[NAMER_PACKET_MAX];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd;
	struct stat sent, got;
	struct namer_ask ret;
	size_t size;

	(void)state;
	assert_int_equal(
	    namer_send_ask(pair[0], 0, &ask, "/bin/true", 9, null), 0);
	assert_int_equal(
	    namer_receive_ask(pair[1], 0, &ret, payload, &size, &fd), 0);
	assert_memory_equal(&ret, &ask, sizeof(ask));
	assert_int_equal(size, 9);
	assert_memory_equal(payload, "/bin/true", 9);
	assert_int_equal(fstat(null, &sent), 0);
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(sent.st_ino, got.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	(void)close(null);
	(void)close(fd);
}

static void
short_asks_are_refused(void **state)
{
	static char payload[NAMER_PACKET_MAX];
	struct namer_ask ret;
	size_t size;
	int fd;

	(void)state;
	assert_int_equal(send(pair[0], "abc", 3, 0), 3);
	assert_int_equal(
	    namer_receive_ask(pair[1], 0, &ret, payload, &size, &fd), -EBADMSG);
	(void)shutdown(pair[0], SHUT_RDWR);
	assert_int_equal(
	    namer_receive_ask(pair[1], 0, &ret, payload, &size, &fd),
	    -ENOTCONN);
	assert_int_equal(fd, -1);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(what_is_written_is_read),
	    TEST(a_place_may_need_several_packets),
	    TEST(what_is_too_long_is_cut),
	    TEST(answers_cut_short_are_refused),
	    TEST(places_have_to_come_in_order),
	    TEST(a_place_has_no_more_lines_than_there_can_be),
	    TEST(a_line_has_a_name),
	    TEST(a_name_has_a_bound),
	    TEST(asks_carry_a_descriptor),
	    TEST(short_asks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
