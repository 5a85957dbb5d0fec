/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/space.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "object/module.h"
#include "profile/profile.h"
#include "target/target.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"
#include "unwind/pc_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/*
 * Modules that are read out of memory, each of which costs an image: a browser
 * has some hundred files. One file may be mapped whole at any number of places.
 */
#define IN_MEMORY_MAX 1024
/* How long a file that could not be opened is not tried again. */
#define RETRY_NS NS_PER_SEC
/* Roots with a descriptor each; debug files are sought in no more of them. */
#define ROOTS_MAX 64
/* Where the limit of descriptors cannot be asked for. */
#define FILES_MAX 256

static bool
is_vdso(const struct mapping *m)
{
	return strcmp(m->name, "[vdso]") == 0;
}

/* Where the file of mapping i begins in memory: its ELF header; 0: nowhere. */
static uint64_t
header_of(const struct space *s, size_t i)
{
	size_t header = s->headers[i];

	return header != MAPPING_NONE ? s->maps.v[header].start : 0;
}

static struct open_file *
add_file(struct spaces *all, const struct mapping *m, struct module *module)
{
	struct open_file *f = xcalloc(1, sizeof(*f));

	*f = (struct open_file){.module = module_ref(module),
	    .dev_major = m->dev_major,
	    .dev_minor = m->dev_minor,
	    .ino = m->ino,
	    .name = xstrdup(m->name),
	    .n_users = 1};
	GROW(all->files, all->n_files, all->cap_files);
	all->files[all->n_files++] = f;
	return f;
}

static void
free_file(struct open_file *f)
{
	module_unref(f->module);
	free(f->segments);
	free(f->name);
	free(f);
}

/* Closes those that nobody has any more, nor the profile. */
static void
close_unused(struct spaces *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->n_files; i++) {
		struct open_file *f = all->files[i];

		if (f->n_users > 0 || f->n_segments > 0)
			all->files[kept++] = f;
		else
			free_file(f);
	}
	all->n_files = kept;
	if (kept == 0) {
		free(steal_ptr(all->files));
		all->cap_files = 0;
	}
}

static bool
open_file(struct space *s, const struct mapping *m, struct known_module *k)
{
	struct err ignored;
	int fd;

	/* Threads and debug files need descriptors too. */
	if (s->all->n_files >= s->all->max_files)
		return false;
	fd = target_open_mapped(s->target, m);
	if (fd < 0 || module_open(fd, m->name, &k->module, &ignored) < 0)
		return false;
	module_set_search(k->module, s->search);
	k->file = add_file(s->all, m, k->module);
	return true;
}

static void
open_memory(struct space *s, const struct mapping *m, uint64_t header,
    struct known_module *k)
{
	struct err ignored;

	if (header == 0 || s->all->n_in_memory >= s->all->max_in_memory ||
	    module_open_mem(
		&s->mem, header, m->name, &k->module, &ignored) < 0)
		return;
	k->memory = header;
	s->all->n_in_memory++;
	module_set_search(k->module, s->search);
}

static uint64_t
file_hash(uint32_t dev_major, uint32_t dev_minor, uint64_t ino)
{
	return hash_u64(ino ^ hash_u64((uint64_t)dev_major << 32 | dev_minor));
}

static bool
is_file_of(const struct known_module *k, const struct mapping *m)
{
	return k->ino == m->ino && k->dev_major == m->dev_major &&
	       k->dev_minor == m->dev_minor && strcmp(k->name, m->name) == 0;
}

/* What was read at another place may have been another program's memory. */
static bool
is_known_as(const struct space *s, const struct known_module *k, size_t i)
{
	return is_file_of(k, &s->maps.v[i]) &&
	       (k->memory == 0 || k->memory == header_of(s, i));
}

/* One that is open already. */
static bool
borrow_file(
    const struct space *s, const struct mapping *m, struct known_module *k)
{
	for (size_t i = 0; i < s->all->n_files; i++) {
		struct open_file *f = s->all->files[i];

		if (f->ino != m->ino || f->dev_major != m->dev_major ||
		    f->dev_minor != m->dev_minor ||
		    strcmp(f->name, m->name) != 0)
			continue;
		k->file = f;
		f->n_users++;
		k->module = module_ref(f->module);
		return true;
	}
	return false;
}

static void
open_module(struct space *s, size_t i, struct known_module *k)
{
	const struct mapping *m = &s->maps.v[i];

	k->tried_ns = now_ns();
	if (is_vdso(m)) {
		k->module =
		    module_open_vdso(&s->mem, m->start, m->end - m->start);
		if (k->module != NULL)
			module_set_search(k->module, s->search);
	} else if (!borrow_file(s, m, k) && !open_file(s, m, k)) {
		open_memory(s, m, header_of(s, i), k);
	}
}

