/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.h - a regular expression as somebody typed it
 *
 * An extended one, of which only is asked whether it matches. The C library
 * writes out what is repeated: ((a{255}){255}){255} would be sixteen million
 * letters. So what a pattern comes to is counted first, and bounded.
 */
#ifndef SCRAPE_BASE_PATTERN_H
#define SCRAPE_BASE_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

/* Letters, with what is repeated written out. */
#define PATTERN_MAX_LETTERS 4000

/* flags are added to REG_EXTENDED | REG_NOSUB. False: why says why not. */
bool pattern_compile(
    regex_t *ret, const char *text, int flags, char *why, size_t why_size);

#endif
