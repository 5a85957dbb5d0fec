/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "bench_walk.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"
#include "unwind/pc_cache.h"
#include "unwind/trail.h"

#include <elf.h>
#include <stdlib.h>

struct scrape {
	const struct bench_program *program;
	struct code_space space;
	struct arch arch; /* for whole rows: a machine without compact ones */
	bool has_trail;
	struct trail trail;
	struct frame frames[BENCH_FRAMES_MAX];
};

static void *
open_plain(const struct bench_program *p)
{
	struct scrape *s = xcalloc(1, sizeof(*s));

	s->program = p;
	s->space = p->space;
	return s;
}

static void *
open_rows(const struct bench_program *p)
{
	struct scrape *s = open_plain(p);

	s->arch = *p->space.arch;
	s->arch.elf_machine = EM_NONE;
	s->space.arch = &s->arch;
	return s;
}

static void *
open_cached(const struct bench_program *p)
{
	struct scrape *s = open_plain(p);

	s->space.cache = xcalloc(1, sizeof(*s->space.cache));
	s->space.codes = xcalloc(1, sizeof(*s->space.codes));
	s->space.generation = 1;
	return s;
}

static void *
open_trailed(const struct bench_program *p)
{
	struct scrape *s = open_cached(p);

	s->has_trail = true;
	return s;
}

static void
walk(void *state, struct bench_walk *ret)
{
	struct scrape *s = state;
	const struct snapshot *snap = &s->program->now;
	struct mem mem = bench_program_mem(s->program);
	struct mem_window window = {.addr = snap->stack_addr,
	    .bytes = snap->stack,
	    .len = snap->stack_len};
	const struct unwind_aids aids = {
	    .window = &window, .trail = s->has_trail ? &s->trail : NULL};
	struct unwind_result r = unwind_with(&s->space, &snap->regs, &mem,
	    &aids, s->frames, BENCH_FRAMES_MAX);

	ret->n = r.n;
	ret->is_whole = r.end == END_ROOT;
	ret->end = r.end;
	for (size_t k = 0; k < r.n; k++)
		ret->pcs[k] = s->frames[k].pc;
}

static void
close_scrape(void *state)
{
	struct scrape *s = state;

	trail_deinit(&s->trail);
	free(s->space.cache);
	free(s->space.codes);
	free(s);
}

const struct bench_walker bench_rows = {
    "rows", open_rows, walk, close_scrape};
const struct bench_walker bench_scrape = {
    "scrape", open_plain, walk, close_scrape};
const struct bench_walker bench_cached = {
    "cached", open_cached, walk, close_scrape};
const struct bench_walker bench_trailed = {
    "reusing", open_trailed, walk, close_scrape};
