/* SPDX-License-Identifier: GPL-3.0-or-later */
/* by_thread.h - how much of a profile is each thread's */
#ifndef SCRAPE_PROFILE_BY_THREAD_H
#define SCRAPE_PROFILE_BY_THREAD_H

#include "profile/window.h"

#include <stddef.h>

struct profile;

/*
 * The weights, by node, n of them, added up by label set; free() the result,
 * which has p->n_labels entries.
 */
struct weight *by_thread(
    const struct profile *p, const struct weight *weights, size_t n);

#endif
