/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_core_file: the bytes are a saved snapshot, or another's core file
 *
 * Opened, and every thread of it walked, with no module but the vDSO that it
 * may bring along. What is handed out holds together, whatever the bytes are.
 */
#include "config.h"

#include "core/frame.h"
#include "object/core_file.h"
#include "object/core_modules.h"
#include "unwind/arch.h"
#include "unwind/unwind.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES_MAX  64
#define THREADS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_mappings(const struct core_file *cf)
{
	const struct mappings *maps = core_file_mappings(cf);

	for (size_t i = 0; i < maps->n; i++) {
		check(maps->v[i].start < maps->v[i].end);
		check(i == 0 || maps->v[i - 1].end <= maps->v[i].start);
		check(strlen(maps->v[i].name) < SIZE_MAX);
		check(strlen(core_file_build_id(cf, i)) <=
		      strlen(core_file_key(cf, i)));
	}
}

static void
walk(const struct core_file *cf, const struct core_modules *cm, size_t i)
{
	const struct core_thread *th = core_file_thread(cf, i);
	const struct code_space space = {
	    .arch = arch_by_machine(core_file_process(cf)->machine),
	    .mappings = core_file_mappings(cf),
	    .modules = cm->modules,
	    .bias = cm->bias};
	struct core_view view = {.snap = &th->snap, .file = cf};
	struct mem mem = core_view_mem(&view);
	struct frame frames[FRAMES_MAX];

	check(th->tid > 0 && th->name != NULL && th->kind <= CORE_LATE);
	if (space.arch != NULL)
		(void)unwind(&space, &th->snap.regs, &mem, frames, FRAMES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct core_modules_opts opts = {0};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct core_modules cm;
	struct core_file *cf;
	struct err err;

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (core_file_open_fd(fd, "fuzz", &cf, &err) < 0)
		return 0;
	check(core_file_n_threads(cf) > 0);
	check_mappings(cf);
	core_modules_open(&cm, cf, &opts);
	for (size_t i = 0; i < core_file_n_threads(cf) && i < THREADS_MAX; i++)
		walk(cf, &cm, i);
	core_modules_close(&cm);
	core_file_free(cf);
	return 0;
}
