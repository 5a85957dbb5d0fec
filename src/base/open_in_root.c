/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/open_in_root.h"

#include "base/cleanup.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* As many as the kernel follows in one path. */
#define LINKS_MAX 40
/* openat2 says EAGAIN when somebody renamed a directory under it. */
#define TRIES_MAX 8

/* A path without links or dots, step by step: a link raced in is not taken. */
static int
open_plain(int root, const char *path)
{
	_cleanup_close_ int at = openat(root, ".", O_PATH | O_CLOEXEC);

	while (at >= 0 && *path != '\0') {
		char step[NAME_MAX + 1];
		size_t n = strcspn(path, "/");
		int next;

		if (n >= sizeof(step)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(step, path, n);
		step[n] = '\0';
		path += n + (path[n] == '/');
		next = openat(at, step, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		cleanup_close(&at);
		at = next;
	}
	return steal_fd(&at);
}

/* A walk: what is resolved already, and what is still to be. */
struct walk {
	int root;
	unsigned links;
	char *done; /* from the root, without a slash before or behind */
	char *todo;
};

static void
set(char **where, char *value)
{
	free(*where);
	*where = value;
}

static void
go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash == NULL)
		w->done[0] = '\0';
	else
		*slash = '\0';
}

/* The length of the link that w->done is now, 0: it is none, or -errno. */
static ssize_t
read_link(const struct walk *w, char target[PATH_MAX])
{
	_cleanup_close_ int fd = open_plain(w->root, w->done);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = readlinkat(fd, "", target, PATH_MAX - 1);
	target[n > 0 ? n : 0] = '\0';
	return n > 0 ? n : 0;
}

/* 1 where the step was a link, and w->todo is another path now. */
static int
go_into(struct walk *w, const char *step, size_t n)
{
	char target[PATH_MAX];
	ssize_t len;

	set(&w->done, xasprintf("%s%s%.*s", w->done,
			  w->done[0] != '\0' ? "/" : "", (int)n, step));
	if (strlen(w->done) >= PATH_MAX)
		return -ENAMETOOLONG;
	len = read_link(w, target);
	if (len <= 0)
		return (int)len;
	if (w->links++ == LINKS_MAX)
		return -ELOOP;
	go_up(w);
	if (target[0] == '/')
		w->done[0] = '\0';
	set(&w->todo, xasprintf("%s/%s", target, step + n));
	return strlen(w->todo) < (size_t)2 * PATH_MAX ? 1 : -ENAMETOOLONG;
}

static int
resolve(struct walk *w)
{
	const char *p = w->todo;

	while (*p != '\0') {
		size_t n = strcspn(p, "/");
		int r = 0;

		if (n == 2 && memcmp(p, "..", 2) == 0)
			go_up(w);
		else if (n > 1 || (n == 1 && *p != '.'))
			r = go_into(w, p, n);
		if (r < 0)
			return r;
		if (r > 0)
			p = w->todo;
		else
			p += n + (p[n] == '/');
	}
	return 0;
}

int
walk_in_root(int root, const char *path)
{
	struct walk w = {
	    .root = root, .done = xstrdup(""), .todo = xstrdup(path)};
	int r = resolve(&w), fd = -1;

	if (r == 0)
		fd = open_plain(root, w.done);
	free(w.done);
	free(w.todo);
	if (r < 0)
		errno = -r;
	return fd;
}

static int
find_in_root(int root, const char *path)
{
	struct open_how how = {
	    .flags = O_PATH | O_CLOEXEC,
	    .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	if (root < 0)
		return open(path, O_PATH | O_CLOEXEC);
	for (int i = 0; i < TRIES_MAX; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return walk_in_root(root, path);
	return (int)fd;
}

/* O_NONBLOCK: a file that some other process has a lease on must not hold us */
int
open_in_root(int root, const char *path)
{
	_cleanup_close_ int found = find_in_root(root, path);
	_cleanup_free_ char *again = NULL;
	struct stat st;

	if (found < 0 || fstat(found, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	again = xasprintf("/proc/self/fd/%d", found);
	return open(again, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}
