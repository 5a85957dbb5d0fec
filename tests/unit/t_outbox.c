/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/outbox.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* More than a terminal keeps for who does not read: some 70 KiB. */
#define MUCH (1u << 20)

/* A terminal whose other end the test reads, or does not. */
struct terminal {
	int reader, fd;
	struct outbox box;
};

static int
open_terminal(void **state)
{
	struct terminal *t = calloc(1, sizeof(*t));
	struct termios modes;

	if (t == NULL || openpty(&t->reader, &t->fd, NULL, NULL, NULL) != 0)
		return -1;
	/* As it is written. */
	(void)tcgetattr(t->fd, &modes);
	cfmakeraw(&modes);
	(void)tcsetattr(t->fd, TCSANOW, &modes);
	(void)fcntl(t->reader, F_SETFL, O_NONBLOCK);
	*state = t;
	return outbox_open(&t->box, t->fd) ? 0 : -1;
}

static int
close_terminal(void **state)
{
	struct terminal *t = *state;

	outbox_close(&t->box);
	(void)close(t->fd);
	if (t->reader >= 0)
		(void)close(t->reader);
	free(t);
	return 0;
}

/* As curses does: by the descriptor. */
static void
draw(struct terminal *t, const char *s, size_t n)
{
	assert_int_equal(write(fileno(t->box.stream), s, n), (ssize_t)n);
}

/* What has come, all of it. */
static size_t
read_all(struct terminal *t, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t r;

	while (n < size && (r = read(t->reader, buf + n, size - n)) > 0)
		n += (size_t)r;
	return n;
}

static void
until_it_keeps_the_terminal_is_written_to(void **state)
{
	struct terminal *t = *state;
	char buf[16];

	assert_true(isatty(fileno(t->box.stream)));
	draw(t, "abc", 3);
	assert_true(outbox_is_empty(&t->box));
	assert_int_equal(read_all(t, buf, sizeof(buf)), 3);
}

static void
what_is_drawn_waits_to_be_sent(void **state)
{
	struct terminal *t = *state;
	char buf[16];

	outbox_keep(&t->box);
	draw(t, "abc", 3);
	draw(t, "def", 3);
	assert_false(outbox_is_empty(&t->box));
	assert_int_equal(read_all(t, buf, sizeof(buf)), 0);
	outbox_send(&t->box);
	assert_true(outbox_is_empty(&t->box));
	assert_int_equal(read_all(t, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "abcdef", 6);
}

/* It takes all, sends some, and goes on where it was. */
static void
who_does_not_read_holds_up_nobody(void **state)
{
	struct terminal *t = *state;
	char *sent = malloc(MUCH), *got = malloc(MUCH);
	size_t n = 0;

	for (size_t i = 0; i < MUCH; i++)
		sent[i] = (char)('!' + i % 89);
	outbox_keep(&t->box);
	draw(t, sent, MUCH);
	outbox_send(&t->box);
	assert_false(outbox_is_empty(&t->box));
	assert_false(outbox_finish(&t->box, 10));
	for (int i = 0; i < 100000 && n < MUCH; i++) {
		n += read_all(t, got + n, MUCH - n);
		outbox_send(&t->box);
	}
	assert_int_equal(n, MUCH);
	assert_memory_equal(got, sent, MUCH);
	assert_true(outbox_is_empty(&t->box));
	assert_true(outbox_finish(&t->box, 0));
	free(sent);
	free(got);
}

static void
what_was_dropped_is_not_sent(void **state)
{
	struct terminal *t = *state;
	char buf[16];

	outbox_keep(&t->box);
	draw(t, "abc", 3);
	outbox_drop(&t->box);
	assert_true(outbox_is_empty(&t->box));
	draw(t, "de", 2);
	outbox_send(&t->box);
	assert_int_equal(read_all(t, buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "de", 2);
}

static void
a_terminal_that_is_gone_has_taken_all(void **state)
{
	struct terminal *t = *state;

	outbox_keep(&t->box);
	draw(t, "abc", 3);
	(void)close(t->reader);
	t->reader = -1;
	outbox_send(&t->box);
	assert_true(outbox_is_empty(&t->box));
}

/* Others who have it still wait, as they expect. */
static void
the_terminals_own_descriptor_is_as_it_was(void **state)
{
	struct terminal *t = *state;

	assert_int_equal(fcntl(t->fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_not_equal(fcntl(t->box.fd, F_GETFL) & O_NONBLOCK, 0);
}

#define on_a_terminal(test) \
	cmocka_unit_test_setup_teardown(test, open_terminal, close_terminal)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_terminal(until_it_keeps_the_terminal_is_written_to),
		on_a_terminal(what_is_drawn_waits_to_be_sent),
		on_a_terminal(who_does_not_read_holds_up_nobody),
		on_a_terminal(what_was_dropped_is_not_sent),
		on_a_terminal(a_terminal_that_is_gone_has_taken_all),
		on_a_terminal(the_terminals_own_descriptor_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
