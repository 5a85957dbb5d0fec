/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/births.h"

#include "../child.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

static void
the_last_field(void **state)
{
	pid_t id = 0;

	(void)state;
	assert_true(births_parse("1.14 1.19 0.88 2/96 19508\n", &id));
	assert_int_equal(id, 19508);
	assert_true(births_parse("0.00 0.00 0.00 1/1 1", &id));
	assert_int_equal(id, 1);
}

static void
what_is_no_such_line(void **state)
{
	static const char *const lines[] = {"", "\n", "19508", "1.0 ", "1 -5\n",
	    "1 99999999999999999999\n", "1 4294967296\n", "1 12x\n",
	    "1.14 1.19 0.88 2/96\n"};
	pid_t id = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(births_parse(lines[i], &id));
	assert_int_equal(id, 77);
}

/* Others on this machine may be born too: so it is a range. */
static void
a_child_is_told_twice(void **state)
{
	struct birth_range range;
	struct births b;
	pid_t child;

	(void)state;
	births_init(&b);
	assert_true(b.fd >= 0);
	child = child_start(count_for_ever);
	for (int i = 0; i < 2; i++) {
		assert_true(births_since(&b, &range));
		assert_in_range(child, range.first, range.last);
	}
	assert_true(births_since(&b, &range));
	assert_true(range.first > child);
	births_put_back(&b, child);
	assert_true(births_since(&b, &range));
	assert_int_equal(range.first, child);
	child_end(child);
	births_deinit(&b);
}

static void
too_many_or_from_the_beginning(void **state)
{
	struct birth_range range;
	struct births b;

	(void)state;
	births_init(&b);
	b.last -= BIRTHS_MAX + 1;
	b.before = b.last;
	assert_false(births_since(&b, &range));
	/* The next look is twice, too. */
	assert_false(births_since(&b, &range));
	assert_true(births_since(&b, &range));
	b.last = b.before = (pid_t)1 << 30;
	assert_false(births_since(&b, &range));
	assert_false(births_since(&b, &range));
	assert_true(births_since(&b, &range));
	births_deinit(&b);
	assert_false(births_since(&b, &range));
}

static void
say_last(int fd, const char *line)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, line, strlen(line), 0), strlen(line));
}

/* What a container may have in its place: too high, or too old. */
static void
a_file_that_is_not_the_kernels(void **state)
{
	struct birth_range range;
	struct births b;
	int fd = memfd_create("loadavg", MFD_CLOEXEC);

	(void)state;
	b = (struct births){.fd = fd, .last = 500, .before = 500,
	    .origin = 500};
	say_last(fd, "0.00 0.00 0.00 1/1 510\n");
	assert_true(births_since(&b, &range));
	assert_int_equal(range.first, 501);
	assert_int_equal(range.last, 510);
	births_confirm(&b, 505);
	births_confirm(&b, 510);
	assert_true(b.fd >= 0);
	/* Begun anew: any may be. */
	say_last(fd, "0.00 0.00 0.00 1/1 300\n");
	births_confirm(&b, 299);
	assert_false(births_since(&b, &range));
	births_confirm(&b, 299);
	births_confirm(&b, 600);
	assert_true(b.fd >= 0);

	b = (struct births){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0), .last = 300,
	    .before = 300, .origin = 300};
	births_confirm(&b, 301);
	assert_int_equal(b.fd, -1);
	b = (struct births){.fd = fd, .last = 300, .before = 300,
	    .origin = 300};
	births_confirm(&b, 20);
	assert_int_equal(b.fd, -1);
	assert_false(births_since(&b, &range));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_field),
	    cmocka_unit_test(what_is_no_such_line),
	    cmocka_unit_test(a_child_is_told_twice),
	    cmocka_unit_test(too_many_or_from_the_beginning),
	    cmocka_unit_test(a_file_that_is_not_the_kernels),
	};

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
