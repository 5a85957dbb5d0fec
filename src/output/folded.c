/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folded stacks: a line for each stack, "main;run;parse 17", root first, in
 * byte order of the stacks; the number is a count of samples, or, where elapsed
 * time is weighed, of the ticks that it would take to sample it. What
 * flamegraph.pl, inferno and speedscope read.
 *
 * The first frame is the thread's name where the labels have one. Inlined
 * functions are frames like others; markers stand where they stand in the
 * stack. Stacks that differ only in what is not shown here (addresses, thread
 * ids) are one line. Rows of CPU time without a sample ("[not sampled]") have
 * no count and so no line.
 *
 * Lines are not built to be sorted: a second trie of names holds them, and the
 * sort compares paths in it, so that memory does not grow with their length.
 */
#include "config.h"

#include "output/output.h"

#include "profile/profile.h"

#include "base/escape.h"
#include "base/intern.h"
#include "base/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAME_NAME 512
#define UNKNOWN	       "[unknown]"

/* Names from the leaf up; an id is a string of the folder. */
struct path {
	uint32_t *names;
	size_t n, cap;
};

struct folder {
	const struct profile *p;
	struct interner names;	  /* cleaned */
	uint32_t *function_names; /* by profile function; 0: not used so far */
	struct trie trie;	  /* of names */
	uint32_t *places;	  /* by profile node: its node in trie */
	uint32_t *lines;	  /* the nodes of trie that have a count */
	size_t n_lines, cap_lines;
	struct path a, b; /* what the sort compares at the moment */
};

/*
 * ';' separates frames and the line's end separates stacks, so neither may
 * stand in a name; nor may a frame be without one.
 */
static uint32_t
clean_name(struct folder *f, const char *s)
{
	char *plain = xstrdup(s[0] != '\0' ? s : UNKNOWN), *clean;
	uint32_t id;

	for (char *c = plain; *c != '\0'; c++) {
		if (*c == ';')
			*c = ':';
		else if ((unsigned char)*c < ' ' || *c == '\x7f')
			*c = ' ';
	}
	clean = escape_dup(plain);
	id = intern(&f->names, clean);
	free(clean);
	free(plain);
	return id;
}

static uint32_t
function_name(struct folder *f, uint32_t function)
{
	const struct profile *p = f->p;
	uint32_t *id = &f->function_names[function];

	if (*id == 0)
		*id = clean_name(
		    f, interned(&p->strings, p->functions[function].name));
	return *id;
}

/* Below parent: what stands at the frame, outermost first. */
static uint32_t
place_frame(struct folder *f, uint32_t parent, uint32_t frame)
{
	const struct profile_frame *from = &f->p->frames[frame];
	uint32_t node = parent;
	char buf[MAX_FRAME_NAME];

	for (uint32_t i = from->n_lines; i-- > 0;) {
		uint32_t line = from->first_line + i;

		node = trie_reserved_child(&f->trie, node,
		    function_name(f, f->p->lines[line].function));
	}
	if (from->n_lines == 0) {
		profile_frame_name(f->p, frame, buf, sizeof(buf));
		node = trie_reserved_child(&f->trie, node, clean_name(f, buf));
	}
	return node;
}

static uint32_t
place_root(struct folder *f, uint32_t labels)
{
	uint32_t name = f->p->labels[labels].thread_name;

	if (name == 0)
		return TRIE_NO_NODE;
	return trie_reserved_child(&f->trie, TRIE_NO_NODE,
	    clean_name(f, interned(&f->p->strings, name)));
}

static void
count_line(struct folder *f, uint32_t node, const struct weight *w)
{
	struct trie_node *at = &f->trie.nodes[node];

	if (weight_is_none(&at->w)) {
		GROW(f->lines, f->n_lines, f->cap_lines);
		f->lines[f->n_lines++] = node;
	}
	weight_add(&at->w, w);
}

/*
 * A sleep of many ticks is one sample: what counts is how long it was. Less than
 * half a tick is none, so that the lines add up to the time there was.
 */
