/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_file.h"

#include "elf_image.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

static void
test_only_elf_files(void **state)
{
	int ends[2];

	(void)state;
	assert_null(debug_file_new(-1, "none", DEBUG_LINK));
	assert_null(debug_file_new(
	    open("/dev/null", O_RDONLY), "/dev/null", DEBUG_LINK));
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_null(debug_file_new(ends[0], "pipe", DEBUG_LINK));
	assert_int_equal(fcntl(ends[0], F_GETFD), -1);
}

static void
test_it_knows_where_it_came_from(void **state)
{
	struct elf_image img = {0};
	struct debug_file *df;
	int fd;

	(void)state;
	elf_image_put(&img, 0x300, "bytes", 5);
	fd = elf_image_fd(&img);
	df = debug_file_new(fd, "/usr/lib/debug/x.debug", DEBUG_BUILD_ID);
	assert_non_null(df);
	assert_int_equal(debug_file_fd(df), fd);
	assert_int_equal(debug_file_bytes(df).fd, fd);
	assert_string_equal(debug_file_path(df), "/usr/lib/debug/x.debug");
	assert_int_equal(debug_file_how(df), DEBUG_BUILD_ID);
	assert_false(debug_file_has_dwarf(debug_file_elf(df)));
	debug_file_free(df);
}

/* strip --only-keep-debug leaves the places of sections that it took. */
static void
test_an_empty_place_is_no_dwarf(void **state)
{
	static const uint32_t types[] = {SHT_NOBITS, SHT_PROGBITS};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct elf_image img = {0};
		struct debug_file *df;

		elf_image_put(&img, 0x300, "bytes", 5);
		elf_image_section(
		    &img, ".debug_info", types[i], 0, 0x300, 0, 5);
		df = debug_file_new(elf_image_fd(&img), "x", DEBUG_LINK);
		assert_int_equal(
		    debug_file_has_dwarf(debug_file_elf(df)), i == 1);
		debug_file_free(df);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_elf_files),
	    cmocka_unit_test(test_it_knows_where_it_came_from),
	    cmocka_unit_test(test_an_empty_place_is_no_dwarf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
