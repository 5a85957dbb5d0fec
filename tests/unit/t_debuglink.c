/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debuglink.h"

#include "base/err.h"
#include "elf_image.h"
#include "object/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static bool
read_link(const void *bytes, size_t size, struct debuglink *ret)
{
	struct elf_image img = {0};
	struct module *m = NULL;
	struct err err;
	bool found;

	elf_image_put(&img, 0x300, bytes, size);
	elf_image_section(
	    &img, ".gnu_debuglink", SHT_PROGBITS, 0, 0x300, 0, size);
	assert_int_equal(
	    module_open(elf_image_fd(&img), "/bin/x", &m, &err), 0);
	found = debuglink_read(m, ret);
	module_unref(m);
	return found;
}

/* The CRC begins at a multiple of 4 behind the name and its NUL. */
static void
test_name_and_crc(void **state)
{
	struct debuglink link;

	(void)state;
	assert_true(read_link("abc\0\x01\x02\x03\x04", 8, &link));
	assert_string_equal(link.name, "abc");
	assert_int_equal(link.crc, 0x04030201);
	assert_true(read_link("abcd\0\0\0\0\x01\x02\x03\x04", 12, &link));
	assert_string_equal(link.name, "abcd");
	assert_int_equal(link.crc, 0x04030201);
}

static void
test_what_is_no_link(void **state)
{
	struct debuglink link;

	(void)state;
	assert_false(read_link("abc\0\x01\x02\x03", 7, &link));
	assert_false(read_link("abcdefgh", 8, &link));
	assert_false(read_link("\0\0\0\0\x01\x02\x03\x04", 8, &link));
	assert_false(read_link("a/b\0\x01\x02\x03\x04", 8, &link));
	assert_false(read_link("..\0\0\x01\x02\x03\x04", 8, &link));
}

/* The check value that every description of this CRC gives. */
static void
test_crc_of_a_file(void **state)
{
	struct debuglink link = {.crc = 0xcbf43926};
	int fd = memfd_create("digits", 0);

	(void)state;
	assert_int_equal(write(fd, "123456789", 9), 9);
	assert_true(debuglink_fits(&link, fd));
	assert_int_equal(write(fd, "0", 1), 1);
	assert_false(debuglink_fits(&link, fd));
	close(fd);
}

/* Sparse or not: its bytes would all be read. Only the small one is. */
static void
test_no_crc_of_a_huge_file(void **state)
{
	struct debuglink link = {.crc = (uint32_t)crc32(0, (uint8_t *)"", 1)};
	int fd = memfd_create("zeros", 0);

	(void)state;
	assert_int_equal(ftruncate(fd, 1), 0);
	assert_true(debuglink_fits(&link, fd));
	for (int64_t n = 1; n < DEBUGLINK_FILE_MAX; n *= 2)
		link.crc = (uint32_t)crc32_combine(link.crc, link.crc, n);
	link.crc = (uint32_t)crc32(link.crc, (uint8_t *)"", 1);
	assert_int_equal(ftruncate(fd, DEBUGLINK_FILE_MAX + 1), 0);
	assert_false(debuglink_fits(&link, fd));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_name_and_crc),
	    cmocka_unit_test(test_what_is_no_link),
	    cmocka_unit_test(test_crc_of_a_file),
	    cmocka_unit_test(test_no_crc_of_a_huge_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
