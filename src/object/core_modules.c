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

/* The one whose name and place in its file are those of mapping i. */
static const struct mapping *
file_mapping(const struct core_file *cf, size_t i)
{
	const struct mappings *maps = core_file_mappings(cf);

	return &maps->v[mappings_file_of(maps, i)];
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
	const struct mapping *m = file_mapping(cf, i);
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
	const char *name = file_mapping(cf, i)->name;
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
	const struct mapping *m = file_mapping(cf, i);
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

/* What was opened so far, or could not be: by mappings' key and name. */
struct opened {
	struct hash index;
	const struct core_file *cf;
	const struct core_modules_opts *opts;
	struct module **modules; /* by the first mapping of each; or NULL */
};

static uint64_t
hash_of(const struct core_file *cf, size_t i)
{
	const char *key = core_file_key(cf, i);
	const char *name = file_mapping(cf, i)->name;

	return hash_bytes(key, strlen(key)) ^
	       hash_u64(hash_bytes(name, strlen(name)));
}

static bool
is_same_file(const struct core_file *cf, size_t a, size_t b)
{
	return strcmp(core_file_key(cf, a), core_file_key(cf, b)) == 0 &&
	       strcmp(file_mapping(cf, a)->name, file_mapping(cf, b)->name) ==
		   0;
}

/* Opened once for all its mappings. */
static struct module *
module_of(struct opened *o, size_t i)
{
	uint64_t hash = hash_of(o->cf, i);
	struct hash_probe at = hash_find(&o->index, hash);
	uint32_t k;

	while ((k = hash_next(&o->index, &at)) != HASH_NONE)
		if (is_same_file(o->cf, k, i))
			return o->modules[k];
	hash_add(&o->index, hash, (uint32_t)i);
	return o->modules[i] = open_module(o->cf, i, o->opts);
}

/* Code that has no file of its own, and need not be of the one before it. */
static bool
is_bare(const struct core_file *cf, size_t i)
{
	return file_mapping(cf, i) != &core_file_mappings(cf)->v[i];
}

static bool
is_code(const struct core_file *cf, size_t i)
{
	const char *name = file_mapping(cf, i)->name;

	return (core_file_mappings(cf)->v[i].flags & MAPPING_EXEC) != 0 &&
	       (name[0] == '/' || strcmp(name, "[vdso]") == 0);
}

/* By its name, or because we noted that it had a module. */
static bool
is_known_code(const struct core_file *cf, size_t i)
{
	return !is_bare(cf, i) ||
	       (core_file_is_ours(cf) && core_file_key(cf, i)[0] != '\0');
}

/* Whether mapping i holds code of module, and at what bias. */
static bool
is_of(const struct module *module, const struct core_file *cf, size_t i,
    uint64_t *ret_bias)
{
	const struct mapping *m = file_mapping(cf, i);
	uint64_t start = core_file_mappings(cf)->v[i].start;

	return module_bias(module, m->start, m->off, ret_bias) &&
	       (!is_bare(cf, i) || module_is_code(module, start - *ret_bias));
}

void
core_modules_open(struct core_modules *ret, const struct core_file *cf,
    const struct core_modules_opts *opts)
{
	size_t n = core_file_mappings(cf)->n;
	struct opened opened = {.cf = cf, .opts = opts};

	*ret = (struct core_modules){.n = n};
	ret->modules = xcalloc(n + 1, sizeof(struct module *));
	ret->bias = xcalloc(n + 1, sizeof(*ret->bias));
	opened.modules = xcalloc(n + 1, sizeof(struct module *));
	for (size_t i = 0; i < n; i++) {
		struct module *module;

		if (!is_code(cf, i))
			continue;
		module = module_of(&opened, i);
		if (module != NULL && is_of(module, cf, i, &ret->bias[i]))
			ret->modules[i] = module_ref(module);
		else
			ret->missing += is_known_code(cf, i);
	}
	for (size_t i = 0; i < n; i++)
		module_unref(opened.modules[i]);
	free(opened.modules);
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
