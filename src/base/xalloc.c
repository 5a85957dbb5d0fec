/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*before_death)(void);

void
xalloc_before_death(void (*fn)(void))
{
	before_death = fn;
}

void
die_no_memory(void)
{
	static const char msg[] = "scrape: out of memory\n";

	if (before_death != NULL)
		before_death();
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(1);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size != 0 ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
xreallocarray(void *ptr, size_t n, size_t size)
{
	void *p = reallocarray(ptr, n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		die_no_memory();
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		die_no_memory();
	return s;
}

FILE *
xopen_memstream(char **ret, size_t *ret_size)
{
	FILE *fp = open_memstream(ret, ret_size);

	if (fp == NULL)
		die_no_memory();
	return fp;
}

void
xclose_memstream(FILE *fp)
{
	if (fclose(fp) != 0)
		die_no_memory();
}
