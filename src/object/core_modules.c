/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/core_modules.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "object/core_file.h"
#include "object/extract.h"
#include "object/module.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/*
 * name is what the target calls it. O_NONBLOCK: whatever stands there, opening
 * it must not wait.
 */
static struct module *
open_path(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct module *module;
	struct err ignored;

	if (fd < 0 || module_open(fd, name, &module, &ignored) < 0)
		return NULL;
	return module;
}

static bool
is_the_same(struct module *module, const struct core_file *cf, size_t i)
{
	const char *key = core_file_key(cf, i);

	if (key[0] == '\0')
		return !core_file_is_ours(cf);
	return strcmp(module_key(module), key) == 0;
}

static struct module *
open_by_name(const struct core_file *cf, size_t i)
{
	const struct mapping *m = &core_file_mappings(cf)->v[i];
	struct module *module;

	if (m->name[0] != '/' || (m->flags & MAPPING_DELETED) != 0)
		return NULL;
	module = open_path(m->name, m->name);
	if (module == NULL || is_the_same(module, cf, i))
		return module;
	module_unref(module);
	return NULL;
}

/* An extract is named by its key; that of a build-id is held to it. */
static struct module *
open_extract(const struct core_file *cf, size_t i, const char *dir)
{
	const char *name = core_file_mappings(cf)->v[i].name;
	const char *id = core_file_build_id(cf, i);
	_cleanup_free_ char *path = extract_path(dir, core_file_key(cf, i));
	struct module *module;

	module = path != NULL ? open_path(path, name) : NULL;
	if (module == NULL || strcmp(module_build_id(module), id) == 0)
		return module;
	module_unref(module);
	return NULL;
}

static struct module *
open_module(
    const struct core_file *cf, size_t i, const struct core_modules_opts *opts)
{
	const struct mapping *m = &core_file_mappings(cf)->v[i];
	struct mem mem = core_file_mem(cf);
	struct module *module = NULL;

	if (strcmp(m->name, "[vdso]") == 0)
		return module_open_vdso(&mem, m->start, m->end - m->start);
	if (opts->by_name)
		module = open_by_name(cf, i);
	if (module == NULL && opts->extracts != NULL)
		module = open_extract(cf, i, opts->extracts);
	return module;
}

/* What was opened before, or could not be: mappings by key and name. */
struct opened {
	struct hash index;
	const struct core_file *cf;
	const struct core_modules *cm;
};

static uint64_t
hash_of(const struct core_file *cf, size_t i)
{
	const char *key = core_file_key(cf, i);
	const char *name = core_file_mappings(cf)->v[i].name;

	return hash_bytes(key, strlen(key)) ^
	       hash_u64(hash_bytes(name, strlen(name)));
}

static bool
find_opened(const struct opened *o, size_t i, struct module **ret)
{
	const struct mapping *maps = core_file_mappings(o->cf)->v;
	struct hash_probe at = hash_find(&o->index, hash_of(o->cf, i));
	uint32_t k;

	while ((k = hash_next(&o->index, &at)) != HASH_NONE) {
		if (strcmp(core_file_key(o->cf, k), core_file_key(o->cf, i)) !=
			0 ||
		    strcmp(maps[k].name, maps[i].name) != 0)
			continue;
		*ret = o->cm->modules[k] != NULL ? module_ref(o->cm->modules[k])
						 : NULL;
		return true;
	}
	return false;
}

static bool
is_code(const struct mapping *m)
{
	return (m->flags & MAPPING_EXEC) != 0 &&
	       (m->name[0] == '/' || strcmp(m->name, "[vdso]") == 0);
}

void
core_modules_open(struct core_modules *ret, const struct core_file *cf,
    const struct core_modules_opts *opts)
{
	const struct mappings *maps = core_file_mappings(cf);
	struct opened opened = {.cf = cf, .cm = ret};

	*ret = (struct core_modules){.n = maps->n};
	ret->modules = xcalloc(maps->n + 1, sizeof(struct module *));
	ret->bias = xcalloc(maps->n + 1, sizeof(*ret->bias));
	for (size_t i = 0; i < maps->n; i++) {
		const struct mapping *m = &maps->v[i];
		struct module *module;

		if (!is_code(m))
			continue;
		if (!find_opened(&opened, i, &module)) {
			module = open_module(cf, i, opts);
			hash_add(&opened.index, hash_of(cf, i), (uint32_t)i);
		}
		if (module != NULL &&
		    !module_bias(module, m->start, m->off, &ret->bias[i])) {
			module_unref(module);
			module = NULL;
		}
		ret->modules[i] = module;
		ret->missing += module == NULL;
	}
	hash_deinit(&opened.index);
}

void
core_modules_close(struct core_modules *cm)
{
	for (size_t i = 0; i < cm->n; i++)
		module_unref(cm->modules[i]);
	free(cm->modules);
	free(cm->bias);
	*cm = (struct core_modules){0};
}
