/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_file.h"

#include "elf_image.h"
#include "object/build_id.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUILD_IDS "/usr/lib/debug/.build-id"

static void
test_none_is_found_for_no_id(void **state)
{
	static const char *const ids[] = {"", "a", "ab",
	    "0000000000000000000000000000000000000000",
	    "ab/../../../../../../../etc/passwd"};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_null(debug_file_find(ids[i]));
}

/* A name that a target chose is not opened, be it as it may. */
static void
test_shared_file_only_below_its_folder(void **state)
{
	(void)state;
	assert_null(debug_file_find_shared("", "/proc/self/exe"));
	assert_null(debug_file_find_shared("ab", "/.dwz/../../bin/sh"));
	assert_null(debug_file_find_shared("ab", "/proc/self/fd/0"));
}

static void
test_only_the_right_file_is_opened(void **state)
{
	static const struct {
		Elf64_Nhdr head;
		char name[4];
		uint8_t desc[4];
	} note = {{4, 4, NT_GNU_BUILD_ID}, "GNU", {0xde, 0xad, 0xbe, 0xef}};
	struct elf_image img = {0};
	struct debug_file *df;
	char path[64];
	int fd;

	(void)state;
	elf_image_put(&img, 0x300, &note, sizeof(note));
	elf_image_segment(&img, PT_NOTE, PF_R, 0x300, 0x300, sizeof(note));
	fd = elf_image_fd(&img);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_null(debug_file_open(path, "deadbee0"));
	assert_null(debug_file_open(path, ""));
	assert_null(debug_file_open("/dev/null", "deadbeef"));
	df = debug_file_open(path, "deadbeef");
	assert_non_null(df);
	assert_int_not_equal(debug_file_fd(df), fd);
	assert_int_equal(elf_kind(debug_file_elf(df)), ELF_K_ELF);
	debug_file_free(df);
	close(fd);
}

/* The build-id of some debug file that is installed here. */
static bool
any_installed(char *id, size_t size)
{
	char dir[sizeof(BUILD_IDS) + 256];
	struct dirent *outer, *inner;
	DIR *top = opendir(BUILD_IDS), *sub;
	bool found = false;

	if (top == NULL)
		return false;
	while (!found && (outer = readdir(top)) != NULL) {
		(void)snprintf(
		    dir, sizeof(dir), "%s/%s", BUILD_IDS, outer->d_name);
		sub = outer->d_name[0] != '.' ? opendir(dir) : NULL;
		while (!found && sub != NULL &&
		       (inner = readdir(sub)) != NULL) {
			char *dot = strstr(inner->d_name, ".debug");

			if (dot == NULL || dot == inner->d_name)
				continue;
			(void)snprintf(id, size, "%s%.*s", outer->d_name,
			    (int)(dot - inner->d_name), inner->d_name);
			found = true;
		}
		if (sub != NULL)
			closedir(sub);
	}
	closedir(top);
	return found;
}

static void
test_installed_one_is_found_and_is_the_right_one(void **state)
{
	struct build_id found;
	struct debug_file *df;
	char id[512];

	(void)state;
	if (!any_installed(id, sizeof(id)))
		skip();
	df = debug_file_find(id);
	assert_non_null(df);
	assert_true(build_id_read(debug_file_elf(df), &found));
	assert_string_equal(found.hex, id);
	debug_file_free(df);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none_is_found_for_no_id),
	    cmocka_unit_test(test_shared_file_only_below_its_folder),
	    cmocka_unit_test(test_only_the_right_file_is_opened),
	    cmocka_unit_test(test_installed_one_is_found_and_is_the_right_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
