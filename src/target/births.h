/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * births.h - which process ids were given away since the last look
 *
 * The kernel gives ids in rising order and tells the last one in /proc/loadavg,
 * to anybody. So whether anything was forked at all costs one read, however
 * many processes there are, and who was, one for each. Threads have ids of the
 * same kind, so that not every new id is a process.
 */
#ifndef SCRAPE_TARGET_BIRTHS_H
#define SCRAPE_TARGET_BIRTHS_H

#include <stdbool.h>
#include <sys/types.h>

/* More new ids than this are not looked at one by one. */
#define BIRTHS_MAX 1024

struct births {
	int fd; /* /proc/loadavg, kept open; -1: it cannot be read */
	pid_t last;   /* id that there was at the last look */
	pid_t before; /* ... at the look before that */
	pid_t origin; /* ... at the first */
	bool has_wrapped;
};

struct birth_range {
	pid_t first, last; /* no ids where last < first */
};

/* From now on. */
void births_init(struct births *b);
void births_deinit(struct births *b);
/*
 * The ids that came since the look before the last: each is told twice, for one
 * that is being forked has its id before it can be found in /proc. False where
 * they cannot be told one by one: it has to be looked for among all.
 */
bool births_since(struct births *b, struct birth_range *ret);
/* Has the next look tell those from here on again. */
void births_put_back(struct births *b, pid_t first);

/*
 * One that has come meanwhile was found in another way. Where the file does not
 * know of it, it is not the kernel's own, as in some containers (lxcfs): then
 * nothing is told any more.
 */
void births_confirm(struct births *b, pid_t pid);

/* The last field of such a line; false where there is none. */
bool births_parse(const char *loadavg, pid_t *ret);

#endif
