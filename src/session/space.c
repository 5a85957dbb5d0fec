/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/space.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "object/module.h"
#include "profile/profile.h"
#include "target/target.h"
#include "unwind/arch.h"

#include <stdlib.h>
#include <string.h>

/* The vDSO is two pages on x86_64 and will not grow to a megabyte. */
#define VDSO_MAX (1u << 20)

static struct module *
open_vdso(const struct target *t, const struct mapping *m)
{
	size_t size = (size_t)(m->end - m->start);
	struct remote_mem rm = t->mem;
	struct module *module = NULL;
	struct err ignored;
	void *image;

	if (size > VDSO_MAX)
		return NULL;
	image = xmalloc(size);
	if (remote_mem_read_some(&rm, m->start, image, size) == size &&
	    module_open_image(image, size, m->name, &module, &ignored) < 0)
		module = NULL;
	free(image);
	return module;
}

static struct module *
open_file(const struct target *t, const struct mapping *m)
{
	struct module *module;
	struct err ignored;
	int fd = target_open_mapped(t, m);

	if (fd < 0 || module_open(fd, m->name, &module, &ignored) < 0)
		return NULL;
	return module;
}

static bool
is_known_as(const struct known_module *k, const struct mapping *m)
{
	return k->ino == m->ino && k->dev_major == m->dev_major &&
	       k->dev_minor == m->dev_minor && strcmp(k->name, m->name) == 0;
}

static struct module *
find_module(struct space *s, const struct mapping *m)
{
	bool is_vdso = strcmp(m->name, "[vdso]") == 0;
	struct known_module *k;

	if ((m->flags & MAPPING_EXEC) == 0 || (m->ino == 0 && !is_vdso))
		return NULL;
	for (size_t i = 0; i < s->n_known; i++)
		if (is_known_as(&s->known[i], m))
			return s->known[i].module;
	GROW(s->known, s->n_known, s->cap_known);
	k = &s->known[s->n_known++];
	*k = (struct known_module){.dev_major = m->dev_major,
	    .dev_minor = m->dev_minor,
	    .ino = m->ino,
	    .name = xstrdup(m->name),
	    .module = is_vdso ? open_vdso(s->target, m)
			      : open_file(s->target, m)};
	return k->module;
}

static void
forget_maps(struct space *s)
{
	mappings_deinit(&s->maps);
	free(s->modules);
	free(s->bias);
	free(s->profile_ids);
}

static uint32_t
profile_id(struct space *s, size_t i)
{
	const struct mapping *m = &s->maps.v[i];
	uint32_t id;

	if (s->profile_ids[i] != PROFILE_NO_MAPPING)
		return s->profile_ids[i];
	id = profile_mapping(s->profile, m->start, m->end, m->off,
	    m->name[0] != '\0' ? m->name : "//anon",
	    s->modules[i] != NULL ? module_build_id(s->modules[i]) : "");
	if (id == PROFILE_NO_MAPPING)
		return id;
	while (s->n_past <= id) {
		GROW(s->past, s->n_past, s->cap_past);
		s->past[s->n_past++] = (struct past_mapping){0};
	}
	if (s->past[id].module == NULL)
		s->past[id] = (struct past_mapping){
		    .module = s->modules[i], .bias = s->bias[i]};
	return s->profile_ids[i] = id;
}

bool
space_refresh(struct space *s)
{
	struct mappings maps;

	uint64_t start = now_ns();

	if (!target_read_maps(s->target, &maps))
		return false;
	s->read_ns = now_ns();
	s->read_cost_ns = s->read_ns - start;
	forget_maps(s);
	s->maps = maps;
	s->modules = xcalloc(maps.n, sizeof(struct module *));
	s->bias = xcalloc(maps.n, sizeof(*s->bias));
	s->profile_ids = xreallocarray(NULL, maps.n, sizeof(*s->profile_ids));
	for (size_t i = 0; i < maps.n; i++) {
		const struct mapping *m = &maps.v[i];

		s->profile_ids[i] = PROFILE_NO_MAPPING;
		s->modules[i] = find_module(s, m);
		if (s->modules[i] != NULL &&
		    !module_bias(s->modules[i], m->start, m->off, &s->bias[i]))
			s->modules[i] = NULL;
	}
	s->code.mappings = &s->maps;
	s->code.modules = s->modules;
	s->code.bias = s->bias;
	return true;
}

/* pprof takes the program's name and build-id from the first mapping. */
static void
register_exe(struct space *s)
{
	char *exe = target_exe(s->target);

	for (size_t i = 0; exe != NULL && i < s->maps.n; i++)
		if ((s->maps.v[i].flags & MAPPING_EXEC) != 0 &&
		    strcmp(s->maps.v[i].name, exe) == 0)
			(void)profile_id(s, i);
	free(exe);
}

static const struct arch *
find_arch(const struct space *s)
{
	for (size_t i = 0; i < s->maps.n; i++)
		if (s->modules[i] != NULL)
			return arch_by_machine(module_machine(s->modules[i]));
	/* A target that hides every file still runs on this machine. */
	return &arch_x86_64;
}

bool
space_init(struct space *s, struct target *t, struct profile *p)
{
	*s = (struct space){.target = t, .profile = p};
	if (!space_refresh(s))
		return false;
	s->code.arch = find_arch(s);
	if (p != NULL)
		register_exe(s);
	return s->code.arch != NULL;
}

void
space_deinit(struct space *s)
{
	forget_maps(s);
	for (size_t i = 0; i < s->n_known; i++) {
		free(s->known[i].name);
		module_unref(s->known[i].module);
	}
	free(s->known);
	free(s->past);
}

uint32_t
space_frame(struct space *s, uint64_t pc)
{
	const struct mapping *m = mappings_find(&s->maps, pc);

	return profile_frame(s->profile,
	    m != NULL ? profile_id(s, (size_t)(m - s->maps.v))
		      : PROFILE_NO_MAPPING,
	    pc);
}
