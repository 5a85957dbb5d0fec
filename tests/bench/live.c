/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live - what a frame costs right after a stop of a program at work
 *
 *	live PID SAMPLES NAME
 *
 * Saved snapshots are walked again and again, with all that a walk needs in the
 * processor's caches. A profiler's walk comes once in 10 ms: by then the target
 * has had the caches, and our tables have to come back. So PID is stopped at
 * random distances of that, its registers and stack copied, and let go; then one
 * walker walks, and is timed. Each has TURN such stops to itself, as if it were
 * the only one, and then another has as many, as long as all have SAMPLES that
 * count: not the first WARM_UP of all, which read files and compile, and not the
 * first SETTLE of a turn. What counts is the time of a walk for each frame.
 */
#include "config.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "bench_walk.h"
#include "object/debug_search.h"
#include "session/space.h"
#include "target/capture.h"
#include "target/stopper.h"
#include "target/target.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PERIOD_NS 10000000u
#define WARM_UP	  100
#define TURN	  20
#define SETTLE	  4
#define STOP_NS	  NS_PER_SEC

enum { TRAILED, CACHED, LIBDW, LIBUNWIND, WALKERS };

static const struct bench_walker *const walkers[WALKERS] = {
    [TRAILED] = &bench_trailed,
    [CACHED] = &bench_cached,
    [LIBDW] = &bench_libdw,
    [LIBUNWIND] = &bench_libunwind,
};

struct measured {
	void *state; /* NULL: there is none */
	double *ns;  /* a frame, by walk */
	size_t n, cap;
	uint64_t frames, whole;
};

static void
sleep_some(void)
{
	long ns = PERIOD_NS / 2 + rand() % PERIOD_NS;
	struct timespec ts = {.tv_nsec = ns};

	(void)nanosleep(&ts, NULL);
}

/* False: it is gone. */
static bool
take(struct target *t, const struct mappings *maps, struct snapshot *now)
{
	uint64_t end = now_ns() + STOP_NS;
	struct stop stop;
	bool copied, repaired;

	if (stopper_interrupt(t->pid) < 0)
		return false;
	while (!stopper_poll(t->pid, &stop))
		if (now_ns() > end)
			return false;
	if (stop.kind == STOP_GONE)
		return false;
	copied = capture(
	    &stop, &t->mem, maps, CAPTURE_STACK_MAX, now, &repaired, NULL);
	return stopper_release(&stop) && copied;
}

static void
walk(const struct bench_walker *walker, struct measured *m, bool counts)
{
	static struct bench_walk w;
	uint64_t start = now_ns(), ns;

	walker->walk(m->state, &w);
	ns = now_ns() - start;
	if (!counts || w.n == 0)
		return;
	GROW(m->ns, m->n, m->cap);
	m->ns[m->n++] = (double)ns / (double)w.n;
	m->frames += w.n;
	m->whole += w.is_whole;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(struct measured *m)
{
	qsort(m->ns, m->n, sizeof(*m->ns), compare);
	return m->n > 0 ? m->ns[m->n / 2] : 0;
}

static void
report(const char *name, struct measured *m)
{
	double libdw = median(&m[LIBDW]), libunwind = median(&m[LIBUNWIND]);

	printf("%s, the first walk after a stop: %zu of %.1f frames\n", name,
	    m[TRAILED].n, (double)m[TRAILED].frames / (double)m[TRAILED].n);
	printf("  %-9s %9s %11s %11s %9s\n", "", "ns/frame", "x libdw",
	    "x libunwind", "whole");
	for (int w = 0; w < WALKERS; w++) {
		double own = median(&m[w]);

		if (m[w].n == 0)
			continue;
		printf("  %-9s %9.0f %10.1fx %10.1fx %9.3f\n",
		    walkers[w]->name, own, libdw / own, libunwind / own,
		    (double)m[w].whole / (double)m[w].n);
	}
}

/* False: the target is gone. */
static bool
take_turn(struct target *t, struct bench_program *p, int w, struct measured *m,
    size_t settle)
{
	for (size_t i = 0; i < TURN && m->state != NULL; i++) {
		sleep_some();
		if (!take(t, p->space.mappings, &p->now))
			return false;
		walk(walkers[w], m, i >= settle);
	}
	return true;
}

static void
measure(struct target *t, struct bench_program *p, struct measured *m,
    size_t n)
{
	size_t turns = (n + TURN - SETTLE - 1) / (TURN - SETTLE);

	for (size_t i = 0; i < WARM_UP / TURN + turns; i++)
		for (int w = 0; w < WALKERS; w++)
			if (!take_turn(t, p, w, &m[w],
				i < WARM_UP / TURN ? TURN : SETTLE))
				return;
}

static void
open_walkers(struct bench_program *p, struct measured *m)
{
	for (int w = 0; w < WALKERS; w++)
		m[w] = (struct measured){.state = walkers[w]->open(p)};
}

static void
close_walkers(struct measured *m)
{
	for (int w = 0; w < WALKERS; w++) {
		if (m[w].state != NULL)
			walkers[w]->close(m[w].state);
		free(m[w].ns);
	}
}

static void
compare_at(struct target *t, size_t n, const char *name)
{
	struct measured m[WALKERS];
	struct bench_program p;
	struct slabs slabs;
	struct space space;

	if (!space_init(&space, t, NULL, &debug_search_default) ||
	    !slabs_init(&slabs, 1))
		errx(EXIT_FAILURE, "%s: cannot be read", name);
	slabs_ready(&slabs, 1, CAPTURE_STACK_MAX);
	p = (struct bench_program){.space = space.code,
	    .now.stack = slab(&slabs, 0),
	    .memory = remote_mem_as_mem(&t->mem)};
	p.space.cache = NULL;
	p.space.codes = NULL;
	open_walkers(&p, m);
	measure(t, &p, m, n);
	if (m[TRAILED].n > 0)
		report(name, m);
	close_walkers(m);
	slabs_deinit(&slabs);
	space_deinit(&space);
}

/* For stopper.h. */
static void
block_sigchld(void)
{
	sigset_t chld;

	(void)sigemptyset(&chld);
	(void)sigaddset(&chld, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &chld, NULL);
}

int
main(int argc, char *argv[])
{
	struct target t;
	struct err e;

	if (argc != 4)
		return 2;
	block_sigchld();
	if (target_open((pid_t)atoi(argv[1]), &t, &e) < 0)
		errx(EXIT_FAILURE, "%s: %s", e.what, e.why);
	compare_at(&t, strtoul(argv[2], NULL, 10), argv[3]);
	target_close(&t);
	return EXIT_SUCCESS;
}
