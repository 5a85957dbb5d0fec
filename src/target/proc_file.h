/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc_file.h - small files of /proc, read whole */
#ifndef SCRAPE_TARGET_PROC_FILE_H
#define SCRAPE_TARGET_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The directory /proc/PID (O_PATH); -1: there is none. */
int proc_open_dir(pid_t pid);
/* The process that thread pid, whose directory this is, belongs to. */
pid_t proc_process_of(int proc_fd, pid_t pid);

/*
 * All of dirfd/name, NUL-terminated, into a new string; NULL when it cannot be
 * read. At most PROC_FILE_MAX bytes.
 */
#define PROC_FILE_MAX (256u << 20)
char *proc_file_read(int dirfd, const char *name, size_t *ret_len);
/* Up to size - 1 bytes into buf, NUL-terminated; false when unreadable. */
bool proc_file_read_into(int dirfd, const char *name, char *buf, size_t size);

/* What follows "key:" and blanks in such a text, up to its end; NULL: no such. */
const char *proc_status_value(const char *text, const char *key);
/* The number behind "key:" in a text like /proc/PID/status; false: no such. */
bool proc_status_field(const char *text, const char *key, uint64_t *ret);

/* What is used of /proc/PID/stat; the name in it may hold anything. */
struct proc_stat {
	char state;
	pid_t ppid;
	uint64_t flags;
	uint64_t utime, stime; /* clock ticks */
	uint64_t cutime, cstime; /* ... of children that were waited for */
	uint64_t start_time;
	int cpu; /* where it runs, or last ran; -1: the text ends before it */
};
bool proc_stat_parse(const char *text, struct proc_stat *ret);

#endif
