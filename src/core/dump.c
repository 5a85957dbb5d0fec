/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/dump.h"

#include "base/intern.h"
#include "base/xalloc.h"

#include <stdlib.h>

struct dump *
dump_new(void)
{
	struct dump *d = xcalloc(1, sizeof(*d));

	d->strings = xcalloc(1, sizeof(*d->strings));
	interner_init(d->strings);
	return d;
}

void
dump_free(struct dump *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n_threads; i++) {
		free(d->threads[i].frames);
		free(d->threads[i].syscall);
	}
	free(d->threads);
	interner_deinit(d->strings);
	free(d->strings);
	free(d);
}

const char *
dump_string(struct dump *d, const char *s)
{
	return s != NULL ? interned(d->strings, intern(d->strings, s)) : NULL;
}

struct dump_thread *
dump_add_thread(struct dump *d, pid_t tid)
{
	struct dump_thread *th;

	GROW(d->threads, d->n_threads, d->cap_threads);
	th = &d->threads[d->n_threads++];
	*th = (struct dump_thread){.tid = tid, .state = '?'};
	return th;
}
