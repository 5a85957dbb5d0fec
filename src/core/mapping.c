/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/mapping.h"

#include <stdlib.h>

const struct mapping *
mappings_find(const struct mappings *m, uint64_t addr)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr < m->v[mid].start)
			hi = mid;
		else if (addr >= m->v[mid].end)
			lo = mid + 1;
		else
			return &m->v[mid];
	}
	return NULL;
}

void
mappings_deinit(struct mappings *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	*m = (struct mappings){0};
}
