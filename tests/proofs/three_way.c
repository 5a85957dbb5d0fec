/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * three_way [-v N] DIR... - scrape's stacks against libdw's and libunwind's
 *
 * Walks the snapshots of one process in each DIR with all three, and scrape's
 * in each of its ways, and compares the frames, their number and whether the
 * last is the outermost. A difference is put down to the frame from which two
 * walks go different ways, and to what is known of that:
 *
 *	skipped		it has no unwind data, and the others go by the frame
 *			pointer: they have the same frames but for its caller,
 *			for it has no frame record, or has none yet
 *	no-cfi		it has no unwind data: whoever goes on has guessed
 *	gave-up		it has unwind data, and only one walk goes on
 *	wrong		it has unwind data, and the callers are different
 *
 * Of each kind it is told how many of scrape's walks came to the outermost
 * frame nevertheless. Exits with 1 for a difference of the last two kinds, and
 * for any between scrape's own ways. -v shows so many differences in full.
 */
#include "config.h"

#include "../bench/bench_walk.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "core/frame.h"
#include "object/cfi.h"
#include "object/module.h"
#include "symbol/symbolize.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many places of a kind are listed. */
#define PLACES_MAX 8

enum { ROWS, CACHED, TRAILED, LIBDW, LIBUNWIND, WALKERS };

static const struct bench_walker *const walkers[WALKERS] = {
    [ROWS] = &bench_rows,
    [CACHED] = &bench_cached,
    [TRAILED] = &bench_trailed,
    [LIBDW] = &bench_libdw,
    [LIBUNWIND] = &bench_libunwind,
};

enum why {
	WHY_SKIPPED,
	WHY_NO_CFI,
	WHY_GAVE_UP,
	WHY_WRONG,
	WHY_NR
};

static const char *const why_names[WHY_NR] = {
    "skipped", "no-cfi", "gave-up", "wrong"};

/* Differences of one kind. */
struct reason {
	unsigned n, whole; /* whole: scrape's walk is */
	struct {
		char *name;
		unsigned n;
	} places[PLACES_MAX];
	size_t n_places;
};

struct walker {
	void *state; /* NULL: there is none */
	unsigned compared, equal;
	struct reason reasons[WHY_NR];
};

/* One sample, by scrape. */
struct own_walk {
	struct frame frames[BENCH_FRAMES_MAX];
	size_t n;
	bool is_whole;
};

static unsigned verbose;

/* ---- frames -------------------------------------------------------------- */

static void
walk_own(const struct bench_program *p, struct own_walk *ret)
{
	struct mem mem = bench_program_mem(p);
	struct unwind_result r = unwind(
	    &p->space, &p->now.regs, &mem, ret->frames, BENCH_FRAMES_MAX);

	ret->n = r.n;
	ret->is_whole = r.end == END_ROOT;
}

static struct module *
module_at(const struct bench_program *p, uint64_t pc, uint64_t *ret_vaddr)
{
	const struct mapping *m = mappings_find(p->space.mappings, pc);
	size_t i = m != NULL ? (size_t)(m - p->space.mappings->v) : 0;

	if (m == NULL || p->space.modules[i] == NULL)
		return NULL;
	*ret_vaddr = pc - p->space.bias[i];
	return p->space.modules[i];
}

static bool
has_cfi(const struct bench_program *p, const struct frame *f)
{
	uint64_t vaddr;
	struct module *m = module_at(p, frame_lookup_pc(f), &vaddr);
	struct cfi_row row;

	return m != NULL &&
	       cfi_row_at(module_cfi(m), vaddr, &row) != CFI_NONE;
}

/* To free(). */
static char *
name_of(const struct bench_program *p, const struct frame *f)
{
	const struct symbolize_opts opts = {0};
	struct location loc;
	uint64_t vaddr;
	struct module *m = module_at(p, frame_lookup_pc(f), &vaddr);
	const char *file;
	char *name;

	if (m == NULL)
		return xstrdup("code in no file");
	symbolize(m, vaddr, &opts, &loc);
	file = strrchr(module_path(m), '/');
	name = xasprintf("%s in %s", loc.lines[0].name,
	    file != NULL ? file + 1 : module_path(m));
	location_deinit(&loc);
	return name;
}

/* ---- differences --------------------------------------------------------- */

/* The first frame that only one has, or has otherwise; SIZE_MAX: all alike. */
static size_t
differs_at(const struct own_walk *ours, const struct bench_walk *theirs)
{
	size_t i = 0;

	while (i < ours->n && i < theirs->n &&
	       ours->frames[i].pc == theirs->pcs[i])
		i++;
	return i == ours->n && i == theirs->n ? SIZE_MAX : i;
}

/* Whether theirs is ours without the caller of the frame at. */
static bool
lacks_caller(
    const struct own_walk *ours, const struct bench_walk *theirs, size_t at)
{
	if (ours->n != theirs->n + 1 || ours->is_whole != theirs->is_whole)
		return false;
	for (size_t i = at + 1; i < theirs->n; i++)
		if (theirs->pcs[i] != ours->frames[i + 1].pc)
			return false;
	return true;
}

