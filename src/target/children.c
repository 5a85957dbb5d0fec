/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/children.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "target/proc_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static bool
read_stat(int proc_fd, const char *path, struct proc_stat *ret)
{
	char text[1024];

	return proc_file_read_into(proc_fd, path, text, sizeof(text)) &&
	       proc_stat_parse(text, ret);
}

static bool
read_parent(int proc_fd, const char *pid, pid_t *ret)
{
	struct proc_stat st;
	char path[64];

	(void)snprintf(path, sizeof(path), "%.20s/stat", pid);
	if (!read_stat(proc_fd, path, &st))
		return false;
	*ret = st.ppid;
	return true;
}

pid_t
children_parent(pid_t pid)
{
	struct proc_stat st;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return read_stat(AT_FDCWD, path, &st) ? st.ppid : 0;
}

bool
children_is_thread(pid_t pid)
{
	_cleanup_close_ int fd = proc_open_dir(pid);

	return proc_process_of(fd, pid) != pid;
}

/* Siblings stand together, by pid. */
static int
by_parent(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->ppid != y->ppid)
		return (x->ppid > y->ppid) - (x->ppid < y->ppid);
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Every process there is, by parent. */
static struct process *
list_all(size_t *ret_n)
{
	DIR *dir = opendir("/proc");
	struct process *v = NULL;
	size_t n = 0, cap = 0;
	const struct dirent *entry;
	pid_t ppid;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;

		if (name[0] < '1' || name[0] > '9' ||
		    !read_parent(dirfd(dir), name, &ppid))
			continue;
		GROW(v, n, cap);
		v[n++] = (struct process){
		    .pid = (pid_t)strtol(name, NULL, 10), .ppid = ppid};
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (n > 0)
		qsort(v, n, sizeof(*v), by_parent);
	*ret_n = n;
	return v;
}

/* Where the children of ppid begin, or would. */
static size_t
first_child(const struct process *all, size_t n, pid_t ppid)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (all[mid].ppid < ppid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_among(const pid_t *pids, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

struct process *
children_of_any(const pid_t *pids, size_t n_pids, size_t *ret_n)
{
	size_t n_all, n = 0;
	struct process *all = list_all(&n_all);
	struct process *found = xcalloc(n_all + 1, sizeof(*found));

	/* Breadth first. Each is taken once, so a pid that comes again ends. */
	for (size_t at = 0; at < n_pids + n; at++) {
		pid_t parent = at < n_pids ? pids[at] : found[at - n_pids].pid;

		for (size_t i = first_child(all, n_all, parent);
		    i < n_all && all[i].ppid == parent; i++) {
			if (all[i].pid == 0 ||
			    is_among(pids, n_pids, all[i].pid))
				continue;
			found[n++] = all[i];
			all[i].pid = 0; /* taken */
		}
	}
	free(all);
	*ret_n = n;
	return found;
}

struct process *
children_of(pid_t pid, size_t *ret_n)
{
	return children_of_any(&pid, 1, ret_n);
}
