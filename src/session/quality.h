/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quality.h - how good the stacks of a target will be, file by file
 *
 * For each file of code that is mapped: where its function names, its unwind
 * tables and its lines come from, and where they would have to be put. Looks
 * at files only; the target is not stopped.
 */
#ifndef SCRAPE_SESSION_QUALITY_H
#define SCRAPE_SESSION_QUALITY_H

#include <stdbool.h>

struct check;
struct debug_search;
struct target;

/* Fills the modules of ret and its exe; false when the target is gone. */
bool quality_look(
    struct target *t, const struct debug_search *search, struct check *ret);

#endif
