/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hot.h - the functions in which most of the time went */
#ifndef SCRAPE_PROFILE_HOT_H
#define SCRAPE_PROFILE_HOT_H

#include <stddef.h>
#include <stdint.h>

struct profile;

struct hot_function {
	char *name;
	char *object;	/* base name of the mapping's file, or "" */
	uint64_t self;	/* value of stacks whose innermost function it is */
	uint64_t total; /* value of stacks that hold it, once each */
};

/*
 * The n functions with the highest self value, highest first, ties by total,
 * then name; returns how many were found. Markers are functions too.
 */
size_t hot_functions(
    const struct profile *p, struct hot_function *ret, size_t n);
void hot_functions_deinit(struct hot_function *v, size_t n);

#endif