static size_t
find_known(const struct space *s, size_t i)
{
	const struct mapping *m = &s->maps.v[i];
	struct hash_probe at = hash_find(&s->known_index,
	    file_hash(m->dev_major, m->dev_minor, m->ino));
	uint32_t id;

	while ((id = hash_next(&s->known_index, &at)) != HASH_NONE)
		if (is_known_as(s, &s->known[id], i))
			return id;
	return SPACE_NOT_KNOWN;
}

static void
index_known(struct space *s, size_t id)
{
	const struct known_module *k = &s->known[id];

	hash_add(&s->known_index,
	    file_hash(k->dev_major, k->dev_minor, k->ino), (uint32_t)id);
}

static void
forget_known(struct space *s, struct known_module *k)
{
	if (k->file != NULL)
		k->file->n_users--;
	if (k->memory != 0 && !k->is_in_profile)
		s->all->n_in_memory--;
	/* What points at its rules must not be believed any more. */
	if (k->module != NULL)
		s->code.generation++;
	module_unref(k->module);
	free(k->name);
}

static bool
may_be_module(const struct mapping *m)
{
	return m->ino != 0 || is_vdso(m);
}

/* Whether a mapping is of code that may have a module, or before such. */
static bool
is_of_module(const struct mappings *maps, size_t i)
{
	return may_be_module(&maps->v[i]) &&
	       ((maps->v[i].flags & MAPPING_EXEC) != 0 ||
		   (i + 1 < maps->n && mappings_file_of(maps, i + 1) == i));
}

/* Programs load and unload for days: what is in no use goes. */
static void
forget_unused(struct space *s)
{
	size_t kept = 0;

	for (size_t id = 0; id < s->n_known; id++)
		s->known[id].is_mapped = false;
	for (size_t i = 0; i < s->maps.n; i++) {
		size_t id = is_of_module(&s->maps, i) ? find_known(s, i)
						      : SPACE_NOT_KNOWN;

		if (id != SPACE_NOT_KNOWN)
			s->known[id].is_mapped = true;
	}
	hash_deinit(&s->known_index);
	for (size_t id = 0; id < s->n_known; id++) {
		struct known_module *k = &s->known[id];

		if (!k->is_mapped && !k->is_in_profile) {
			forget_known(s, k);
			continue;
		}
		s->known[kept] = *k;
		index_known(s, kept++);
	}
	s->n_known = kept;
	close_unused(s->all);
}

static size_t
add_known(struct space *s, size_t i)
{
	const struct mapping *m = &s->maps.v[i];

	GROW(s->known, s->n_known, s->cap_known);
	s->known[s->n_known] = (struct known_module){.dev_major = m->dev_major,
	    .dev_minor = m->dev_minor,
	    .ino = m->ino,
	    .name = xstrdup(m->name)};
	index_known(s, s->n_known);
	return s->n_known++;
}

/* One that could not be opened is tried again: the reason may have gone. */
static size_t
find_module(struct space *s, size_t i)
{
	size_t id;

	if (!is_of_module(&s->maps, i))
		return SPACE_NOT_KNOWN;
	id = find_known(s, i);
	if (id == SPACE_NOT_KNOWN)
		id = add_known(s, i);
	if (s->known[id].module == NULL &&
	    now_ns() - s->known[id].tried_ns >= RETRY_NS)
		open_module(s, i, &s->known[id]);
	return id;
}

static void
forget_maps(struct space *s)
{
	mappings_deinit(&s->maps);
	s->maps = (struct mappings){0};
	free(steal_ptr(s->modules));
	free(steal_ptr(s->headers));
	free(steal_ptr(s->known_ids));
	free(steal_ptr(s->bias));
	free(steal_ptr(s->profile_ids));
	free(steal_ptr(s->shifts));
}

static void
set_past(struct space *s, uint32_t id, size_t i)
{
	const struct known_module *k = &s->known[s->known_ids[i]];
	struct spaces *all = s->all;

	while (all->n_past <= id) {
		GROW(all->past, all->n_past, all->cap_past);
		all->past[all->n_past++] = (struct past_mapping){0};
	}
	if (all->past[id].module != NULL)
		return;
	all->past[id] = (struct past_mapping){
	    .module = module_ref(s->modules[i]),
	    .bias = s->bias[i],
	    .pid = s->target->pid,
	    .memory = k->memory,
	    .start = s->maps.v[i].start,
	    .size = s->maps.v[i].end - s->maps.v[i].start};
	GROW(all->fresh, all->n_fresh, all->cap_fresh);
	all->fresh[all->n_fresh++] = id;
}

/* The file that mapping i is of, when it is open; else NULL. */
static struct open_file *
file_behind(const struct space *s, size_t i)
{
	if (s->modules[i] == NULL || s->maps.v[i].ino == 0)
		return NULL;
	return s->known[s->known_ids[i]].file;
}

