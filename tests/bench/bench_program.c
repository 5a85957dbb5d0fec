/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "bench_walk.h"
#include "unwind/arch.h"

#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

static int
is_core(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot != NULL && strcmp(dot, ".core") == 0;
}

static void
add_samples(struct bench_program *p, const char *path)
{
	struct core_file *file;
	struct err e;

	if (core_file_open(path, &file, &e) < 0)
		errx(EXIT_FAILURE, "%s: %s", e.what, e.why);
	p->samples = xreallocarray(
	    p->samples, p->n + core_file_n_threads(file), sizeof(*p->samples));
	for (size_t i = 0; i < core_file_n_threads(file); i++)
		p->samples[p->n++] = (struct bench_sample){
		    file, core_file_thread(file, i)};
}

/* The last snapshot has all that was loaded meanwhile. */
static void
open_code(struct bench_program *p)
{
	const struct core_modules_opts opts = {.by_name = true};
	const struct core_file *last = p->samples[p->n - 1].file;

	core_modules_open(&p->modules, last, &opts);
	p->space = (struct code_space){
	    .arch = arch_by_machine(core_file_process(last)->machine),
	    .mappings = core_file_mappings(last),
	    .signed_bits = core_file_process(last)->signed_bits,
	    .modules = p->modules.modules,
	    .bias = p->modules.bias};
	if (p->space.arch == NULL)
		errx(EXIT_FAILURE, "snapshots of an unknown machine");
}

bool
bench_program_open(struct bench_program *p, const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_core, versionsort);
	size_t size = 0;

	*p = (struct bench_program){0};
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, entries[i]->d_name);

		add_samples(p, path);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	if (p->n == 0)
		return false;
	open_code(p);
	for (size_t i = 0; i < p->n; i++)
		if (p->samples[i].thread->snap.stack_len > size)
			size = p->samples[i].thread->snap.stack_len;
	p->now.stack = xmalloc(size);
	p->memory = core_file_mem(p->samples[p->n - 1].file);
	return true;
}

void
bench_program_close(struct bench_program *p)
{
	core_modules_close(&p->modules);
	for (size_t i = 0; i < p->n; i++)
		if (i == 0 || p->samples[i].file != p->samples[i - 1].file)
			core_file_free(p->samples[i].file);
	free(p->samples);
	free(p->now.stack);
}

void
bench_program_take(struct bench_program *p, size_t i)
{
	const struct snapshot *from = &p->samples[i].thread->snap;
	uint8_t *stack = p->now.stack;

	memcpy(stack, from->stack, from->stack_len);
	p->now = *from;
	p->now.stack = stack;
	p->memory = core_file_mem(p->samples[i].file);
}

static bool
read_now(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct bench_program *p = ctx;

	return snapshot_read(&p->now, addr, buf, len) ||
	       mem_read(&p->memory, addr, buf, len);
}

struct mem
bench_program_mem(const struct bench_program *p)
{
	return (struct mem){.read = read_now, .ctx = (void *)(uintptr_t)p};
}
