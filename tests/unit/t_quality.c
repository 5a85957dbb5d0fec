/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target is the test itself, with files of code mapped for the purpose. */
#include "config.h"

#include "session/quality.h"

#include "core/check.h"
#include "elf_image.h"
#include "object/debug_search.h"
#include "own_module.h"
#include "own_target.h"
#include "temp_tree.h"

#include <limits.h>
#include <sys/mman.h>

static struct target target;
static struct check check;
static char tree[TEMP_TREE_MAX];

static int
setup(void **state)
{
	(void)state;
	target = own_target_open();
	check = (struct check){0};
	temp_tree_make(tree);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	check_deinit(&check);
	target_close(&target);
	temp_tree_remove(tree);
	return 0;
}

static const struct check_module *
find(const char *path)
{
	for (size_t i = 0; i < check.n_modules; i++)
		if (strcmp(check.modules[i].path, path) == 0)
			return &check.modules[i];
	fail_msg("no %s", path);
	return NULL;
}

static void
the_program_itself(void **state)
{
	const struct check_module *m;
	struct module *own = own_module();
	char path[PATH_MAX] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	assert_true(quality_look(&target, &debug_search_default, &check));
	assert_string_equal(check.exe, path);
	m = find(path);
	assert_true(m->is_opened);
	assert_false(m->is_deleted);
	assert_int_equal(m->symbols, SYMBOLS_FULL);
	assert_string_equal(m->unwind, ".eh_frame_hdr");
	assert_string_equal(m->build_id, module_build_id(own));
	assert_int_equal(check_module_verdict(m), VERDICT_PASS);
	module_unref(own);
}

static void
each_file_once_and_the_vdso(void **state)
{
	(void)state;
	assert_true(quality_look(&target, &debug_search_default, &check));
	assert_true(check.n_modules >= 3);
	for (size_t i = 0; i < check.n_modules; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
			    check.modules[i].path, check.modules[k].path);
#ifdef __x86_64__
	assert_int_equal(check_module_verdict(find("[vdso]")), VERDICT_PASS);
#endif
}

/* Maps a file of the tree as code; to munmap(). */
static void *
map_code(const char *file)
{
	int fd = open(temp_tree_path(tree, file), O_RDONLY | O_CLOEXEC);
	void *p = mmap(
	    NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	assert_true(p != MAP_FAILED);
	(void)close(fd);
	return p;
}

static void
put_bare_library(const char *file)
{
	struct elf_image img;

	memset(&img, 0, sizeof(img));
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0, 0, 0x1000);
	elf_image_finish(&img);
	temp_tree_put(tree, file, img.bytes, sizeof(img.bytes));
}

static void
a_file_that_has_nothing(void **state)
{
	const struct check_module *m;
	char expected[PATH_MAX];
	void *p;

	(void)state;
	put_bare_library("bare.so");
	p = map_code("bare.so");
	assert_true(quality_look(&target, &debug_search_default, &check));
	m = find(temp_tree_path(tree, "bare.so"));
	assert_true(m->is_opened);
	assert_int_equal(m->symbols, SYMBOLS_NONE);
	assert_null(m->unwind);
	assert_false(m->has_lines);
	assert_string_equal(m->build_id, "");
	assert_null(m->debug_file);
	(void)snprintf(expected, sizeof(expected),
	    "/usr/lib/debug%s/bare.so.debug", tree);
	assert_string_equal(m->debug_expected, expected);
	assert_int_equal(check_module_verdict(m), VERDICT_WARN);
	(void)munmap(p, 4096);
}

static void
a_file_that_is_deleted_is_still_read(void **state)
{
	const struct check_module *m;
	void *p;

	(void)state;
	put_bare_library("gone.so");
	p = map_code("gone.so");
	assert_int_equal(unlink(temp_tree_path(tree, "gone.so")), 0);
	assert_true(quality_look(&target, &debug_search_default, &check));
	m = find(temp_tree_path(tree, "gone.so"));
	assert_true(m->is_deleted);
	assert_true(m->is_opened);
	(void)munmap(p, 4096);
}

static void
a_file_that_is_no_elf_file(void **state)
{
	static const char zeros[4096];
	const struct check_module *m;
	void *p;

	(void)state;
	temp_tree_put(tree, "junk", zeros, sizeof(zeros));
	p = map_code("junk");
	assert_true(quality_look(&target, &debug_search_default, &check));
	m = find(temp_tree_path(tree, "junk"));
	assert_false(m->is_opened);
	assert_string_equal(m->build_id, "");
	assert_int_equal(check_module_verdict(m), VERDICT_WARN);
	(void)munmap(p, 4096);
}

static void
a_target_that_is_gone(void **state)
{
	struct target gone = {.pid = -1,
	    .pidfd = -1,
	    .proc_fd = -1,
	    .mm_fd = -1,
	    .mem = {.pid = -1, .mem_fd = -1}};

	(void)state;
	assert_false(quality_look(&gone, &debug_search_default, &check));
	assert_int_equal(check.n_modules, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(the_program_itself),
	    TEST(each_file_once_and_the_vdso),
	    TEST(a_file_that_has_nothing),
	    TEST(a_file_that_is_deleted_is_still_read),
	    TEST(a_file_that_is_no_elf_file),
	    TEST(a_target_that_is_gone),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
