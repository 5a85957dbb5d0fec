/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/file_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The same bytes as a file and as an image: the same answers. */
static void
test_as_many_as_there_are(void **state)
{
	static const uint8_t bytes[] = "0123456789";
	static const struct {
		uint64_t off;
		size_t len, expected;
	} cases[] = {
	    {0, 10, 10}, {3, 4, 4}, {8, 10, 2}, {10, 1, 0}, {99, 1, 0},
	    {0, 0, 0}, {UINT64_MAX, 10, 0}, {INT64_MAX, 10, 0},
	};
	struct file_bytes sources[2] = {
	    {.fd = memfd_create("bytes", 0)},
	    {.fd = -1, .image = bytes, .image_size = 10},
	};

	(void)state;
	assert_int_equal(write(sources[0].fd, bytes, 10), 10);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const struct file_bytes *fb = &sources[i % 2];
		uint64_t off = cases[i / 2].off;
		uint8_t buf[16] = {0};

		assert_int_equal(
		    file_bytes_read(fb, off, buf, cases[i / 2].len),
		    cases[i / 2].expected);
		if (cases[i / 2].expected > 0)
			assert_memory_equal(
			    buf, bytes + off, cases[i / 2].expected);
	}
	close(sources[0].fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_many_as_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
