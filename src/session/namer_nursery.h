/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * namer_nursery.h - a process that forks others, for one that cannot
 *
 * A child forked from a program with threads may do nothing but exec: a lock
 * that another thread had would be held for ever, malloc()'s among them. But a
 * namer's child has to be started again when it dies, and by then scrape
 * samples in a thread of its own. So a nursery is forked before there are
 * threads, does nothing but wait, and forks a child whenever it is told to. Not
 * an exec of /proc/self/exe: that would be a hidden command, the file may have
 * been replaced or not be ours to run, and every library would be loaded again.
 *
 *	scrape ---- begin, end ----> nursery ---- fork ----> child
 *	   \____________ the child's own socket _______________/
 *
 * The child is not scrape's: whoever waits there for threads that it has
 * stopped never sees it. Neither process outlives scrape: with that ends the
 * nursery's socket, and with the nursery its child.
 */
#ifndef SCRAPE_SESSION_NAMER_NURSERY_H
#define SCRAPE_SESSION_NAMER_NURSERY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct namer_opts;
struct namer_page;

struct nursery {
	pid_t pid;
	int sock;
	struct namer_page *page;
};

/* False, and nothing to close, where no process can be had. */
bool nursery_open(struct nursery *n, const struct namer_opts *opts);
/* Ends both, which takes no longer than a second. */
void nursery_close(struct nursery *n);

/*
 * A new child's socket, or -errno, -EPIPE where the nursery is dead. The child
 * before has to be ended.
 */
int nursery_begin(struct nursery *n);
/* Has the child killed, whether or not it is dead already. */
void nursery_end(struct nursery *n);

/* CPU time of the nursery and of all its children; may be less than before. */
uint64_t nursery_cpu_ns(const struct nursery *n);

#endif
