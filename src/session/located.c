/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/located.h"

#include "base/xalloc.h"
#include "object/module.h"

#include <stdlib.h>

void
located_init(struct located *l, const struct symbolize_opts *opts)
{
	*l = (struct located){.opts = *opts};
}

void
located_deinit(struct located *l)
{
	for (size_t i = 0; i < l->n; i++) {
		location_deinit(&l->v[i].location);
		module_unref(l->v[i].module);
	}
	free(l->v);
	hash_deinit(&l->index);
}

const struct location *
located_find(struct located *l, struct module *m, uint64_t vaddr)
{
	uint64_t h = hash_u64((uintptr_t)m ^ hash_u64(vaddr));
	struct hash_probe at = hash_find(&l->index, h);
	struct located_place *p;
	uint32_t id;

	while ((id = hash_next(&l->index, &at)) != HASH_NONE)
		if (l->v[id].module == m && l->v[id].vaddr == vaddr)
			return &l->v[id].location;
	GROW(l->v, l->n, l->cap);
	hash_add(&l->index, h, (uint32_t)l->n);
	p = &l->v[l->n++];
	*p = (struct located_place){.module = module_ref(m), .vaddr = vaddr};
	symbolize(m, vaddr, &l->opts, &p->location);
	return &p->location;
}
