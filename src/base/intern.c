/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/intern.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define obstack_chunk_alloc xmalloc
#define obstack_chunk_free  free

void
interner_init(struct interner *in)
{
	*in = (struct interner){0};
	obstack_init(&in->bytes);
	(void)intern(in, "");
}

void
interner_deinit(struct interner *in)
{
	obstack_free(&in->bytes, NULL);
	free(in->strings);
	hash_deinit(&in->index);
}

uint32_t
intern(struct interner *in, const char *s)
{
	const char *str = s != NULL ? s : "";
	size_t len = strlen(str);
	uint64_t h = hash_bytes(str, len);
	struct hash_probe at = hash_find(&in->index, h);
	uint32_t id;

	while ((id = hash_next(&in->index, &at)) != HASH_NONE)
		if (strcmp(in->strings[id], str) == 0)
			return id;
	GROW(in->strings, in->n, in->cap);
	in->strings[in->n] = obstack_copy0(&in->bytes, str, len);
	hash_add(&in->index, h, (uint32_t)in->n);
	return (uint32_t)in->n++;
}

const char *
interned(const struct interner *in, uint32_t id)
{
	assert(id < in->n);
	return in->strings[id];
}
