/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot save PID DIR FILE - saves the threads of PID, prints their stacks
 * snapshot show FILE [DIR]   - prints the stacks in FILE, modules by DIR alone
 *
 * What either prints must be the same. A line a frame:
 *
 *	TID END N
 *	  PC FUNCTION+OFFSET MODULE BUILD-ID flags
 */
#include "config.h"

#include "core/byte_ranges.h"
#include "core/frame.h"
#include "object/core_file.h"
#include "object/core_modules.h"
#include "object/extract.h"
#include "object/link_map.h"
#include "object/module.h"
#include "symbol/symbolize.h"
#include "target/capture.h"
#include "target/stopper.h"
#include "target/target.h"
#include "target/task.h"
#include "unwind/arch.h"
#include "unwind/unwind.h"

#include <elf.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MAX  4096
#define PATIENCE_US 10000000

static struct frame frames[FRAMES_MAX];

static void
die(const struct err *e)
{
	err_print(e, stderr);
	exit(EXIT_FAILURE);
}

static void
print_frame(const struct code_space *space, const struct frame *f)
{
	uint64_t pc = frame_lookup_pc(f);
	const struct mapping *m = mappings_find(space->mappings, pc);
	size_t i = m != NULL ? (size_t)(m - space->mappings->v) : 0;
	const struct symbolize_opts opts = {0};
	struct location loc;

	printf("  %" PRIx64, f->pc);
	if (m != NULL && space->modules[i] != NULL) {
		symbolize(space->modules[i], pc - space->bias[i], &opts, &loc);
		printf(" %s+%" PRIx64 " %s %s", loc.lines[0].name,
		    pc - space->bias[i] - loc.function_vaddr, m->name,
		    module_build_id(space->modules[i]));
		location_deinit(&loc);
	}
	printf("%s%s\n", f->is_signal ? " signal" : "",
	    f->guessed ? " guessed" : "");
}

static struct unwind_result
walk(const struct code_space *space, const struct core_thread *th,
    const struct mem *mem)
{
	struct unwind_result w =
	    unwind(space, &th->snap.regs, mem, frames, FRAMES_MAX);

	printf("%d %s %zu\n", th->tid, end_reason_name(w.end), w.n);
	for (size_t i = 0; i < w.n; i++)
		print_frame(space, &frames[i]);
	return w;
}

/* ---- show -----------------------------------------------------------------
 */

static void
show(const char *path, const char *dir)
{
	const struct core_modules_opts opts = {
	    .extracts = dir, .by_name = dir == NULL};
	struct core_file *cf;
	struct core_modules cm;
	struct code_space space;
	struct err e;

	if (core_file_open(path, &cf, &e) < 0)
		die(&e);
	core_modules_open(&cm, cf, &opts);
	space = (struct code_space){
	    .arch = arch_by_machine(core_file_process(cf)->machine),
	    .mappings = core_file_mappings(cf),
	    .signed_bits = core_file_process(cf)->signed_bits,
	    .modules = cm.modules,
	    .bias = cm.bias};
	for (size_t i = 0; i < core_file_n_threads(cf); i++) {
		struct core_view view = {
		    .snap = &core_file_thread(cf, i)->snap, .file = cf};
		struct mem mem = core_view_mem(&view);

		(void)walk(&space, core_file_thread(cf, i), &mem);
	}
	core_modules_close(&cm);
	core_file_free(cf);
}

/* ---- save -----------------------------------------------------------------
 */

static struct target target;
static struct mappings maps;
static struct module **modules;
static uint64_t *bias;
static struct snapshot current;

static bool
read_live(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	return snapshot_read(&current, addr, buf, len) ||
	       remote_mem_read_some(&target.mem, addr, buf, len) == len;
}

static struct module *
open_vdso(const struct mapping *m)
{
	size_t size = (size_t)(m->end - m->start);
	void *image = malloc(size);
	struct module *module = NULL;
	struct err e;

	if (image == NULL ||
	    remote_mem_read_some(&target.mem, m->start, image, size) != size ||
	    module_open_image(image, size, m->name, &module, &e) < 0)
		module = NULL;
	free(image);
	return module;
}

static void
open_modules(void)
{
	struct err e;

	modules = calloc(maps.n, sizeof(struct module *));
	bias = calloc(maps.n, sizeof(*bias));
	if (modules == NULL || bias == NULL)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < maps.n; i++) {
		const struct mapping *m = &maps.v[i];

		if ((m->flags & MAPPING_EXEC) == 0)
			continue;
		if (strcmp(m->name, "[vdso]") == 0)
			modules[i] = open_vdso(m);
		else if (m->ino != 0 &&
			 module_open(target_open_mapped(&target, m), m->name,
			     &modules[i], &e) < 0)
			modules[i] = NULL;
		if (modules[i] != NULL &&
		    !module_bias(modules[i], m->start, m->off, &bias[i]))
			modules[i] = NULL;
	}
}