static const struct file_piece *
find_segment(const struct open_file *f, const struct mapping *m)
{
	for (size_t i = 0; i < f->n_segments; i++)
		if (f->segments[i].off == m->off &&
		    f->segments[i].size == m->end - m->start)
			return &f->segments[i];
	return NULL;
}

static void
add_segment(struct open_file *f, const struct mapping *m, uint32_t profile_id)
{
	GROW(f->segments, f->n_segments, f->cap_segments);
	f->segments[f->n_segments++] = (struct file_piece){.off = m->off,
	    .size = m->end - m->start,
	    .start = m->start,
	    .profile_id = profile_id};
}

/* Code that was copied away from its file is still the file's. */
static const struct mapping *
named_mapping(const struct space *s, size_t i)
{
	return &s->maps.v[s->modules[i] != NULL ? mappings_file_of(&s->maps, i)
						: i];
}

static uint32_t
new_profile_id(struct space *s, size_t i)
{
	const struct mapping *m = &s->maps.v[i], *named = named_mapping(s, i);
	struct open_file *f = file_behind(s, i);
	uint32_t id;

	id = profile_mapping(s->profile, m->start, m->end,
	    named->off + (m->start - named->start),
	    named->name[0] != '\0' ? named->name : "//anon",
	    s->modules[i] != NULL ? module_build_id(s->modules[i]) : "");
	if (id == PROFILE_NO_MAPPING)
		return id;
	if (s->modules[i] != NULL) {
		set_past(s, id, i);
		s->known[s->known_ids[i]].is_in_profile = true;
	}
	if (f != NULL)
		add_segment(f, m, id);
	return id;
}

static uint32_t
profile_id(struct space *s, size_t i)
{
	struct open_file *f = file_behind(s, i);
	const struct file_piece *known;

	if (s->profile_ids[i] != PROFILE_NO_MAPPING)
		return s->profile_ids[i];
	known = f != NULL ? find_segment(f, &s->maps.v[i]) : NULL;
	if (known == NULL)
		return s->profile_ids[i] = new_profile_id(s, i);
	s->known[s->known_ids[i]].is_in_profile = true;
	s->shifts[i] = known->start - s->maps.v[i].start;
	return s->profile_ids[i] = known->profile_id;
}

/*
 * Mapping i, of the module that mapping of_file belongs to: itself, or, for code
 * without a file, the one before.
 */
static void
set_module(struct space *s, size_t i, size_t of_file)
{
	const struct mapping *m = &s->maps.v[of_file];
	size_t id = find_module(s, of_file);
	struct module *module;

	s->known_ids[i] = id;
	if (id == SPACE_NOT_KNOWN)
		return;
	module = s->known[id].module;
	if (module != NULL &&
	    module_bias(module, m->start, m->off, &s->bias[i]) &&
	    (of_file == i || module_is_code(module,
				 s->maps.v[i].start - s->bias[i])))
		s->modules[i] = module;
}

static bool
is_same_mapping(const struct mapping *a, const struct mapping *b)
{
	return a->start == b->start && a->end == b->end && a->off == b->off &&
	       a->dev_major == b->dev_major && a->dev_minor == b->dev_minor &&
	       a->ino == b->ino && a->flags == b->flags &&
	       strcmp(a->name, b->name) == 0;
}

static bool
is_same_code(const struct code_space *a, const struct code_space *b)
{
	size_t n = a->mappings->n;

	if (b->mappings->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_same_mapping(&a->mappings->v[i], &b->mappings->v[i]) ||
		    a->modules[i] != b->modules[i] || a->bias[i] != b->bias[i])
			return false;
	return true;
}

/* What is known of maps, which s takes over. */
static void
set_maps(struct space *s, const struct mappings *maps)
{
	s->maps = *maps;
	s->modules = xcalloc(maps->n, sizeof(struct module *));
	s->headers = mappings_headers(maps);
	s->known_ids = xcalloc(maps->n, sizeof(*s->known_ids));
	s->bias = xcalloc(maps->n, sizeof(*s->bias));
	s->profile_ids = xreallocarray(NULL, maps->n, sizeof(*s->profile_ids));
	s->shifts = xcalloc(maps->n, sizeof(*s->shifts));
	forget_unused(s);
	for (size_t i = 0; i < maps->n; i++) {
		s->profile_ids[i] = PROFILE_NO_MAPPING;
		set_module(s, i, mappings_file_of(&s->maps, i));
	}
	s->code.mappings = &s->maps;
	s->code.modules = s->modules;
	s->code.bias = s->bias;
}

