/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blame.h - the file that costs a profile most of what it lacks */
#ifndef SCRAPE_PROFILE_BLAME_H
#define SCRAPE_PROFILE_BLAME_H

#include <stdint.h>

struct profile;

struct blame {
	const char *file;     /* of the mapping; "": code that no file holds */
	const char *build_id; /* or "" */
	double share;	      /* of the profile's samples, 0 to 1 */
};

/* Stacks that break off in its code, for which it has no unwind tables. */
struct blame blame_broken(const struct profile *p);
/* Stacks whose leaf is a function of it without a name. */
struct blame blame_unnamed(const struct profile *p);

#endif
