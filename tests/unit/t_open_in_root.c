/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/open_in_root.h"

#include "temp_tree.h"

#include <errno.h>

static char tree[TEMP_TREE_MAX];
static int root;

static int
set_up(void **state)
{
	(void)state;
	temp_tree_make(tree);
	temp_tree_put(tree, "secret", "outside", 7);
	temp_tree_put(tree, "root/secret", "inside", 6);
	temp_tree_put(tree, "root/a/b/file", "file", 4);
	temp_tree_link(tree, "root/a/absolute", "/secret");
	temp_tree_link(tree, "root/a/up", "../../../../secret");
	temp_tree_link(tree, "root/a/b/dir", "../../a");
	temp_tree_link(tree, "root/a/again", "absolute");
	temp_tree_link(tree, "root/a/loop", "loop");
	temp_tree_link(tree, "root/a/nothing", "/gone/../secret");
	assert_int_equal(
	    mkfifo(temp_tree_path(tree, "root/a/fifo"), 0600), 0);
	root = open(temp_tree_path(tree, "root"), O_PATH | O_DIRECTORY);
	return root < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(root);
	temp_tree_remove(tree);
	return 0;
}

/* What path leads to, by both ways; NULL: nowhere. */
static void
check(const char *path, const char *contents)
{
	int a = open_in_root(root, path), b = walk_in_root(root, path);
	struct stat sa, sb;
	char buf[16] = "";

	if (contents == NULL) {
		assert_int_equal(a, -1);
		assert_int_equal(b, -1);
		return;
	}
	assert_true(a >= 0);
	assert_true(b >= 0);
	assert_true(read(a, buf, sizeof(buf) - 1) > 0);
	assert_string_equal(buf, contents);
	assert_int_equal(fstat(a, &sa), 0);
	assert_int_equal(fstat(b, &sb), 0);
	assert_int_equal(sa.st_ino, sb.st_ino);
	close(a);
	close(b);
}

static void
test_nothing_leads_out(void **state)
{
	(void)state;
	check("a/b/file", "file");
	check("/a/b/file", "file");
	check("//a/./b//file", "file");
	check("/secret", "inside");
	check("../secret", "inside");
	check("/../../a/../secret", "inside");
	check("/a/absolute", "inside");
	check("/a/up", "inside");
	check("/a/b/dir/up", "inside");
	check("/a/b/dir/again", "inside");
}

static void
test_what_is_not_there(void **state)
{
	(void)state;
	check("/a/loop", NULL);
	check("/a/nothing", NULL);
	check("/a/b/file/c", NULL);
	check("/none", NULL);
}

/* Opening the fifo would wait for a writer, for ever. */
static void
test_only_regular_files(void **state)
{
	(void)state;
	assert_int_equal(open_in_root(root, "/a/fifo"), -1);
	assert_int_equal(open_in_root(root, "/a/b"), -1);
	assert_int_equal(open_in_root(-1, "/dev/null"), -1);
	assert_int_equal(
	    open_in_root(-1, temp_tree_path(tree, "root/a/fifo")), -1);
}

static void
test_our_own_root(void **state)
{
	int fd = open_in_root(-1, temp_tree_path(tree, "secret"));

	(void)state;
	assert_true(fd >= 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_leads_out),
	    cmocka_unit_test(test_what_is_not_there),
	    cmocka_unit_test(test_only_regular_files),
	    cmocka_unit_test(test_our_own_root),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
