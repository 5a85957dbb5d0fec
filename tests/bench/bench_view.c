/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_view - what a refresh of top costs, of a large profile
 *
 *	bench_view [STACKS]
 *
 * 50,000 distinct stacks, some 40 deep, all with a weight. For each view the CPU
 * time of making it and listing what a terminal of 200x60 shows: for the first
 * time (keys and calls are made), of a refresh after 20 samples (the best of
 * some), of one after 1 % more stacks, and of a window that holds 500 stacks.
 */
#include "config.h"

#include "profile/news.h"
#include "profile/view.h"

#include "base/attr.h"
#include "base/xalloc.h"
#include "tui/flame.h"
#include "tui/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DEPTH	  40
#define FUNCTIONS 20000
#define REPEATS	  20
#define SAMPLES	  20

#define COLUMNS 200
#define ROWS	60
/* As the screen lists them: tui/ui.c. */
#define PAGES 5

static uint64_t seed = 1;

/* xorshift: the same profile every time. */
static uint32_t
random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static double
cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
add_frames(struct profile *p)
{
	uint32_t m = profile_mapping(p, 0, 1u << 30, 0, "/bin/big", "");
	char name[64];

	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		uint32_t f = profile_frame(p, m, i * 64);
		struct profile_line lines[2] = {0};
		unsigned n = i % 3 == 0 ? 2 : 1; /* some have inlined calls */

		for (unsigned j = 0; j < n; j++) {
			(void)snprintf(name, sizeof(name),
			    "ns::some_class::method_%u", j == 0 ? i : i + 7);
			lines[j].function =
			    profile_function(p, name, name, "big.cc", i);
			lines[j].line = i + j;
		}
		profile_set_lines(p, f, lines, n);
	}
}

/* A walk down a call graph in which a function calls a few others. */
static void
add_stacks(struct profile *p, uint32_t labels, size_t n)
{
	uint32_t frames[DEPTH], at;

	for (size_t i = 0; i < n; i++) {
		at = random_below(3);
		for (unsigned d = DEPTH; d-- > 0;) {
			frames[d] = at % FUNCTIONS;
			at = at * 5 + 1 +
			    (random_below(d > 30 ? 4 : 40) == 0);
		}
		profile_add(p, labels, frames, DEPTH,
		    cpu_weight(1, 10000000 + random_below(1000000)));
	}
}

/*
 * At random through sixteen functions, as fixtures/programs/manystacks.c: few
 * rows in the flat view, calls of each everywhere.
 */
static void
add_wandering(struct profile *p, uint32_t labels, size_t n)
{
	uint32_t frames[DEPTH];

	for (size_t i = 0; i < n; i++) {
		unsigned depth = 8 + random_below(21);

		for (unsigned d = 0; d < depth; d++)
			frames[d] = random_below(16);
		profile_add(
		    p, labels, frames, depth, cpu_weight(1, 10000000));
	}
}

/* A window with the weights of all nodes, or of every step-th. */
static struct window *
fill_window(const struct profile *p, size_t step)
{
	struct window *w = window_new(step == 1 ? 0 : 5000000000u, 0);
	struct news news = {.time_ns = 1000000000};
	size_t seen = 0;

	news.samples = xcalloc(p->trie.n, sizeof(*news.samples));
	for (uint32_t i = 0; i < p->trie.n; i++) {
		const struct trie_node *n = &p->trie.nodes[i];

		if (n->w.count != 0 && seen++ % step == 0)
			news.samples[news.n_samples++] =
			    (struct news_sample){i, n->w};
	}
	window_add(w, &news);
	free(news.samples);
	return w;
}

enum shown { LINES, LINES_ALL_OPEN, FLAME };

/* A view, as a screen has it. */
struct screen {
	struct viewer *viewer;
	struct view_opts opts;
	enum shown shown;
	struct fold fold;
	struct lines lines;
	struct flame flame;
};

static double
time_build(struct screen *s, const struct window *w, size_t *ret_rows)
{
	double start = cpu_ms();
	const struct view *view = view_build(s->viewer, &s->opts, w);

	if (s->shown == FLAME) {
		flame_layout(&s->flame, view, VIEW_NONE, COLUMNS);
	} else {
		s->fold.are_open = s->shown == LINES_ALL_OPEN;
		fold_follow_hot(&s->fold, view);
		lines_begin(&s->lines, view);
		lines_reach(&s->lines, view, &s->fold, ROWS * PAGES);
	}
	*ret_rows = view->n_rows;
	return cpu_ms() - start;
}

