/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/saver.h"

#include "base/xalloc.h"
#include "object/extract.h"
#include "object/link_map.h"
#include "object/module.h"
#include "session/space.h"
#include "session/walker.h"
#include "target/target.h"
#include "unwind/arch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Some twenty entries of two words. */
#define AUXV_MAX 4096

int
saver_init(
    struct saver *s, const char *dir, struct space *space, struct err *err)
{
	/* 0700: who may not read the files need not know of them. */
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_RUNTIME, "%s: %m", dir);
	*s = (struct saver){.dir = dir,
	    .space = space,
	    .exe = target_exe(space->target)};
	byte_ranges_init(&s->ranges);
	return 0;
}

static void
forget_pcs(struct saver *s)
{
	hash_deinit(&s->pc_index);
	s->pc_index = (struct hash){0};
	s->n_pcs = 0;
}

void
saver_deinit(struct saver *s)
{
	if (s->dir == NULL)
		return;
	byte_ranges_deinit(&s->ranges);
	free(s->exe);
	free(s->path);
	forget_pcs(s);
	free(s->pcs);
	*s = (struct saver){0};
}

/* A thousand threads stand in the same few places. */
static bool
is_pc_noted(struct saver *s, uint64_t pc)
{
	uint64_t h = hash_u64(pc);
	struct hash_probe at = hash_find(&s->pc_index, h);
	uint32_t id;

	while ((id = hash_next(&s->pc_index, &at)) != HASH_NONE)
		if (s->pcs[id] == pc)
			return true;
	GROW(s->pcs, s->n_pcs, s->cap_pcs);
	hash_add(&s->pc_index, h, (uint32_t)s->n_pcs);
	s->pcs[s->n_pcs++] = pc;
	return false;
}

void
saver_begin(struct saver *s)
{
	forget_pcs(s);
	byte_ranges_deinit(&s->ranges);
	byte_ranges_init(&s->ranges);
}

size_t
saver_mark(const struct saver *s)
{
	return byte_ranges_mark(&s->ranges);
}

void
saver_rewind(struct saver *s, size_t mark)
{
	byte_ranges_rewind(&s->ranges, mark);
	/* Which of the code went with it is not known. */
	forget_pcs(s);
}

void
saver_note_walk(struct saver *s, const struct walker *w, size_t n)
{
	const struct space *space = s->space;
	const struct late_bytes *late = &w->reader.extension;

	if (w->reader.is_late && !w->reader.is_strict && late->len > 0)
		byte_ranges_add(&s->ranges, late->addr, late->bytes, late->len);
	for (size_t i = 0; i < n; i++) {
		uint64_t pc = w->frames[i].pc;
		const struct mapping *m = mappings_find(&space->maps, pc);
		size_t at = m != NULL ? (size_t)(m - space->maps.v) : 0;

		if (m != NULL && !is_pc_noted(s, pc))
			core_image_add_code(&s->ranges, space->modules[at],
			    space->bias[at], &space->mem, pc);
	}
}

/* For debuggers, which find modules by what ld.so notes in the program. */
static void
save_link_map(struct saver *s)
{
	struct space *space = s->space;

	for (size_t i = 0; s->exe != NULL && i < space->maps.n; i++)
		if (space->modules[i] != NULL &&
		    strcmp(space->maps.v[i].name, s->exe) == 0) {
			link_map_save(&s->ranges, space->modules[i],
			    space->bias[i], &space->mem);
			return;
		}
}

/* Files of an earlier run are not written over. To free(). */
static char *
free_path(struct saver *s, const struct core_process *process)
{
	for (;;) {
		char *path = core_image_path(s->dir, process, ++s->number);

		if (access(path, F_OK) != 0)
			return path;
		free(path);
	}
}

void
saver_write(struct saver *s, const struct core_thread *threads, size_t n,
    const struct timespec *time)
{
	struct space *space = s->space;
	struct core_image img = {
	    .process = {.pid = space->target->pid,
		.machine = space->code.arch->elf_machine,
		.comm = space->target->comm,
		.exe = s->exe != NULL ? s->exe : "",
		.version = PACKAGE_VERSION,
		.time = *time},
	    .threads = threads,
	    .n_threads = n,
	    .mappings = &space->maps,
	    .modules = space->modules,
	};
	char auxv[AUXV_MAX];

	if (s->failed)
		return;
	save_link_map(s);
	byte_ranges_merge(&s->ranges);
	img.ranges = s->ranges.v;
	img.n_ranges = s->ranges.n;
	img.auxv_size = target_auxv(space->target, auxv, sizeof(auxv));
	img.auxv = img.auxv_size > 0 ? auxv : NULL;
	free(s->path);
	s->path = free_path(s, &img.process);
	if (core_image_write(s->path, &img, &s->err) < 0)
		s->failed = true;
	else
		s->n++;
}

void
saver_write_extracts(struct saver *s)
{
	for (size_t i = 0; i < s->space->n_known && !s->failed; i++)
		if (s->space->known[i].module != NULL &&
		    extract_write(s->dir, s->space->known[i].module, &s->err) <
			0)
			s->failed = true;
}
