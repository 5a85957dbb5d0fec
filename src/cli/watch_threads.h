/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch_threads.h - the threads of what is watched; see watch_threads() */
#ifndef SCRAPE_CLI_WATCH_THREADS_H
#define SCRAPE_CLI_WATCH_THREADS_H

#include <stddef.h>
#include <sys/types.h>

struct watch;
struct watch_threads;

void watch_threads_free(struct watch_threads *t); /* NULL is fine */
/* Threads that there are now; and those of them that used CPU in the window. */
void watch_threads_count(
    struct watch *w, size_t *ret_all, size_t *ret_active);
/* The processes' ages as of now. Who has ended does not grow older. */
void watch_threads_ages(struct watch *w);

#endif
