/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/located.h"

#include "base/xalloc.h"
#include "object/module.h"

#include <stdbool.h>
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

static bool
is_among(struct module *const *modules, size_t n, const struct module *m)
{
	for (size_t i = 0; i < n; i++)
		if (modules[i] == m)
			return true;
	return false;
}

/* Places of one module mostly follow each other. */
void
located_keep(struct located *l, struct module *const *modules, size_t n)
{
	const struct module *last = NULL;
	struct symbolize_opts opts = l->opts;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].module == last)
			continue;
		last = l->v[i].module;
		if (is_among(modules, n, last))
			continue;
		/* It comes seldom: the others are looked up again. */
		located_deinit(l);
		located_init(l, &opts);
		return;
	}
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
