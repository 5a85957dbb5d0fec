/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names.h - the frames of a profile get their functions, files and lines */
#ifndef SCRAPE_SESSION_NAMES_H
#define SCRAPE_SESSION_NAMES_H

#include <stdint.h>

struct location;
struct profile;
struct session_opts;
struct spaces;

/* Names every frame that stands in code of a module. Slow. */
void names_resolve(const struct spaces *all, struct profile *p,
    const struct session_opts *opts);

/*
 * Names one frame, which has a mapping, by what symbolize() found there. The
 * mapping's flags tell of it too.
 */
void names_set(
    struct profile *p, uint32_t frame, const struct location *loc);

#endif
