/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * escape.h - bytes that came from a target, made fit to print
 *
 * Thread names, paths and symbol names are chosen by whoever wrote the target;
 * a terminal would obey escape sequences in them. Control characters, and those
 * that reorder or break a line on the screen (bidi overrides, U+2028), become
 * '?', and bytes that are not UTF-8 become U+FFFD (pprof strings must be valid
 * UTF-8: research/interface.md 1.1).
 */
#ifndef SCRAPE_BASE_ESCAPE_H
#define SCRAPE_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The length in bytes (1 to 4) of the UTF-8 character at s, or 0 where there is
 * none: overlong forms, surrogates, a cut-off tail. s ends with a NUL.
 */
size_t utf8_char_len(const char *s);
bool utf8_valid(const char *s);
/* A copy with U+FFFD for each broken byte and nothing else changed. */
char *utf8_repaired(const char *s);

/* How a character is printed: its own bytes, or what stands for it. */
struct escaped {
	const char *bytes;
	size_t len;
};

/* The first character of s; returns its bytes there, 0 at the end. */
size_t escape_next(const char *s, struct escaped *ret);

/* How many bytes at s are printable ASCII: nearly all of them, and quick. */
size_t escape_plain_len(const char *s);

/* All of s, escaped. */
char *escape_dup(const char *s);
void escape_print(FILE *fp, const char *s);

#endif
