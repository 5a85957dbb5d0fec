/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cleanup.h - let the scope free what it owns
 *
 * _cleanup_free_ and friends release a local at scope exit; steal_ptr() and
 * steal_fd() hand it over to the caller instead.
 */
#ifndef SCRAPE_BASE_CLEANUP_H
#define SCRAPE_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void
cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void
cleanup_fclose(FILE *const *fp)
{
	if (*fp != NULL)
		(void)fclose(*fp);
}

static inline int
steal_fd(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

#define _cleanup_free_	 __attribute__((cleanup(cleanup_free)))
#define _cleanup_close_	 __attribute__((cleanup(cleanup_close)))
#define _cleanup_fclose_ __attribute__((cleanup(cleanup_fclose)))

#define steal_ptr(p)                   \
	({                             \
		__typeof__(p) kept_ = (p); \
		(p) = NULL;            \
		kept_;                 \
	})

#endif
