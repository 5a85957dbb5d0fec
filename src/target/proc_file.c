/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/proc_file.h"

#include "base/cleanup.h"
#include "base/xalloc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
proc_open_dir(pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

char *
proc_file_read(int dirfd, const char *name, size_t *ret_len)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0, cap = 4096;
	char *buf;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	buf = xmalloc(cap);
	while (len < PROC_FILE_MAX &&
	       (n = read(fd, buf + len, cap - len - 1)) > 0) {
		len += (size_t)n;
		if (cap - len < 2)
			buf = xreallocarray(buf, cap *= 2, 1);
	}
	if (n < 0) {
		free(buf);
		return NULL;
	}
	buf[len] = '\0';
	if (ret_len != NULL)
		*ret_len = len;
	return buf;
}

bool
proc_file_read_into(int dirfd, const char *name, char *buf, size_t size)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return false;
	buf[n] = '\0';
	return true;
}

const char *
proc_status_value(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *line = text;

	while (line != NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return NULL;
}

bool
proc_status_field(const char *text, const char *key, uint64_t *ret)
{
	const char *value = proc_status_value(text, key);

	return value != NULL && sscanf(value, "%" SCNu64, ret) == 1;
}

bool
proc_stat_parse(const char *text, struct proc_stat *ret)
{
	/* The name is in parentheses and may hold some itself: the last ends */
	const char *s = strrchr(text, ')');

	ret->cpu = -1;
	return s != NULL &&
	       sscanf(s + 1,
		   " %c %d %*s %*s %*s %*s %" SCNu64
		   " %*s %*s %*s %*s %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %*s %*s %*s %*s %" SCNu64
		   " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
		   " %*s %*s %*s %*s %d",
		   &ret->state, &ret->ppid, &ret->flags, &ret->utime,
		   &ret->stime, &ret->cutime, &ret->cstime,
		   &ret->start_time, &ret->cpu) >= 8;
}

pid_t
proc_process_of(int proc_fd, pid_t pid)
{
	_cleanup_free_ char *status = NULL;
	uint64_t tgid;

	if (proc_fd >= 0)
		status = proc_file_read(proc_fd, "status", NULL);
	if (status == NULL || !proc_status_field(status, "Tgid", &tgid))
		return pid;
	return (pid_t)tgid;
}
