/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/replay.h"

#include "base/xalloc.h"
#include "core/dump.h"
#include "core/frame.h"
#include "object/core_file.h"
#include "object/core_modules.h"
#include "object/module.h"
#include "session/dump_names.h"
#include "session/dumper.h"
#include "session/located.h"
#include "unwind/arch.h"
#include "unwind/unwind.h"

#include <stdlib.h>
#include <string.h>

struct player {
	const struct dump_opts *opts;
	struct core_file *file;
	struct core_modules modules;
	struct code_space space;
	struct located located;
	struct frame *frames; /* opts->max_depth of them */
	struct played *v;
	size_t n, cap;
	size_t frames_left; /* of DUMP_FRAMES_MAX */
};

/* A thread that has been walked. */
struct played {
	const struct core_thread *from;
	struct frame *frames;
	struct unwind_result walk;
};

/* The directory a file lies in; to free(). */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return xasprintf("%.*s", (int)(slash - path + 1), path);
}

static void
open_modules(struct player *p, const char *path)
{
	char *dir = directory_of(path);
	const struct core_modules_opts opts = {
	    .extracts = dir, .by_name = true};

	core_modules_open(&p->modules, p->file, &opts);
	for (size_t i = 0; i < p->modules.n; i++)
		if (p->modules.modules[i] != NULL)
			module_set_search(
			    p->modules.modules[i], &p->opts->debug);
	free(dir);
}

static int
open_player(struct player *p, const char *path, const struct dump_opts *opts,
    struct err *err)
{
	const struct symbolize_opts names = {
	    .inlines = opts->inlines, .lines = opts->lines};
	const struct arch *arch;
	int r;

	*p = (struct player){.opts = opts, .frames_left = DUMP_FRAMES_MAX};
	r = core_file_open(path, &p->file, err);
	if (r < 0)
		return r;
	arch = arch_by_machine(core_file_process(p->file)->machine);
	if (arch == NULL) {
		core_file_free(p->file);
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: of a machine that scrape cannot unwind", path);
	}
	open_modules(p, path);
	p->space = (struct code_space){.arch = arch,
	    .mappings = core_file_mappings(p->file),
	    .signed_bits = core_file_process(p->file)->signed_bits,
	    .modules = p->modules.modules,
	    .bias = p->modules.bias};
	located_init(&p->located, &names);
	p->frames = xcalloc(opts->max_depth, sizeof(*p->frames));
	return 0;
}

static void
close_player(struct player *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].frames);
	free(p->v);
	free(p->frames);
	located_deinit(&p->located);
	core_modules_close(&p->modules);
	core_file_free(p->file);
}

static bool
is_wanted(const struct dump_opts *opts, const struct core_thread *th)
{
	if (opts->tid != 0 && th->tid != opts->tid)
		return false;
	return opts->thread_re == NULL ||
	       regexec(opts->thread_re, th->name, 0, NULL, 0) == 0;
}

static void
play(struct player *p, const struct core_thread *from)
{
	struct core_view view = {.snap = &from->snap, .file = p->file};
	struct mem mem = core_view_mem(&view);
	struct unwind_result w = unwind(&p->space, &from->snap.regs, &mem,
	    p->frames, p->opts->max_depth);
	struct frame *frames;

	unwind_drop_stray(&p->space, p->frames, &w);
	if (w.n > p->frames_left) {
		w.n = p->frames_left;
		w.end = END_DEPTH;
	}
	p->frames_left -= w.n;
	frames = xreallocarray(NULL, w.n, sizeof(*frames));
	memcpy(frames, p->frames, w.n * sizeof(*frames));
	GROW(p->v, p->n, p->cap);
	p->v[p->n++] =
	    (struct played){.from = from, .frames = frames, .walk = w};
}

static void
want_names(const struct player *p)
{
	struct dump_places places = {0};

	for (size_t i = 0; i < p->n; i++)
		dump_add_places(&places, &p->space, p->v[i].frames,
		    p->v[i].walk.n);
	symbolize_want(places.v, places.n);
	free(places.v);
}

static void
describe_thread(
    struct player *p, const struct played *played, struct dump *dump)
{
	const struct core_thread *from = played->from;
	struct dump_thread *th = dump_add_thread(dump, from->tid);

	th->name = dump_string(dump, from->name);
	th->state = from->state;
	th->end = played->walk.end;
	dump_name_frames(dump, th, &p->space, &p->located, played->frames,
	    played->walk.n);
}

static struct dump *
describe(const struct core_process *process)
{
	struct dump *dump = dump_new();

	dump->pid = process->pid;
	dump->comm = dump_string(dump, process->comm);
	if (process->exe[0] != '\0')
		dump->exe = dump_string(dump, process->exe);
	dump->time = process->time;
	return dump;
}

int
replay(const char *path, const struct dump_opts *opts, struct dump **ret,
    struct replay_losses *losses, struct err *err)
{
	struct player p;
	int r = open_player(&p, path, opts, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < core_file_n_threads(p.file); i++)
		if (is_wanted(opts, core_file_thread(p.file, i)))
			play(&p, core_file_thread(p.file, i));
	if (p.n == 0 && opts->tid != 0) {
		close_player(&p);
		return err_set(err, ERR_NO_PROCESS, "%s: it has no thread %d",
		    path, opts->tid);
	}
	want_names(&p);
	*ret = describe(core_file_process(p.file));
	for (size_t i = 0; i < p.n; i++)
		describe_thread(&p, &p.v[i], *ret);
	*losses = (struct replay_losses){
	    .dropped = core_file_dropped(p.file),
	    .missing = p.modules.missing};
	close_player(&p);
	return 0;
}
