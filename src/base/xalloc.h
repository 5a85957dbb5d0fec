/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xalloc.h - allocation that succeeds or ends the program
 *
 * Ending is safe for the target: threads seized by ptrace run on when their
 * tracer exits. Never called in the stop window.
 */
#ifndef SCRAPE_BASE_XALLOC_H
#define SCRAPE_BASE_XALLOC_H

#include "base/attr.h"

#include <stddef.h>
#include <stdio.h>

void *xmalloc(size_t size) nodiscard;
void *xcalloc(size_t n, size_t size) nodiscard;
void *xreallocarray(void *ptr, size_t n, size_t size) nodiscard;
char *xstrdup(const char *s) nodiscard;
char *xasprintf(const char *fmt, ...) nodiscard printf_like(1, 2);
/* open_memstream(), and its end, after which *ret is there, to be freed. */
FILE *xopen_memstream(char **ret, size_t *ret_size) nodiscard;
void xclose_memstream(FILE *fp);
void die_no_memory(void) __attribute__((noreturn));
/* Called before the program ends so: whoever has the terminal gives it back. */
void xalloc_before_death(void (*fn)(void));

/* Room for one more element in a growing array (doubling, from 16). */
#define GROW(ptr, n, cap)                                                  \
	do {                                                               \
		if ((n) == (cap)) {                                        \
			(cap) = (cap) == 0 ? 16 : (cap) * 2;               \
			(ptr) = xreallocarray((ptr), (cap), sizeof(*(ptr))); \
		}                                                          \
	} while (0)

#endif
