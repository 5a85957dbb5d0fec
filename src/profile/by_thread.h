/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * by_thread.h - how much of a window's CPU time is each thread's
 *
 * Kept up to date by what has changed in the window: of a profile with a million
 * nodes that is little.
 */
#ifndef SCRAPE_PROFILE_BY_THREAD_H
#define SCRAPE_PROFILE_BY_THREAD_H

#include "profile/window.h"

#include <stdint.h>

struct by_thread;
struct profile;

struct by_thread *by_thread_new(const struct profile *p);
void by_thread_free(struct by_thread *t); /* NULL is fine */
/*
 * Nanoseconds by label set, p->n_labels of them. The window's nodes are the
 * profile's. Valid until the next call.
 */
const uint64_t *by_thread_cpu(struct by_thread *t, const struct window *w);

#endif