/* A few samples more, of stacks that are known. */
static void
count_some(const struct profile *p, struct window *w)
{
	struct news_sample samples[SAMPLES];
	struct news news = {.time_ns = window_end_ns(w), .samples = samples};

	while (news.n_samples < SAMPLES) {
		uint32_t node = random_below((uint32_t)p->trie.n);

		if (p->trie.nodes[node].w.count != 0)
			samples[news.n_samples++] = (struct news_sample){
			    node, cpu_weight(1, 10000000)};
	}
	window_add(w, &news);
}

/* What a busy machine adds is not ours. */
static double
best_build(const struct profile *p, struct screen *s, struct window *w,
    size_t *ret_rows)
{
	double best = 1e9;

	for (int i = 0; i < REPEATS; i++) {
		double t;

		count_some(p, w);
		t = time_build(s, w, ret_rows);
		if (t < best)
			best = t;
	}
	return best;
}

/* The function that comes at a rank. */
static uint32_t
busiest(struct viewer *v, enum view_sort by, size_t rank)
{
	const struct view_opts o = {.kind = VIEW_FLAT, .sort = by};
	const struct view *view = view_build(v, &o, NULL);

	return view->rows[rank % view->n_rows].key;
}

static void
bench(struct profile *p, const char *what, struct view_opts o,
    enum shown shown, uint32_t labels, size_t n_stacks,
    void (*add)(struct profile *, uint32_t, size_t))
{
	struct screen s = {.viewer = viewer_new(p), .opts = o, .shown = shown};
	struct window *all = fill_window(p, 1), *some, *more;
	double first, again, few, grown;
	size_t rows, few_rows, more_rows;

	if (o.kind == VIEW_CALLERS)
		s.opts.callers_of = busiest(s.viewer, SORT_TOTAL, o.callers_of);
	some = fill_window(p, n_stacks / 500 + 1);
	first = time_build(&s, all, &rows);
	again = best_build(p, &s, all, &rows);
	few = best_build(p, &s, some, &few_rows);
	add(p, labels, n_stacks / 100);
	more = fill_window(p, 1);
	grown = time_build(&s, more, &more_rows);
	(void)printf("%-22s %8.2f %8.3f %8zu %8.2f %8.3f %8zu\n", what, first,
	    again, rows, grown, few, few_rows);
	window_free(all);
	window_free(some);
	window_free(more);
	fold_deinit(&s.fold);
	lines_deinit(&s.lines);
	flame_deinit(&s.flame);
	viewer_free(s.viewer);
}

static const struct {
	const char *what;
	struct view_opts opts; /* callers_of: a rank */
	enum shown shown;
} cases[] = {
    {"flat", {.kind = VIEW_FLAT}, LINES},
    {"flat, by name", {.kind = VIEW_FLAT, .sort = SORT_NAME}, LINES},
    {"tree", {.kind = VIEW_TREE, .sort = SORT_TOTAL}, LINES},
    {"tree, all open", {.kind = VIEW_TREE, .sort = SORT_TOTAL},
	LINES_ALL_OPEN},
    {"flame", {.kind = VIEW_TREE, .sort = SORT_NAME}, FLAME},
    {"callers of the root", {.kind = VIEW_CALLERS}, LINES},
    {"callers of the 10th", {.kind = VIEW_CALLERS, .callers_of = 10}, LINES},
    {"callers of the 1000th", {.kind = VIEW_CALLERS, .callers_of = 1000},
	LINES},
};

static void
bench_all(const char *what, size_t n,
    void (*add)(struct profile *, uint32_t, size_t))
{
	struct profile p;
	uint32_t labels;

	profile_init(&p, 0, 0);
	labels = profile_labels(&p, 1, 1, "main");
	add_frames(&p);
	add(&p, labels, n);
	(void)printf("%s: %zu stacks, %zu nodes; CPU ms\n", what, n, p.trie.n);
	(void)printf("%-22s %8s %8s %8s %8s %8s %8s\n", "view", "first",
	    "refresh", "rows", "+1 %", "window", "rows");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench(&p, cases[i].what, cases[i].opts, cases[i].shown, labels,
		    n, add);
	profile_deinit(&p);
}

int
main(int argc, char *argv[])
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;

	bench_all("a call graph", n, add_stacks);
	bench_all("sixteen functions", n, add_wandering);
	return 0;
}