static uint64_t
line_count(const struct folder *f, uint32_t line)
{
	const struct weight *w = &f->trie.nodes[line].w;
	uint64_t period = f->p->period_ns;

	if (profile_measure(f->p) == MEASURE_CPU || period == 0)
		return w->count;
	return w->wall / period + (w->wall % period >= (period + 1) / 2);
}

/* Parents come before their children in a trie, so their places are known. */
static void
place_nodes(struct folder *f)
{
	const struct trie *from = &f->p->trie;

	for (size_t i = 0; i < from->n; i++) {
		const struct trie_node *node = &from->nodes[i];

		if (node->parent == TRIE_NO_NODE) {
			f->places[i] = place_root(f, node->frame);
			continue;
		}
		f->places[i] =
		    place_frame(f, f->places[node->parent], node->frame);
		if (!weight_is_none(&node->w))
			count_line(f, f->places[i], &node->w);
	}
}

static void
fill_path(const struct folder *f, uint32_t leaf, struct path *ret)
{
	uint32_t node = leaf;

	ret->n = 0;
	for (; node != TRIE_NO_NODE; node = f->trie.nodes[node].parent) {
		GROW(ret->names, ret->n, ret->cap);
		ret->names[ret->n++] = f->trie.nodes[node].frame;
	}
}

/* As strcmp() of the two stacks, where these names are the first to differ. */
static int
compare_names(const char *a, bool a_is_leaf, const char *b, bool b_is_leaf)
{
	unsigned char ca, cb;

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	ca = (unsigned char)*a;
	cb = (unsigned char)*b;
	if (ca == '\0' && !a_is_leaf)
		ca = ';';
	if (cb == '\0' && !b_is_leaf)
		cb = ';';
	return ca - cb;
}

static int
compare_lines(const void *pa, const void *pb, void *ctx)
{
	struct folder *f = ctx;
	size_t a, b;

	fill_path(f, *(const uint32_t *)pa, &f->a);
	fill_path(f, *(const uint32_t *)pb, &f->b);
	for (a = f->a.n, b = f->b.n; a > 0 && b > 0; a--, b--)
		if (f->a.names[a - 1] != f->b.names[b - 1])
			return compare_names(
			    interned(&f->names, f->a.names[a - 1]), a == 1,
			    interned(&f->names, f->b.names[b - 1]), b == 1);
	return (a > 0) - (b > 0);
}

static void
print_line(struct folder *f, uint32_t leaf, FILE *fp)
{
	uint64_t count = line_count(f, leaf);

	if (count == 0)
		return;
	fill_path(f, leaf, &f->a);
	for (size_t i = f->a.n; i-- > 0;) {
		(void)fputs(interned(&f->names, f->a.names[i]), fp);
		(void)fputc(i > 0 ? ';' : ' ', fp);
	}
	(void)fprintf(fp, "%" PRIu64 "\n", count);
}

static int
print_lines(struct folder *f, FILE *fp, struct err *err)
{
	for (size_t i = 0; i < f->n_lines && !ferror(fp); i++)
		print_line(f, f->lines[i], fp);
	if (ferror(fp) || fflush(fp) != 0)
		return err_set(err, ERR_RUNTIME, "write: %s", strerror(errno));
	return 0;
}

static int
folded_write(const struct profile *p, FILE *fp, struct err *err)
{
	struct folder f = {.p = p};
	int r;

	interner_init(&f.names);
	trie_init(&f.trie, SIZE_MAX);
	f.function_names = xcalloc(p->n_functions, sizeof(*f.function_names));
	f.places = xcalloc(p->trie.n, sizeof(*f.places));
	place_nodes(&f);
	if (f.n_lines > 0)
		qsort_r(
		    f.lines, f.n_lines, sizeof(*f.lines), compare_lines, &f);
	r = print_lines(&f, fp, err);
	interner_deinit(&f.names);
	trie_deinit(&f.trie);
	free(f.function_names);
	free(f.places);
	free(f.lines);
	free(f.a.names);
	free(f.b.names);
	return r;
}

const struct output_ops output_folded = {
    .name = "folded",
    .suffixes = ".folded .collapsed .collapsedstack.txt",
    .help = "a line for each stack, root first, with its number of samples",
    .write = folded_write,
};