/* The old lists stay until they have been compared with the new ones. */
bool
space_refresh(struct space *s)
{
	uint64_t start = now_ns();
	struct space old = *s;
	struct mappings maps;

	if (!target_read_maps(s->target, &maps))
		return false;
	s->read_ns = now_ns();
	s->read_cost_ns = s->read_ns - start;
	set_maps(s, &maps);
	old.code.mappings = &old.maps;
	if (!is_same_code(&old.code, &s->code))
		s->code.generation++;
	forget_maps(&old);
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

/* Half of what we may have. */
static size_t
max_files(void)
{
	struct rlimit rl;

	return getrlimit(RLIMIT_NOFILE, &rl) == 0 ? rl.rlim_cur / 2
						  : FILES_MAX;
}

void
spaces_init(struct spaces *all)
{
	*all = (struct spaces){
	    .max_files = max_files(), .max_in_memory = IN_MEMORY_MAX};
}

void
spaces_deinit(struct spaces *all)
{
	for (size_t i = 0; i < all->n_past; i++)
		module_unref(all->past[i].module);
	for (size_t i = 0; i < all->n_files; i++)
		all->files[i]->n_segments = 0;
	for (size_t i = 0; i < all->n_roots; i++) {
		cleanup_close(&all->roots[i]->search.root_fd);
		free(all->roots[i]);
	}
	free(steal_ptr(all->roots));
	free(steal_ptr(all->past));
	free(steal_ptr(all->fresh));
	all->n_roots = all->n_past = all->n_fresh = 0;
	close_unused(all);
}

/* What modules have of it lives as long as they do. */
static const struct debug_search *
add_root(struct spaces *all, const struct debug_search *search, int root_fd,
    const struct stat *st)
{
	struct root *root = xcalloc(1, sizeof(*root));

	*root = (struct root){
	    .search = *search, .dev = st->st_dev, .ino = st->st_ino};
	root->search.root_fd = root_fd;
	GROW(all->roots, all->n_roots, all->cap_roots);
	all->roots[all->n_roots++] = root;
	return &root->search;
}

static const struct debug_search *
find_root(const struct spaces *all, bool is_ours, const struct stat *st)
{
	for (size_t i = 0; i < all->n_roots; i++) {
		const struct root *r = all->roots[i];

		if ((r->search.root_fd < 0) == is_ours &&
		    r->dev == st->st_dev && r->ino == st->st_ino)
			return &r->search;
	}
	return NULL;
}

/* Takes the descriptor of a target's root over; -1: it is ours. */
static const struct debug_search *
search_in(struct spaces *all, const struct debug_search *search, int root_fd)
{
	const struct debug_search *found;
	struct stat st = {0};

	if (root_fd >= 0 && fstat(root_fd, &st) != 0)
		cleanup_close(&root_fd);
	found = find_root(all, root_fd < 0, &st);
	if (found == NULL && all->n_roots < ROOTS_MAX)
		return add_root(all, search, root_fd, &st);
	cleanup_close(&root_fd);
	if (found != NULL)
		return found;
	/* Too many: as if it were ours. */
	st = (struct stat){0};
	found = find_root(all, true, &st);
	return found != NULL ? found : add_root(all, search, -1, &st);
}

static bool
init(struct space *s, struct target *t, struct profile *p,
    const struct debug_search *search)
{
	s->target = t;
	s->profile = p;
	s->mem = remote_mem_as_mem(&t->mem);
	s->search = search_in(s->all, search, target_open_root(t));
	s->code.cache = xcalloc(1, sizeof(*s->code.cache));
	s->code.codes = xcalloc(1, sizeof(*s->code.codes));
	if (!space_refresh(s))
		return false;
	s->code.arch = find_arch(s);
	if (s->code.arch == NULL)
		return false;
	if (p != NULL)
		register_exe(s);
	return true;
}

bool
space_init(struct space *s, struct target *t, struct profile *p,
    const struct debug_search *search)
{
	*s = (struct space){.all = &s->alone};
	spaces_init(&s->alone);
	return init(s, t, p, search);
}

bool
space_init_among(struct spaces *all, struct space *s, struct target *t,
    struct profile *p, const struct debug_search *search)
{
	*s = (struct space){.all = all};
	return init(s, t, p, search);
}

void
space_deinit(struct space *s)
{
	spaces_deinit(&s->alone);
	forget_maps(s);
	free(s->code.cache);
	free(s->code.codes);
	for (size_t i = 0; i < s->n_known; i++)
		forget_known(s, &s->known[i]);
	close_unused(s->all);
	hash_deinit(&s->known_index);
	free(s->known);
}

uint32_t
space_frame(struct space *s, uint64_t pc)
{
	const struct mapping *m = mappings_find(&s->maps, pc);
	size_t i = m != NULL ? (size_t)(m - s->maps.v) : 0;
	uint32_t id;

	if (m == NULL)
		return profile_frame(s->profile, PROFILE_NO_MAPPING, pc);
	id = profile_id(s, i);
	return profile_frame(s->profile, id, pc + s->shifts[i]);
}
