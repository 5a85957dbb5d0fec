/* SPDX-License-Identifier: GPL-3.0-or-later */
/* names.h - the frames of a profile get their functions, files and lines */
#ifndef SCRAPE_SESSION_NAMES_H
#define SCRAPE_SESSION_NAMES_H

struct profile;
struct session_opts;
struct spaces;

/* Names every frame that stands in code of a module. Slow. */
void names_resolve(const struct spaces *all, struct profile *p,
    const struct session_opts *opts);

#endif
