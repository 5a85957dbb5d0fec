/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch_threads.h - the threads of what is watched; see watch_threads() */
#ifndef SCRAPE_CLI_WATCH_THREADS_H
#define SCRAPE_CLI_WATCH_THREADS_H

#include <stddef.h>
#include <sys/types.h>

struct watch;
struct watch_threads;

void watch_threads_free(struct watch_threads *t); /* NULL is fine */
/* Threads that there are now; and those that used CPU in the window. */
size_t watch_threads_count(struct watch *w);
size_t watch_threads_active(struct watch *w);
/*
 * Seconds since a process, by its index, was started, or that it had when it
 * ended; 0 where that is not known.
 */
double watch_threads_age(struct watch *w, size_t process);

#endif
