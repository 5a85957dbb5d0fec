/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unwind - what a frame costs, and what unwind data takes in memory
 *
 *	unwind [-s] [-v] DIR...	(snapshots of one process in each)
 *	unwind -m FILE...	(ELF files, compiled entirely)
 *
 * Every walker walks all snapshots of a program in turn, as many rounds as all
 * the others; of each sample the best of its rounds counts, since everything
 * that disturbs only adds. What a walker reads or compiles when it first meets
 * a file is in the first round, which is shown for scrape alone.
 *
 * Of scrape's own ways to walk all must find the same frames and end, of others
 * where the stack is whole: samples that differ are counted, -v shows them.
 * With -s scrape walks alone, for a profiler to look at.
 */
#include "config.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "bench_walk.h"
#include "instructions.h"
#include "object/cfi.h"
#include "object/module.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 12

#define SHOWN_MAX 3

enum { ROWS, SCRAPE, CACHED, TRAILED, LIBDW, LIBUNWIND, WALKERS };

static const struct bench_walker *const walkers[WALKERS] = {
    [ROWS] = &bench_rows,
    [SCRAPE] = &bench_scrape,
    [CACHED] = &bench_cached,
    [TRAILED] = &bench_trailed,
    [LIBDW] = &bench_libdw,
    [LIBUNWIND] = &bench_libunwind,
};

/* Samples of a program whose instructions are counted. */
#define COUNTED 1

/* Of one walker over all samples of a program. */
struct measured {
	void *state; /* NULL: there is none */
	uint64_t frames;
	uint64_t first_ns;
	uint64_t *best_ns; /* by sample */
	uint64_t sum_ns;   /* of these */
	unsigned differs;  /* samples */
	uint64_t instructions, counted_frames; /* of some samples, in all */
};

static bool verbose, alone;

/* ---- measuring ---- */

static uint64_t
walk_once(const struct bench_walker *walker, struct measured *m)
{
	static struct bench_walk walk;
	uint64_t start = now_ns(), ns;

	walker->walk(m->state, &walk);
	ns = now_ns() - start;
	m->frames += walk.n;
	return ns;
}

static uint64_t
lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
run_round(struct bench_program *p, const struct bench_walker *walker,
    struct measured *m, bool is_first)
{
	m->frames = 0;
	for (size_t i = 0; i < p->n; i++) {
		uint64_t ns;

		bench_program_take(p, i);
		ns = walk_once(walker, m);
		if (is_first) {
			m->first_ns += ns;
			m->best_ns[i] = UINT64_MAX;
		} else {
			m->best_ns[i] = lesser(ns, m->best_ns[i]);
		}
	}
}

struct counted_walk {
	const struct bench_walker *walker;
	void *state;
	struct bench_walk walk;
};

static void
walk_counted(void *arg)
{
	struct counted_walk *c = arg;

	c->walker->walk(c->state, &c->walk);
}

/* A step takes some 50 us: no more samples than have so many frames. */
#define COUNTED_FRAMES	60
#define COUNTED_SAMPLES 4

/* Of sample i, after the one before it, as when timed. */
static void
count_sample(struct bench_program *p, const struct bench_walker *walker,
    struct measured *m, size_t i)
{
	static struct counted_walk c;

	c.walker = walker;
	c.state = m->state;
	bench_program_take(p, i > 0 ? i - 1 : 0);
	walk_counted(&c);
	bench_program_take(p, i);
	m->instructions += instructions_of(walk_counted, &c);
	walk_counted(&c);
	m->counted_frames += c.walk.n;
}

/* Of some, evenly apart. */
static void
count_instructions(struct bench_program *p, const struct bench_walker *walker,
    struct measured *m)
{
	for (size_t k = 0;
	     k < COUNTED_SAMPLES && m->counted_frames < COUNTED_FRAMES; k++)
		count_sample(p, walker, m,
		    p->n * (2 * k + 1) / (2 * COUNTED_SAMPLES));
}

/* One walker after the other, so that all meet the same weather. */
static void
measure(struct bench_program *p, struct measured *m)
{
	for (int w = 0; w < WALKERS; w++)
		m[w] = (struct measured){
		    .state = alone && w > TRAILED ? NULL : walkers[w]->open(p),
		    .best_ns = xcalloc(p->n, sizeof(*m->best_ns))};
	for (int round = 0; round < ROUNDS; round++)
		for (int w = 0; w < WALKERS; w++)
			if (m[w].state != NULL)
				run_round(p, walkers[w], &m[w], round == 0);
	for (int w = 0; w < WALKERS; w++) {
		for (size_t i = 0; i < p->n; i++)
			m[w].sum_ns += m[w].best_ns[i];
		if (m[w].state != NULL)
			count_instructions(p, walkers[w], &m[w]);
	}
}

static void
finish(struct measured *m)
{
	for (int w = 0; w < WALKERS; w++) {
		if (m[w].state != NULL)
			walkers[w]->close(m[w].state);
		free(m[w].best_ns);
	}
}

static void
show(const char *name, const struct bench_walk *w)
{
	printf("#   %-9s %s", name, w->is_whole ? "whole" : "broken off");
	for (size_t i = 0; i < w->n; i++)
		printf(" %" PRIx64, w->pcs[i]);
	putchar('\n');
}

static bool
is_same(const struct bench_walk *a, const struct bench_walk *b, bool is_ours)
{
	return a->n == b->n && (!is_ours || a->end == b->end) &&
	       memcmp(a->pcs, b->pcs, a->n * sizeof(*a->pcs)) == 0;
}