static struct stop
stop_thread(pid_t tid)
{
	struct stop stop = {0};

	if (stopper_interrupt(tid) != 0)
		errx(EXIT_FAILURE, "%d cannot be stopped", tid);
	for (int us = 0; !stopper_poll(tid, &stop); us += 50) {
		if (us > PATIENCE_US)
			errx(EXIT_FAILURE, "%d does not stop", tid);
		(void)usleep(50);
	}
	return stop;
}

static void *
read_auxv(size_t *ret_size)
{
	char path[64];
	static char buf[4096];
	FILE *fp;

	(void)snprintf(path, sizeof(path), "/proc/%d/auxv", target.pid);
	fp = fopen(path, "re");
	*ret_size = fp != NULL ? fread(buf, 1, sizeof(buf), fp) : 0;
	if (fp != NULL)
		(void)fclose(fp);
	return buf;
}

static void
walk_and_keep(struct core_thread *th, struct byte_ranges *ranges)
{
	const struct code_space space = {.arch = &arch_x86_64,
	    .mappings = &maps,
	    .modules = modules,
	    .bias = bias};
	const struct mem live = {.read = read_live};
	struct byte_recorder rec = {.from = &live, .to = ranges};
	const struct mem mem = byte_recorder_mem(&rec);
	struct unwind_result w;

	current = th->snap;
	w = walk(&space, th, &mem);
	for (size_t i = 0; i < w.n; i++) {
		const struct mapping *m = mappings_find(&maps, frames[i].pc);

		if (m != NULL)
			core_image_add_code(ranges, modules[m - maps.v],
			    bias[m - maps.v], &live, frames[i].pc);
	}
}

static void
save(pid_t pid, const char *dir, const char *path)
{
	struct core_image img = {0};
	struct core_thread *threads;
	struct stop *stops;
	struct byte_ranges ranges;
	struct slabs slabs;
	const struct mem live = {.read = read_live};
	struct err e;
	size_t n;
	pid_t *tids;
	char *exe;

	if (target_open(pid, &target, &e) < 0)
		die(&e);
	if (!target_read_maps(&target, &maps))
		errx(EXIT_FAILURE, "no maps");
	open_modules();
	byte_ranges_init(&ranges);
	exe = target_exe(&target);
	tids = task_list(&target, &n);
	if (!slabs_init(&slabs, n))
		err(EXIT_FAILURE, NULL);
	threads = calloc(n, sizeof(*threads));
	stops = calloc(n, sizeof(*stops));
	for (size_t i = 0; i < n; i++) {
		char *name = calloc(1, 64);
		bool repaired;

		task_comm(&target, tids[i], name, 64);
		threads[i] = (struct core_thread){.tid = tids[i],
		    .name = name,
		    .state = 'R',
		    .snap = {.stack = slab(&slabs, i)}};
		stops[i] = stop_thread(tids[i]);
		if (!capture(&stops[i], &target.mem, &maps, CAPTURE_STACK_MAX,
			&threads[i].snap, &repaired, NULL))
			errx(EXIT_FAILURE, "%d: no registers", tids[i]);
	}
	for (size_t i = 0; i < n; i++)
		walk_and_keep(&threads[i], &ranges);
	current = (struct snapshot){0};
	for (size_t i = 0; i < maps.n; i++)
		if (modules[i] != NULL && exe != NULL &&
		    strcmp(maps.v[i].name, exe) == 0)
			link_map_save(&ranges, modules[i], bias[i], &live);
	img.auxv = read_auxv(&img.auxv_size);
	for (size_t i = 0; i < n; i++)
		stopper_release(&stops[i]);
	byte_ranges_merge(&ranges);
	img.process = (struct core_process){.pid = pid,
	    .machine = EM_X86_64,
	    .comm = target.comm,
	    .exe = exe != NULL ? exe : "",
	    .version = PACKAGE_VERSION,
	    .time = {.tv_sec = 1700000000, .tv_nsec = 5}};
	img.threads = threads;
	img.n_threads = n;
	img.mappings = &maps;
	img.modules = modules;
	img.ranges = ranges.v;
	img.n_ranges = ranges.n;
	if (core_image_write(path, &img, &e) < 0)
		die(&e);
	for (size_t i = 0; i < maps.n; i++)
		if (modules[i] != NULL &&
		    extract_write(dir, modules[i], &e) < 0)
			die(&e);
	_exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	if (argc == 5 && strcmp(argv[1], "save") == 0)
		save(atoi(argv[2]), argv[3], argv[4]);
	else if ((argc == 3 || argc == 4) && strcmp(argv[1], "show") == 0)
		show(argv[2], argv[3]);
	else
		errx(EXIT_FAILURE, "save PID DIR FILE | show FILE [DIR]");
	return EXIT_SUCCESS;
}
