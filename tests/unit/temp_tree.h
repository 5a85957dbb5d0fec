/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * temp_tree.h - a directory for one test, as a target's root or a --debug-path
 *
 *	char tree[TEMP_TREE_MAX];
 *
 *	temp_tree_make(tree);
 *	temp_tree_put(tree, "usr/bin/a.debug", bytes, size);
 *	...
 *	temp_tree_remove(tree);
 */
#ifndef SCRAPE_TESTS_TEMP_TREE_H
#define SCRAPE_TESTS_TEMP_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_TREE_MAX 64

static inline void
temp_tree_make(char tree[TEMP_TREE_MAX])
{
	strcpy(tree, "/tmp/scrape-test.XXXXXX");
	assert_non_null(mkdtemp(tree));
}

/* The path of a file in it, whose directories are made. */
static inline const char *
temp_tree_path(const char *tree, const char *file)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", tree, file);
	for (char *p = path + strlen(tree) + 1; (p = strchr(p, '/')) != NULL;
	     p++) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
	return path;
}

static inline void
temp_tree_put(
    const char *tree, const char *file, const void *bytes, size_t size)
{
	int fd = open(temp_tree_path(tree, file),
	    O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

static inline void
temp_tree_link(const char *tree, const char *file, const char *target)
{
	assert_int_equal(symlink(target, temp_tree_path(tree, file)), 0);
}

static inline int
temp_tree_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
temp_tree_remove(const char *tree)
{
	(void)nftw(tree, temp_tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