/* at: the frame whose caller they do not agree about. */
static enum why
explain(const struct bench_program *p, const struct own_walk *ours,
    const struct bench_walk *theirs, size_t at)
{
	if (!has_cfi(p, &ours->frames[at]))
		return lacks_caller(ours, theirs, at) ? WHY_SKIPPED
						      : WHY_NO_CFI;
	return at + 1 == ours->n || at + 1 == theirs->n ? WHY_GAVE_UP
							: WHY_WRONG;
}

static void
add_place(struct reason *r, char *name)
{
	for (size_t i = 0; i < r->n_places; i++) {
		if (strcmp(r->places[i].name, name) == 0) {
			r->places[i].n++;
			free(name);
			return;
		}
	}
	if (r->n_places == PLACES_MAX) {
		free(name);
		return;
	}
	r->places[r->n_places].name = name;
	r->places[r->n_places++].n = 1;
}

static void
show(const struct bench_program *p, const struct own_walk *ours,
    const struct bench_walk *theirs, const char *name, size_t sample)
{
	printf("#   sample %zu\n", sample);
	for (size_t i = 0; i < ours->n || i < theirs->n; i++) {
		char *function =
		    i < ours->n ? name_of(p, &ours->frames[i]) : xstrdup("");

		printf("#     %16" PRIx64 " %16" PRIx64 " ",
		    i < ours->n ? ours->frames[i].pc : 0,
		    i < theirs->n ? theirs->pcs[i] : 0);
		escape_print(stdout, function);
		printf("%s\n",
		    i < ours->n && ours->frames[i].guessed ? " guessed" : "");
		free(function);
	}
	printf("#     %16s %16s %s\n", ours->is_whole ? "whole" : "-",
	    theirs->is_whole ? "whole" : "-", name);
}

static void
compare(const struct bench_program *p, int which, struct walker *w,
    const struct own_walk *ours, size_t sample)
{
	static struct bench_walk theirs;
	struct reason *r;
	size_t at;

	walkers[which]->walk(w->state, &theirs);
	w->compared++;
	at = differs_at(ours, &theirs);
	if (at == SIZE_MAX && ours->is_whole == theirs.is_whole) {
		w->equal++;
		return;
	}
	if (at == SIZE_MAX)
		at = ours->n;
	if (at > 0)
		at--;
	r = &w->reasons[explain(p, ours, &theirs, at)];
	r->n++;
	r->whole += ours->is_whole;
	add_place(r, name_of(p, &ours->frames[at]));
	if (verbose > 0) {
		verbose--;
		show(p, ours, &theirs, walkers[which]->name, sample);
	}
}

/* ---- the table ----------------------------------------------------------- */

/* Returns whether all differences are explained. */
static bool
report(const struct walker *w, int which)
{
	bool is_own = which < LIBDW;
	bool ok = !is_own || w->equal == w->compared;

	if (w->state == NULL) {
		printf("  %-9s not here\n", walkers[which]->name);
		return true;
	}
	printf("  %-9s %u of %u equal\n", walkers[which]->name, w->equal,
	    w->compared);
	for (int why = 0; why < WHY_NR; why++) {
		const struct reason *r = &w->reasons[why];

		if (r->n == 0)
			continue;
		if (why >= WHY_GAVE_UP)
			ok = false;
		printf("#   %-10s %5u, of which scrape has %u whole\n",
		    why_names[why], r->n, r->whole);
		for (size_t i = 0; i < r->n_places; i++) {
			printf("#     %5u x ", r->places[i].n);
			escape_print(stdout, r->places[i].name);
			putchar('\n');
		}
	}
	return ok;
}

static void
finish(struct walker *w, int which)
{
	if (w->state != NULL)
		walkers[which]->close(w->state);
	for (int why = 0; why < WHY_NR; why++)
		for (size_t i = 0; i < w->reasons[why].n_places; i++)
			free(w->reasons[why].places[i].name);
}

static bool
compare_program(const char *dir)
{
	static struct own_walk ours;
	struct walker ws[WALKERS] = {0};
	struct bench_program p;
	unsigned n_whole = 0;
	size_t frames = 0;
	bool ok = true;

	if (!bench_program_open(&p, dir)) {
		printf("# %s: no snapshots\n", dir);
		return false;
	}
	for (int i = 0; i < WALKERS; i++)
		ws[i].state = walkers[i]->open(&p);
	for (size_t k = 0; k < p.n; k++) {
		bench_program_take(&p, k);
		walk_own(&p, &ours);
		n_whole += ours.is_whole;
		frames += ours.n;
		for (int i = 0; i < WALKERS; i++)
			if (ws[i].state != NULL)
				compare(&p, i, &ws[i], &ours, k);
	}
	printf("%s: %zu samples of %.1f frames, %u whole\n",
	    strrchr(dir, '/') != NULL ? strrchr(dir, '/') + 1 : dir, p.n,
	    (double)frames / (double)p.n, n_whole);
	for (int i = 0; i < WALKERS; i++) {
		ok = report(&ws[i], i) && ok;
		finish(&ws[i], i);
	}
	bench_program_close(&p);
	fflush(stdout);
	return ok;
}

int
main(int argc, char *argv[])
{
	bool ok = true;
	int c;

	while ((c = getopt(argc, argv, "v:")) != -1) {
		if (c != 'v')
			return 2;
		verbose = (unsigned)strtoul(optarg, NULL, 10);
	}
	for (int i = optind; i < argc; i++)
		ok = compare_program(argv[i]) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