/* All of ours must be the same, others' where the stack is whole. */
static void
compare_with(const struct bench_walker *walker, struct measured *m,
    const struct bench_walk *ours, bool is_ours)
{
	static struct bench_walk theirs;

	if (m->state == NULL || (!is_ours && !ours->is_whole))
		return;
	walker->walk(m->state, &theirs);
	if (is_same(ours, &theirs, is_ours))
		return;
	if (m->differs++ < SHOWN_MAX && verbose) {
		show("scrape", ours);
		show(walker->name, &theirs);
	}
}

/* Returns how many samples are whole. */
static unsigned
compare(struct bench_program *p, struct measured *m)
{
	static struct bench_walk ours;
	unsigned n_whole = 0;

	for (size_t i = 0; i < p->n; i++) {
		bench_program_take(p, i);
		bench_scrape.walk(m[SCRAPE].state, &ours);
		n_whole += ours.is_whole;
		for (int w = 0; w < WALKERS; w++)
			compare_with(walkers[w], &m[w], &ours, w < LIBDW);
	}
	return n_whole;
}

/* ---- the tables ---- */

static double
per_frame(uint64_t total, const struct measured *m)
{
	return m->frames == 0 ? 0 : (double)total / (double)m->frames;
}

static void
print_ratio(const struct measured *than, const struct measured *m)
{
	if (than->state == NULL)
		printf(" %11s", "n/a");
	else
		printf(" %10.1fx", per_frame(than->sum_ns, than) /
				       per_frame(m->sum_ns, m));
}

static void
print_walker(const struct measured *m, int w)
{
	printf("  %-9s", walkers[w]->name);
	if (m[w].state == NULL) {
		printf(" %9s\n", "n/a");
		return;
	}
	printf(" %9.1f", per_frame(m[w].sum_ns, &m[w]));
	if (m[w].instructions == 0)
		printf(" %9s", "n/a");
	else
		printf(" %9.0f", (double)m[w].instructions /
				     (double)m[w].counted_frames);
	print_ratio(&m[LIBDW], &m[w]);
	print_ratio(&m[LIBUNWIND], &m[w]);
	printf(" %9u\n", m[w].differs);
}

/* What its modules' tables hold by now. */
static struct cfi_figures
figures_of(const struct bench_program *p)
{
	struct cfi_figures sum = {0};

	for (size_t i = 0; i < p->space.mappings->n; i++) {
		struct module *m = p->space.modules[i];
		struct cfi_figures f;

		if (m == NULL || (i > 0 && p->space.modules[i - 1] == m))
			continue;
		f = cfi_figures(module_cfi(m));
		sum.fdes += f.fdes;
		sum.compiled += f.compiled;
		sum.slow += f.slow;
		sum.rows += f.rows;
		sum.rules += f.rules;
		sum.row_bytes += f.row_bytes;
		sum.index_bytes += f.index_bytes;
	}
	return sum;
}

static void
print_program(const char *name, struct bench_program *p, struct measured *m)
{
	unsigned n_whole = compare(p, m);
	struct cfi_figures f = figures_of(p);

	printf("%s: %zu samples of %.1f frames, %u whole; the first round "
	       "%.0f ns a frame\n",
	    name, p->n, (double)m[SCRAPE].frames / (double)p->n, n_whole,
	    per_frame(m[SCRAPE].first_ns, &m[SCRAPE]));
	printf("  %zu of %zu FDEs compiled: %zu rows, %zu rules, %zu kB; "
	       "index %zu kB\n",
	    f.compiled, f.fdes, f.rows, f.rules, f.row_bytes / 1000,
	    f.index_bytes / 1000);
	printf("  %-9s %9s %9s %11s %11s %9s\n", "", "ns/frame", "insns",
	    "x libdw", "x libunwind", "differ");
	for (int w = 0; w < WALKERS; w++)
		print_walker(m, w);
	fflush(stdout);
}

static void
bench_program(char *dir)
{
	struct bench_program p;
	struct measured m[WALKERS];
	const char *name;

	while (strlen(dir) > 1 && dir[strlen(dir) - 1] == '/')
		dir[strlen(dir) - 1] = '\0';
	name = strrchr(dir, '/') != NULL ? strrchr(dir, '/') + 1 : dir;
	if (!bench_program_open(&p, dir)) {
		printf("# %s: no snapshots\n", dir);
		return;
	}
	measure(&p, m);
	print_program(name, &p, m);
	finish(m);
	bench_program_close(&p);
}

static void
bench_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct cfi_figures f;
	struct module *m;
	uint64_t start;
	struct err e;

	if (fd < 0)
		err(EXIT_FAILURE, "%s", path);
	if (module_open(fd, path, &m, &e) < 0)
		errx(EXIT_FAILURE, "%s: %s", e.what, e.why);
	start = now_ns();
	cfi_compile_all(module_cfi(m));
	start = now_ns() - start;
	f = cfi_figures(module_cfi(m));
	printf("# %s, entirely: %zu FDEs (%zu not), %zu rows, %zu rules: "
	       "%.1f MB, index %.1f MB; %.0f ms\n",
	    path, f.compiled, f.slow, f.rows, f.rules,
	    (double)f.row_bytes / 1e6, (double)f.index_bytes / 1e6,
	    (double)start / 1e6);
	module_unref(m);
}

int
main(int argc, char *argv[])
{
	bool memory = false;
	int c;

	while ((c = getopt(argc, argv, "msv")) != -1) {
		if (c == 'm')
			memory = true;
		else if (c == 's')
			alone = true;
		else if (c == 'v')
			verbose = true;
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		memory ? bench_file(argv[i]) : bench_program(argv[i]);
	return EXIT_SUCCESS;
}
