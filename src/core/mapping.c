/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/mapping.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

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

static uint64_t
hash_of_file(const struct mapping *m)
{
	uint64_t dev = (uint64_t)m->dev_major << 32 | m->dev_minor;

	return hash_bytes(m->name, strlen(m->name)) ^
	       hash_u64(m->ino ^ hash_u64(dev));
}

static bool
is_same_file(const struct mapping *a, const struct mapping *b)
{
	return a->ino == b->ino && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && strcmp(a->name, b->name) == 0;
}

/* The first mapping of its file, which may be itself; files has all those. */
static size_t
first_of_file(struct hash *files, const struct mappings *m, size_t i)
{
	uint64_t hash = hash_of_file(&m->v[i]);
	struct hash_probe at = hash_find(files, hash);
	uint32_t id;

	while ((id = hash_next(files, &at)) != HASH_NONE)
		if (is_same_file(&m->v[id], &m->v[i]))
			return id;
	hash_add(files, hash, (uint32_t)i);
	return i;
}

size_t *
mappings_headers(const struct mappings *m)
{
	size_t *headers = xcalloc(m->n + 1, sizeof(*headers));
	/* So far, by the first mapping of each file. */
	_cleanup_free_ size_t *last = xcalloc(m->n + 1, sizeof(*last));
	struct hash files = {0};

	for (size_t i = 0; i < m->n; i++) {
		size_t file = first_of_file(&files, m, i);

		if (m->v[i].off == 0)
			last[file] = i;
		else if (file == i)
			last[file] = MAPPING_NONE;
		headers[i] = last[file];
	}
	hash_deinit(&files);
	return headers;
}

size_t
mappings_file_of(const struct mappings *m, size_t i)
{
	const struct mapping *map = &m->v[i];
	bool is_bare_code = (map->flags & MAPPING_EXEC) != 0 &&
			    map->ino == 0 && map->name[0] == '\0';

	return is_bare_code && i > 0 && map[-1].end == map->start ? i - 1 : i;
}

void
mappings_deinit(struct mappings *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	*m = (struct mappings){0};
}
