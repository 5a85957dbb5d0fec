/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "profile/view.h"

#include "base/xalloc.h"
#include "profile/news.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_WORDS 64
#define SECOND	  UINT64_C(1000000000)

/* A profile whose frames are written as words, and a viewer of it. */
struct built {
	struct profile p;
	uint32_t labels, mapping;
	struct viewer *v;
	struct window *w;
};

static int
set_up(void **state)
{
	struct built *b = xcalloc(1, sizeof(*b));

	profile_init(&b->p, 0, 0);
	b->labels = profile_labels(&b->p, 1, 1, "boss");
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/bin/prog", "");
	b->v = viewer_new(&b->p);
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	struct built *b = *state;

	viewer_free(b->v);
	window_free(b->w);
	profile_deinit(&b->p);
	free(b);
	return 0;
}

/* A word's address: different for different words that are used here. */
static uint64_t
address_of(const char *word)
{
	uint64_t h = 0;

	for (; *word != '\0'; word++)
		h = h * 31 + (unsigned char)*word;
	return h % 0x10000;
}

/* "tiny<big:12": tiny inlined into big, which is at line 12 of big.c. */
static void
name_frame(struct built *b, uint32_t frame, const char *word)
{
	struct profile_line lines[8];
	char *copy = xstrdup(word), *save = NULL, *s, *colon, file[64];
	size_t n = 0;

	for (s = strtok_r(copy, "<", &save); s != NULL;
	     s = strtok_r(NULL, "<", &save)) {
		unsigned line = 0;

		colon = strchr(s, ':');
		if (colon != NULL) {
			*colon = '\0';
			line = (unsigned)strtoul(colon + 1, NULL, 10);
		}
		(void)snprintf(file, sizeof(file), "src/%s.c", s);
		lines[n++] = (struct profile_line){
		    .function = profile_function(&b->p, s, s, file, 7),
		    .line = line,
		};
	}
	profile_set_lines(&b->p, frame, lines, n);
	free(copy);
}

/* "[...]" is a marker, "@12" the bare address 0x12, others as name_frame(). */
static uint32_t
frame(struct built *b, const char *word)
{
	uint32_t id;

	if (word[0] == '[')
		return profile_marker(&b->p, word);
	if (word[0] == '@')
		return profile_frame(
		    &b->p, b->mapping, strtoul(word + 1, NULL, 16));
	id = profile_frame(&b->p, b->mapping, address_of(word));
	name_frame(b, id, word);
	return id;
}

/* Root first, "main;run;parse"; a sample, unless it is a marker's. */
static void
add(struct built *b, const char *stack, uint64_t value)
{
	uint32_t frames[MAX_WORDS];
	size_t at = MAX_WORDS;
	char *copy = xstrdup(stack), *save = NULL;

	for (char *s = strtok_r(copy, ";", &save); s != NULL;
	     s = strtok_r(NULL, ";", &save))
		frames[--at] = frame(b, s);
	profile_add(
	    &b->p, b->labels, frames + at, MAX_WORDS - at,
	    cpu_weight(1, value));
	free(copy);
}

static void
thread(struct built *b, pid_t pid, pid_t tid, const char *name)
{
	b->labels = profile_labels(&b->p, pid, tid, name);
}

static const struct view *
build(struct built *b, struct view_opts o)
{
	return view_build(b->v, &o, b->w);
}

static void
print_row(struct built *b, const struct view_row *row, FILE *fp)
{
	static const char *const marks[] = {"", " up", " down"};

	(void)fprintf(fp, "%*s%s %ju/%ju%s", (int)row->depth * 2, "",
	    view_key(b->v, row->key).name, (uintmax_t)row->self,
	    (uintmax_t)row->total, marks[row->trend]);
	if (row->pid != 0)
		(void)fprintf(fp, " of %d", (int)row->pid);
	(void)fputc('\n', fp);
}

static void
print_rows(struct built *b, const struct view *v, uint32_t first, FILE *fp)
{
	for (uint32_t i = first; i != VIEW_NONE; i = v->rows[i].next) {
		print_row(b, &v->rows[i], fp);
		print_rows(b, v, view_first_child(v, i), fp);
	}
}

/* Rows as "name self/total", those of a tree below each other and indented. */
static void
assert_view(struct built *b, struct view_opts o, const char *expected)
{
	const struct view *v = build(b, o);
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);

	print_rows(b, v, v->first_root, fp);
	xclose_memstream(fp);
	assert_string_equal(text, expected);
	free(text);
}

static void
assert_callers(struct built *b, const char *name, const char *expected)
{
	struct view_opts o = {.kind = VIEW_CALLERS};

	(void)build(b, o);
	o.callers_of = view_find(b->v, GRAIN_FUNCTION, name, "prog");
	assert_int_not_equal(o.callers_of, VIEW_NONE);
	assert_view(b, o, expected);
}

static const struct view_opts flat = {.kind = VIEW_FLAT};
static const struct view_opts tree = {.kind = VIEW_TREE};

/* --- flat */

static void
test_flat_self_and_total(void **state)
{
	struct built *b = *state;

	add(b, "main;run;parse", 5);
	add(b, "main;run", 7);
	add(b, "main;idle", 1);
	assert_view(b, flat, "run 7/12\nparse 5/5\nidle 1/1\nmain 0/13\n");
	assert_int_equal(build(b, flat)->all, 13);
	assert_int_equal(build(b, flat)->shown, 13);
	assert_int_equal(build(b, flat)->all_n, 3);
}

static void
test_flat_counts_samples(void **state)
{
	struct built *b = *state;
	const struct view *v;

	add(b, "main;run", 7);
	add(b, "main;run", 1);
	add(b, "main;run;parse", 1);
	v = build(b, flat);
	assert_int_equal(v->rows[0].self_n, 2);
	assert_int_equal(v->rows[0].total_n, 3);
}

static void
test_flat_recursion_counts_once(void **state)
{
	struct built *b = *state;

	add(b, "main;fib;fib;fib", 4);
	add(b, "main;fib", 2);
	add(b, "main;fib;leaf;fib", 1);
	assert_view(b, flat, "fib 7/7\nmain 0/7\nleaf 0/1\n");
}

/* Also where it is inlined into itself, and below something inlined. */
static void
test_flat_inlined_recursion_counts_once(void **state)
{
	struct built *b = *state;

	add(b, "main;fib<fib<big;fib", 3);
	assert_view(b, flat, "fib 3/3\nbig 0/3\nmain 0/3\n");
}

/* Stacks that come later start from where the last one did not end. */
static void
test_flat_recursion_among_branches(void **state)
{
	struct built *b = *state;

	add(b, "main;a;b", 1);
	add(b, "main;b;a", 2);
	(void)build(b, flat);
	add(b, "main;a;b;a", 4);
	add(b, "b", 8);
	add(b, "main;b;a;c;b", 16);
	assert_view(b, flat, "b 25/31\na 6/23\nmain 0/23\nc 0/16\n");
}

static void
test_flat_objects_tell_apart(void **state)
{
	struct built *b = *state;

	add(b, "main;work", 3);
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/lib/l.so", "");
	add(b, "main;work", 2);
	assert_view(
	    b, flat, "work 3/3\nwork 2/2\nmain 0/3\nmain 0/2\n");
	assert_string_equal(
	    view_key(b->v, build(b, flat)->rows[1].key).object, "l.so");
}

static void
test_flat_by_process(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.by_process = true};

	add(b, "main;work", 3);
	thread(b, 1, 2, "helper");
	add(b, "main;work", 3);
	thread(b, 9, 9, "child");
	add(b, "main;work;work", 2);
	assert_view(b, o,
	    "work 6/6 of 1\nwork 2/2 of 9\nmain 0/6 of 1\nmain 0/2 of 9\n");
	assert_view(b, flat, "work 8/8\nmain 0/8\n");
}

static void
test_markers_are_rows_and_marked(void **state)
{
	struct built *b = *state;
	const struct view *v;

	add(b, "[truncated: no-cfi];run", 3);
	add(b, "[not sampled]", 4);
	assert_view(b, flat,
	    "[not sampled] 4/4\nrun 3/3\n[truncated: no-cfi] 0/3\n");
	v = build(b, flat);
	assert_true(view_key(b->v, v->rows[0].key).is_marker);
	assert_false(view_key(b->v, v->rows[1].key).is_marker);
	assert_true(view_key(b->v, v->rows[2].key).is_marker);
}

/* A name that a target gave to a function does not make it a marker. */
static void
test_markers_cannot_be_faked(void **state)
{
	struct built *b = *state;
	uint32_t f = profile_frame(&b->p, PROFILE_NO_MAPPING, 1);

	name_frame(b, f, "[not sampled]");
	profile_add(&b->p, b->labels, &f, 1, cpu_weight(1, 3));
	add(b, "[not sampled]", 4);
	assert_view(b, flat, "[not sampled] 4/4\n[not sampled] 3/3\n");
	assert_false(
	    view_key(b->v, build(b, flat)->rows[1].key).is_marker);
}

/* By CPU time, who slept is not there at all, however often it was seen. */
static void
test_measures(void **state)
{
	struct built *b = *state;
	const struct view_opts by_wall = {
	    .kind = VIEW_FLAT, .measure = MEASURE_WALL};
	uint32_t asleep = frame(b, "asleep"), awake = frame(b, "awake");

	profile_add(&b->p, b->labels, &asleep, 1, (struct weight){9, 0, 90});
	profile_add(&b->p, b->labels, &awake, 1, (struct weight){1, 7, 10});
	assert_view(b, flat, "awake 7/7\n");
	assert_int_equal(build(b, flat)->all_n, 1);
	assert_view(b, by_wall, "asleep 90/90\nawake 10/10\n");
	assert_int_equal(build(b, by_wall)->all_n, 10);
	assert_view(b, flat, "awake 7/7\n");
}

static void
test_empty(void **state)
{
	struct built *b = *state;

	assert_view(b, flat, "");
	assert_view(b, tree, "");
	assert_view(b, (struct view_opts){.kind = VIEW_CALLERS}, "");
}

/* --- order */

static void
test_sort_by_each_column(void **state)
{
	struct built *b = *state;

	add(b, "zoo;ant", 3);
	add(b, "zoo", 1);
	add(b, "bee", 2);
	assert_view(b, (struct view_opts){.sort = SORT_SELF},
	    "ant 3/3\nbee 2/2\nzoo 1/4\n");
	assert_view(b, (struct view_opts){.sort = SORT_TOTAL},
	    "zoo 1/4\nant 3/3\nbee 2/2\n");
	assert_view(b, (struct view_opts){.sort = SORT_NAME},
	    "ant 3/3\nbee 2/2\nzoo 1/4\n");
	assert_view(b, (struct view_opts){.sort = SORT_FILE, .inverted = true},
	    "zoo 1/4\nbee 2/2\nant 3/3\n");
	assert_view(b, (struct view_opts){.sort = SORT_SELF, .inverted = true},
	    "zoo 1/4\nbee 2/2\nant 3/3\n");
}

static void
test_sort_by_object_and_process(void **state)
{
	struct built *b = *state;

	add(b, "[not sampled]", 9);
	add(b, "own", 3);
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/lib/a.so", "");
	thread(b, 9, 9, "child");
	add(b, "lib", 1);
	assert_view(b, (struct view_opts){.sort = SORT_OBJECT},
	    "lib 1/1\nown 3/3\n[not sampled] 9/9\n");
	assert_view(b,
	    (struct view_opts){
		.sort = SORT_PROCESS, .by_process = true, .inverted = true},
	    "lib 1/1 of 9\nown 3/3 of 1\n[not sampled] 9/9 of 1\n");
}

static void
test_ties_are_by_name(void **state)
{
	struct built *b = *state;

	add(b, "zeta", 1);
	add(b, "alpha", 1);
	add(b, "mid", 1);
	assert_view(b, flat, "alpha 1/1\nmid 1/1\nzeta 1/1\n");
}

/* --- tree */

static void
test_tree(void **state)
{
	struct built *b = *state;

	add(b, "main;run;parse", 5);
	add(b, "main;idle", 1);
	add(b, "main;run", 7);
	thread(b, 1, 2, "helper");
	add(b, "clone;main;run", 2);
	add(b, "main;run;parse", 1);
	assert_view(b,
	    (struct view_opts){.kind = VIEW_TREE, .sort = SORT_TOTAL},
	    "main 0/14\n"
	    "  run 7/13\n"
	    "    parse 6/6\n"
	    "  idle 1/1\n"
	    "clone 0/2\n"
	    "  main 0/2\n"
	    "    run 2/2\n");
}

/* Two addresses of one function in one caller are one row. */
static void
test_tree_merges_addresses_and_inlines(void **state)
{
	struct built *b = *state;

	add(b, "main:1;run:3", 5);
	add(b, "main:2;run:4", 1);
	add(b, "run<main", 2);
	add(b, "tiny<run<main", 3);
	assert_view(b, tree,
	    "main 0/11\n"
	    "  run 8/11\n"
	    "    tiny 3/3\n");
}

static void
test_tree_by_process(void **state)
{
	struct built *b = *state;

	add(b, "main;run", 5);
	thread(b, 9, 9, "child");
	add(b, "main;run", 2);
	thread(b, 9, 10, "worker");
	add(b, "main", 4);
	assert_view(b,
	    (struct view_opts){
		.kind = VIEW_TREE, .sort = SORT_TOTAL, .by_process = true},
	    "9 (child) 0/6 of 9\n"
	    "  main 4/6 of 9\n"
	    "    run 2/2 of 9\n"
	    "1 (boss) 0/5 of 1\n"
	    "  main 0/5 of 1\n"
	    "    run 5/5 of 1\n");
}

/* exec: the process has another name, and is the same. */
static void
test_tree_process_renamed(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.kind = VIEW_TREE, .by_process = true};

	add(b, "main", 5);
	(void)build(b, o);
	thread(b, 1, 1, "after");
	add(b, "main", 2);
	assert_view(b, o, "1 (after) 0/7 of 1\n  main 7/7 of 1\n");
}

static void
test_tree_parents_come_first(void **state)
{
	struct built *b = *state;
	const struct view *v;

	add(b, "a;b;c", 1);
	add(b, "x;y", 1);
	add(b, "a;d", 9);
	v = build(b, tree);
	for (uint32_t i = 0; i < v->n_rows; i++) {
		(void)view_first_child(v, i);
		if (v->rows[i].parent != VIEW_NONE)
			assert_true(v->rows[i].parent < i);
	}
	assert_int_equal(v->n_rows, 6);
}

/* A row too small to be followed is there, and what hangs on it is not. */
static void
test_tree_ends_at_small_shares(void **state)
{
	struct built *b = *state;
	struct view_opts o = tree;
	regex_t filter;

	for (int i = 0; i < 100; i++)
		add(b, "main;big;work", 100000);
	add(b, "main;rare;thing", 1);
	for (int i = 0; i < 30000; i++)
		add(b, "main;big", 1000);
	assert_view(b, tree,
	    "main 0/40000001\n"
	    "  big 30000000/40000000\n"
	    "    work 10000000/10000000\n"
	    "  rare 0/1\n");
	/* Who asks for it gets it. */
	assert_int_equal(regcomp(&filter, "thing", 0), 0);
	o.filter = &filter;
	assert_view(b, o, "main 0/1\n  rare 0/1\n    thing 1/1\n");
	regfree(&filter);
}

/* --- callers */

static void
test_callers(void **state)
{
	struct built *b = *state;

	add(b, "main;run;copy", 5);
	add(b, "main;load;copy", 7);
	add(b, "main;load;copy;sub", 1);
	add(b, "main;run", 9);
	assert_callers(b, "copy",
	    "copy 12/13\n"
	    "  load 7/8\n"
	    "    main 7/8\n"
	    "  run 5/5\n"
	    "    main 5/5\n");
	assert_callers(b, "main", "main 0/22\n");
}

static void
test_callers_of_recursion_count_once(void **state)
{
	struct built *b = *state;

	add(b, "main;fib;fib;fib", 4);
	add(b, "main;run;fib;leaf;fib", 2);
	add(b, "main;run;fib;leaf", 1);
	assert_callers(b, "fib",
	    "fib 6/7\n"
	    "  main 4/4\n"
	    "  run 2/3\n"
	    "    main 2/3\n");
	assert_callers(b, "leaf",
	    "leaf 1/3\n"
	    "  fib 1/3\n"
	    "    run 1/3\n"
	    "      main 1/3\n");
}

static void
test_callers_by_process(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.kind = VIEW_CALLERS, .by_process = true};

	add(b, "main;run;copy", 5);
	thread(b, 9, 9, "child");
	add(b, "main;copy", 2);
	o.callers_of = view_find(b->v, GRAIN_FUNCTION, "copy", "prog");
	assert_view(b, o,
	    "1 (boss) 5/5 of 1\n"
	    "  copy 5/5 of 1\n"
	    "    run 5/5 of 1\n"
	    "      main 5/5 of 1\n"
	    "9 (child) 2/2 of 9\n"
	    "  copy 2/2 of 9\n"
	    "    main 2/2 of 9\n");
}

/* A key of another grain is not in this tree. */
static void
test_callers_of_nothing(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.kind = VIEW_CALLERS};

	add(b, "main;run", 5);
	o.callers_of = VIEW_NONE;
	assert_view(b, o, "");
	o.callers_of = view_find(b->v, GRAIN_OBJECT, "", "prog");
	assert_int_not_equal(o.callers_of, VIEW_NONE);
	assert_view(b, o, "");
}

/* --- grains */

static void
test_grain_line(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.grain = GRAIN_LINE};
	struct view_key key;

	add(b, "main:3;run:10", 5);
	add(b, "main:4;run:11", 1);
	assert_view(b, o, "run 5/5\nrun 1/1\nmain 0/5\nmain 0/1\n");
	key = view_key(b->v, build(b, o)->rows[1].key);
	assert_string_equal(key.file, "src/run.c");
	assert_int_equal(key.line, 11);
	/* As a function it has the line that it starts at. */
	key = view_key(b->v, build(b, flat)->rows[0].key);
	assert_int_equal(key.line, 7);
}

static void
test_grain_object(void **state)
{
	struct built *b = *state;

	add(b, "[truncated: depth];main", 1);
	add(b, "main;run;parse", 5);
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/lib/l.so", "");
	add(b, "[not sampled]", 2);
	add(b, "main", 3);
	assert_view(b, (struct view_opts){.grain = GRAIN_OBJECT},
	    "prog 6/6\nl.so 3/3\n[not sampled] 2/2\n"
	    "[truncated: depth] 0/1\n");
}

static void
test_grain_address(void **state)
{
	struct built *b = *state;
	uint32_t lib =
	    profile_mapping(&b->p, 0x20000, 0x30000, 0x1000, "/lib/l", "");
	uint32_t f = profile_frame(&b->p, lib, 0x20123);

	name_frame(b, f, "tiny<big:4");
	profile_add(&b->p, b->labels, &f, 1, cpu_weight(1, 3));
	add(b, "@17", 1);
	assert_view(b, (struct view_opts){.grain = GRAIN_ADDRESS},
	    "tiny 0x1123 3/3\nprog+0x17 1/1\n");
}

static void
test_find_in_another_grain(void **state)
{
	struct built *b = *state;
	uint32_t key;

	add(b, "main:3;run:10", 5);
	key = view_find(b->v, GRAIN_LINE, "run", "prog");
	assert_int_equal(view_key(b->v, key).line, 10);
	key = view_find(b->v, GRAIN_OBJECT, "run", "prog");
	assert_string_equal(view_key(b->v, key).name, "prog");
	key = view_find(b->v, GRAIN_ADDRESS, "run", "prog");
	assert_true(strncmp(view_key(b->v, key).name, "run 0x", 6) == 0);
	assert_int_equal(
	    view_find(b->v, GRAIN_FUNCTION, "run", "l.so"), VIEW_NONE);
	assert_int_equal(
	    view_find(b->v, GRAIN_FUNCTION, "walk", "prog"), VIEW_NONE);
}

static void
test_no_such_key(void **state)
{
	struct built *b = *state;

	assert_string_equal(view_key(b->v, VIEW_NONE).name, "");
	assert_string_equal(view_key(b->v, VIEW_NONE).system_name, "");
}

/* --- filter */

static void
assert_filtered(struct built *b, enum view_field field, const char *re,
    const char *expected)
{
	struct view_opts o = {.kind = VIEW_FLAT, .filter_field = field};
	regex_t filter;

	assert_int_equal(regcomp(&filter, re, REG_EXTENDED | REG_NOSUB), 0);
	o.filter = &filter;
	assert_view(b, o, expected);
	regfree(&filter);
}

static void
test_filter_by_each_field(void **state)
{
	struct built *b = *state;

	add(b, "main;run;parse", 5);
	add(b, "main;idle", 1);
	thread(b, 1, 2, "helper");
	add(b, "main;tiny<idle", 2);
	b->mapping = profile_mapping(&b->p, 0, 0x10000, 0, "/lib/l.so", "");
	add(b, "work", 3);
	assert_filtered(b, FIELD_FUNCTION, "^run$",
	    "parse 5/5\nmain 0/5\nrun 0/5\n");
	assert_filtered(b, FIELD_FUNCTION, "^tiny|work",
	    "work 3/3\ntiny 2/2\nidle 0/2\nmain 0/2\n");
	assert_filtered(b, FIELD_FILE, "src/idle",
	    "tiny 2/2\nidle 1/3\nmain 0/3\n");
	assert_filtered(b, FIELD_OBJECT, "^l[.]so$", "work 3/3\n");
	assert_filtered(b, FIELD_THREAD, "help",
	    "work 3/3\ntiny 2/2\nidle 0/2\nmain 0/2\n");
	assert_filtered(b, FIELD_FUNCTION, "nothing", "");
}

/* Shares are of the whole, whatever is looked at. */
static void
test_filter_leaves_the_whole(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.kind = VIEW_TREE, .filter_serial = 1};
	const struct view *v;
	regex_t filter;

	add(b, "main;run", 5);
	add(b, "main;idle", 1);
	assert_int_equal(regcomp(&filter, "run", 0), 0);
	o.filter = &filter;
	v = build(b, o);
	assert_int_equal(v->all, 6);
	assert_int_equal(v->shown, 5);
	assert_int_equal(v->all_n, 2);
	assert_int_equal(v->shown_n, 1);
	regfree(&filter);
	/* What it said is forgotten with its number. */
	assert_int_equal(regcomp(&filter, "idle", 0), 0);
	o.filter_serial = 2;
	assert_view(b, o, "main 0/1\n  idle 1/1\n");
	/* Kept, it answers for new names, too. */
	add(b, "main;idler", 3);
	assert_view(b, o, "main 0/4\n  idler 3/3\n  idle 1/1\n");
	regfree(&filter);
}

static void
test_only_a_thread_or_process(void **state)
{
	struct built *b = *state;

	add(b, "main", 5);
	thread(b, 1, 2, "helper");
	add(b, "main", 2);
	thread(b, 9, 9, "child");
	add(b, "main", 1);
	assert_view(b, (struct view_opts){.only_pid = 1}, "main 7/7\n");
	assert_view(b, (struct view_opts){.only_tid = 2}, "main 2/2\n");
	assert_view(b, (struct view_opts){.only_tid = 3}, "");
	assert_int_equal(
	    build(b, (struct view_opts){.only_tid = 2})->all, 8);
}

/* --- what grows */

static void
test_new_stacks_and_names(void **state)
{
	struct built *b = *state;

	add(b, "main;@10;@11", 5);
	assert_view(b, tree,
	    "main 0/5\n  prog+0x10 0/5\n    prog+0x11 5/5\n");
	name_frame(b, frame(b, "@10"), "run");
	viewer_names_changed(b->v);
	add(b, "main;run", 1);
	assert_view(
	    b, tree, "main 0/6\n  run 1/6\n    prog+0x11 5/5\n");
	name_frame(b, frame(b, "@11"), "tiny<run");
	viewer_names_changed(b->v);
	assert_view(b, tree,
	    "main 0/6\n  run 1/6\n    run 0/5\n      tiny 5/5\n");
	assert_view(b, flat, "tiny 5/5\nrun 1/6\nmain 0/6\n");
}

/* Every view stays right over many changes of names. */
static void
test_names_change_often(void **state)
{
	struct built *b = *state;
	char name[16];

	add(b, "main;@10;@11;@10", 5);
	add(b, "main;@11", 2);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i % 3);
		name_frame(b, frame(b, "@10"), name);
		viewer_names_changed(b->v);
		(void)build(b, tree);
	}
	assert_view(b, flat, "f1 5/5\nprog+0x11 2/7\nmain 0/7\n");
	assert_view(b, tree,
	    "main 0/7\n"
	    "  prog+0x11 2/2\n"
	    "  f1 0/5\n"
	    "    prog+0x11 0/5\n"
	    "      f1 5/5\n");
}

/* A cursor finds its row by key or id in the next view. */
static void
test_keys_and_ids_stay(void **state)
{
	struct built *b = *state;
	struct view_opts o = {
	    .kind = VIEW_TREE, .sort = SORT_NAME, .inverted = true};
	uint32_t key;
	uint64_t id;
	const struct view *v;

	add(b, "main;run", 5);
	key = build(b, flat)->rows[0].key;
	v = build(b, o);
	id = v->rows[view_first_child(v, v->first_root)].id;
	add(b, "early;main;run", 50);
	name_frame(b, frame(b, "main"), "later");
	name_frame(b, frame(b, "main"), "main");
	viewer_names_changed(b->v);
	assert_int_equal(build(b, flat)->rows[0].key, key);
	v = build(b, o);
	assert_int_equal(v->rows[v->first_root].total, 5);
	assert_int_equal(
	    v->rows[view_first_child(v, v->first_root)].id, id);
}

/* --- rows that have other names */

/* The row so far down the first branch. */
static const struct view_row *
row_at(const struct view *v, unsigned depth)
{
	uint32_t row = v->first_root;

	while (depth-- > 0)
		row = view_first_child(v, row);
	assert_int_not_equal(row, VIEW_NONE);
	return &v->rows[row];
}

static void
rename_frame(struct built *b, const char *frame_word, const char *name)
{
	name_frame(b, frame(b, frame_word), name);
	viewer_names_changed(b->v);
}

/* Whether a move leads from the one to the other. */
static bool
leads(const struct view_move *moves, size_t n, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < n; i++)
		if (moves[i].from == from && moves[i].to == to)
			return true;
	return false;
}

static void
test_rows_move_with_their_names(void **state)
{
	struct built *b = *state;
	const struct view_move *moves;
	const struct view *v;
	uint64_t was[4];
	size_t n;

	add(b, "@10;@20;@30;@40", 5);
	v = build(b, tree);
	for (unsigned i = 0; i < 4; i++)
		was[i] = row_at(v, i)->id;
	(void)view_take_moves(b->v, &n);
	assert_int_equal(n, 0);
	rename_frame(b, "@10", "main");
	rename_frame(b, "@30", "tiny<big");
	/* Whatever is shown when the names come. */
	(void)build(b, flat);
	v = build(b, tree);
	assert_view(b, tree,
	    "main 0/5\n  prog+0x20 0/5\n    big 0/5\n      tiny 0/5\n"
	    "        prog+0x40 5/5\n");
	moves = view_take_moves(b->v, &n);
	v = build(b, tree);
	assert_true(leads(moves, n, was[0], row_at(v, 0)->id));
	assert_true(leads(moves, n, was[1], row_at(v, 1)->id));
	assert_true(leads(moves, n, was[2], row_at(v, 2)->id));
	assert_true(leads(moves, n, was[2], row_at(v, 3)->id));
	assert_true(leads(moves, n, was[3], row_at(v, 4)->id));
	(void)view_take_moves(b->v, &n);
	assert_int_equal(n, 0);
}

static void
test_rows_of_one_name_are_one(void **state)
{
	struct built *b = *state;
	const struct view_move *moves;
	const struct view *v;
	uint64_t was[4];
	size_t n;

	add(b, "@10;@20", 5);
	add(b, "@11;@20", 4);
	v = build(b, tree);
	was[0] = row_at(v, 0)->id;
	was[1] = row_at(v, 1)->id;
	was[2] = v->rows[v->rows[v->first_root].next].id;
	was[3] = build(b, flat)->rows[1].id;
	rename_frame(b, "@10", "main");
	rename_frame(b, "@11", "main");
	v = build(b, tree);
	moves = view_take_moves(b->v, &n);
	assert_int_equal(row_at(v, 0)->total, 9);
	assert_true(leads(moves, n, was[0], row_at(v, 0)->id));
	assert_true(leads(moves, n, was[1], row_at(v, 1)->id));
	assert_true(leads(moves, n, was[2], row_at(v, 0)->id));
	/* In the table of functions it is one of the callers. */
	assert_true(leads(moves, n, was[3], build(b, flat)->rows[1].id));
}

static void
test_callers_move_with_their_names(void **state)
{
	struct built *b = *state;
	struct view_opts o = {.kind = VIEW_CALLERS, .sort = SORT_TOTAL};
	const struct view_move *moves;
	const struct view *v;
	uint64_t was[3];
	size_t n;

	add(b, "@10;@20;@30", 5);
	(void)build(b, flat);
	o.callers_of = view_find(b->v, GRAIN_FUNCTION, "prog+0x30", "prog");
	v = build(b, o);
	for (unsigned i = 0; i < 3; i++)
		was[i] = row_at(v, i)->id;
	rename_frame(b, "@20", "run");
	rename_frame(b, "@30", "work");
	/* Known by the name that it had. */
	o.callers_of = view_find(b->v, GRAIN_FUNCTION, "prog+0x30", "prog");
	assert_view(b, o, "work 5/5\n  run 5/5\n    prog+0x10 5/5\n");
	v = build(b, o);
	moves = view_take_moves(b->v, &n);
	for (unsigned i = 0; i < 3; i++)
		assert_true(leads(moves, n, was[i], row_at(v, i)->id));
}

/* --- windows */

/* Samples that came in a second, of stacks that the profile has. */
static void
second(struct built *b, uint64_t at, const char *stack, uint64_t n)
{
	struct news_sample s = {.w = cpu_weight(n, n)};
	struct news news = {.time_ns = at * SECOND};

	if (b->w == NULL)
		b->w = window_new(2 * SECOND, 0);
	add(b, stack, 0);
	for (size_t i = 0; i < b->p.trie.n; i++)
		if (b->p.trie.nodes[i].w.count != 0)
			s.node = (uint32_t)i;
	b->p.trie.nodes[s.node].w.count = 0;
	news.samples = &s;
	news.n_samples = 1;
	window_add(b->w, &news);
}

static void
test_window_alone_is_shown(void **state)
{
	struct built *b = *state;

	second(b, 1, "main;old", 100);
	second(b, 4, "main;now", 3);
	assert_view(b, flat, "now 3/3 up\nmain 0/3\n");
	window_reset(b->w);
	assert_view(b, tree, "");
}

static void
test_trends(void **state)
{
	struct built *b = *state;

	second(b, 1, "main;steady", 1000);
	second(b, 1, "main;faster", 1000);
	second(b, 1, "main;slower", 1000);
	second(b, 4, "main;steady", 1010);
	second(b, 4, "main;faster", 500);
	second(b, 4, "main;slower", 1490);
	assert_view(b, flat,
	    "slower 1490/1490 up\nsteady 1010/1010\n"
	    "faster 500/500 down\nmain 0/3000\n");
	assert_view(b, (struct view_opts){.sort = SORT_TREND},
	    "slower 1490/1490 up\nsteady 1010/1010\nmain 0/3000\n"
	    "faster 500/500 down\n");
	/* In total, which is what this is sorted by, steady changed no more. */
	assert_view(b,
	    (struct view_opts){.kind = VIEW_TREE, .sort = SORT_TOTAL},
	    "main 0/3000\n  slower 1490/1490 up\n  steady 1010/1010\n"
	    "  faster 500/500 down\n");
}

/* --- against a way to count that is slow and plain */

#define FUNCTIONS 6

static const char *const letters[FUNCTIONS] = {"a", "b", "c", "d", "e", "f"};

static void
count_stack(const struct built *b, const struct trie_node *leaf,
    uint64_t self[FUNCTIONS], uint64_t total[FUNCTIONS])
{
	const struct profile *p = &b->p;
	bool seen[FUNCTIONS] = {false};
	const struct trie_node *n = leaf;

	for (; n->parent != TRIE_NO_NODE; n = &p->trie.nodes[n->parent]) {
		const struct profile_frame *f = &p->frames[n->frame];

		for (uint32_t i = 0; i < f->n_lines; i++) {
			uint32_t fn = p->lines[f->first_line + i].function;
			int which = interned(&p->strings,
					p->functions[fn].name)[0] - 'a';

			if (n == leaf && i == 0)
				self[which] += leaf->w.cpu;
			if (!seen[which])
				total[which] += leaf->w.cpu;
			seen[which] = true;
		}
	}
}

static void
assert_flat_is_right(struct built *b)
{
	uint64_t self[FUNCTIONS] = {0}, total[FUNCTIONS] = {0};
	const struct view *v = build(b, flat);
	size_t n = 0;

	for (size_t i = 0; i < b->p.trie.n; i++)
		if (b->p.trie.nodes[i].w.cpu != 0)
			count_stack(b, &b->p.trie.nodes[i], self, total);
	for (size_t i = 0; i < v->n_rows; i++) {
		int which = view_key(b->v, v->rows[i].key).name[0] - 'a';

		assert_int_equal(v->rows[i].self, self[which]);
		assert_int_equal(v->rows[i].total, total[which]);
	}
	for (size_t i = 0; i < FUNCTIONS; i++)
		n += total[i] != 0;
	assert_int_equal(v->n_rows, n);
}

/* A row is its own time and that of the rows below. */
static void
assert_tree_is_right(struct built *b)
{
	const struct view *v = build(b, tree);
	uint64_t all = 0;

	for (uint32_t i = 0; i < v->n_rows; i++) {
		uint32_t child = view_first_child(v, i);
		const struct view_row *row = &v->rows[i];
		uint64_t below = row->self;

		for (; child != VIEW_NONE; child = v->rows[child].next) {
			assert_int_equal(v->rows[child].parent, i);
			below += v->rows[child].total;
		}
		assert_int_equal(row->total, below);
		if (row->parent == VIEW_NONE)
			all += row->total;
	}
	assert_int_equal(all, v->all);
}

/* The callers of a function add up to no more than what it stands for. */
static void
assert_callers_are_right(struct built *b, const char *name)
{
	struct view_opts o = {.kind = VIEW_CALLERS};
	const struct view *v = build(b, flat);
	uint64_t self = 0, total = 0;

	o.callers_of = view_find(b->v, GRAIN_FUNCTION, name, "prog");
	for (size_t i = 0; i < v->n_rows; i++)
		if (v->rows[i].key == o.callers_of) {
			self = v->rows[i].self;
			total = v->rows[i].total;
		}
	v = build(b, o);
	assert_int_equal(v->n_rows > 0, total > 0);
	if (v->n_rows == 0)
		return;
	assert_int_equal(v->rows[v->first_root].self, self);
	assert_int_equal(v->rows[v->first_root].total, total);
	for (uint32_t i = 0; i < v->n_rows; i++) {
		uint64_t callers = 0, callers_self = 0;
		uint32_t row = view_first_child(v, i);

		for (; row != VIEW_NONE; row = v->rows[row].next) {
			callers += v->rows[row].total;
			callers_self += v->rows[row].self;
			assert_int_not_equal(
			    v->rows[row].key, o.callers_of);
		}
		assert_true(callers <= v->rows[i].total);
		assert_true(callers_self <= v->rows[i].self);
	}
}

/* Some function, perhaps with others inlined into each other there. */
static void
name_by_chance(struct built *b, uint32_t frame, unsigned *seed)
{
	char word[16] = "";

	for (int i = rand_r(seed) % 3; i >= 0; i--) {
		(void)strcat(word, letters[rand_r(seed) % FUNCTIONS]);
		if (i > 0)
			(void)strcat(word, "<");
	}
	name_frame(b, frame, word);
}

static void
test_random_profiles(void **state)
{
	struct built *b = *state;
	unsigned seed = 1;
	uint32_t frames[12], stack[10];

	for (size_t i = 0; i < 12; i++) {
		frames[i] = profile_frame(&b->p, b->mapping, i);
		name_by_chance(b, frames[i], &seed);
	}
	for (int round = 0; round < 300; round++) {
		for (int i = rand_r(&seed) % 4; i >= 0; i--) {
			size_t n = 1 + (size_t)rand_r(&seed) % 10;

			for (size_t j = 0; j < n; j++)
				stack[j] = frames[rand_r(&seed) % 12];
			profile_add(&b->p, b->labels, stack, n,
			    cpu_weight(1, 1 + (uint64_t)rand_r(&seed) % 5));
		}
		if (rand_r(&seed) % 4 == 0) {
			name_by_chance(
			    b, frames[rand_r(&seed) % 12], &seed);
			viewer_names_changed(b->v);
		}
		assert_flat_is_right(b);
		assert_tree_is_right(b);
		assert_callers_are_right(
		    b, letters[rand_r(&seed) % FUNCTIONS]);
	}
}

#define with_profile(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* --- refreshes against a viewer that sees it for the first time */

static char *
text_of(struct built *b, struct viewer *v, const struct view_opts *o)
{
	struct built as_seen = *b;
	const struct view *view;
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);

	as_seen.v = v;
	view = view_build(v, o, b->w);
	(void)fprintf(fp, "%ju of %ju, %ju of %ju\n", (uintmax_t)view->shown,
	    (uintmax_t)view->all, (uintmax_t)view->shown_n,
	    (uintmax_t)view->all_n);
	print_rows(&as_seen, view, view->first_root, fp);
	xclose_memstream(fp);
	return text;
}

static void
assert_as_new(struct built *b, struct view_opts o, const char *callers_of)
{
	struct viewer *fresh = viewer_new(&b->p);
	struct view_opts of_fresh = o;
	char *now, *expected;

	if (o.kind == VIEW_CALLERS) {
		(void)view_build(fresh, &flat, b->w);
		of_fresh.callers_of = view_find(
		    fresh, GRAIN_FUNCTION, callers_of, "prog");
		o.callers_of = view_find(
		    b->v, GRAIN_FUNCTION, callers_of, "prog");
	}
	now = text_of(b, b->v, &o);
	expected = text_of(b, fresh, &of_fresh);
	assert_string_equal(now, expected);
	free(now);
	free(expected);
	viewer_free(fresh);
}

/* Some samples of a moment, some of them of stacks that are new. */
static void
moment_by_chance(struct built *b, uint64_t at, const uint32_t *frames,
    unsigned *seed)
{
	struct news_sample samples[8];
	struct news news = {.time_ns = at, .samples = samples};
	uint32_t stack[6];

	for (int i = rand_r(seed) % 4; i > 0; i--) {
		size_t n = 1 + (size_t)rand_r(seed) % 6;

		for (size_t j = 0; j < n; j++)
			stack[j] = frames[rand_r(seed) % 12];
		profile_add(&b->p, b->labels, stack, n, cpu_weight(0, 0));
	}
	for (int i = rand_r(seed) % 8; i > 0 && b->p.trie.n > 1; i--)
		samples[news.n_samples++] = (struct news_sample){
		    .node = 1 + (uint32_t)rand_r(seed) %
				    (uint32_t)(b->p.trie.n - 1),
		    .w = cpu_weight((uint64_t)rand_r(seed) % 3,
			(uint64_t)rand_r(seed) % 100),
		};
	window_add(b->w, &news);
}

static void
assert_held(struct built *b, struct window *held, struct view_opts o,
    const char *callers_of)
{
	struct window *w = b->w;

	b->w = held;
	assert_as_new(b, o, callers_of);
	b->w = w;
}

static void
test_refreshes_are_as_new(void **state)
{
	struct built *b = *state;
	struct window *held = NULL;
	unsigned seed = 2;
	regex_t filter;
	uint32_t frames[12];

	b->w = window_new(SECOND, 0);
	assert_int_equal(regcomp(&filter, "[aeg]", REG_NOSUB), 0);
	for (size_t i = 0; i < 12; i++) {
		frames[i] = profile_frame(&b->p, b->mapping, i);
		name_by_chance(b, frames[i], &seed);
	}
	for (uint64_t round = 1; round < 600; round++) {
		struct view_opts o = {.sort = SORT_NAME};

		moment_by_chance(b, round * SECOND / 10, frames, &seed);
		if (rand_r(&seed) % 8 == 0) {
			name_by_chance(
			    b, frames[rand_r(&seed) % 12], &seed);
			viewer_names_changed(b->v);
		}
		if (rand_r(&seed) % 50 == 0)
			window_reset(b->w);
		if (rand_r(&seed) % 50 == 0)
			window_set_span(
			    b->w, (uint64_t)rand_r(&seed) % 3 * SECOND);
		/* Mostly the same one: it is what goes on from the last. */
		o.kind = rand_r(&seed) % 8 == 0 ? VIEW_TREE : VIEW_FLAT;
		o.kind = round > 300 && o.kind == VIEW_FLAT ? VIEW_CALLERS
							    : o.kind;
		o.only_tid = rand_r(&seed) % 16 == 0 ? 1 : 0;
		if (round % 100 > 60) {
			o.filter = &filter;
			o.filter_serial = 1;
		}
		assert_as_new(b, o, letters[round / 50 % FUNCTIONS]);
		/* Now and then a picture is held for a while. */
		if (rand_r(&seed) % 16 == 0 && held == NULL)
			held = window_copy(b->w);
		if (held == NULL)
			continue;
		o.filter = NULL;
		assert_held(b, held, o, letters[round / 50 % FUNCTIONS]);
		if (rand_r(&seed) % 4 == 0) {
			window_free(held);
			held = NULL;
		}
	}
	window_free(held);
	regfree(&filter);
}

/* A row is found again by its id, whoever has asked for what is above it. */
static void
test_rows_by_id(void **state)
{
	struct built *b = *state;
	const struct view *v;
	uint64_t id;
	uint32_t row;

	add(b, "main;run;work;leaf", 5);
	v = build(b, tree);
	row = view_first_child(v, view_first_child(v, v->first_root));
	row = view_first_child(v, row);
	assert_string_equal(view_key(b->v, v->rows[row].key).name, "leaf");
	id = v->rows[row].id;
	v = build(b, tree);
	assert_int_equal(v->n_rows, 1);
	row = view_row_of_id(v, id);
	assert_string_equal(view_key(b->v, v->rows[row].key).name, "leaf");
	assert_int_equal(v->rows[row].depth, 3);
	assert_int_equal(view_row_of_id(v, id), row);
	assert_int_equal(view_row_of_id(v, id + 1), VIEW_NONE);
	/* Out of the window there is no row. */
	b->w = window_new(0, 0);
	assert_int_equal(
	    view_row_of_id(build(b, tree), id), VIEW_NONE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    with_profile(test_flat_self_and_total),
	    with_profile(test_flat_counts_samples),
	    with_profile(test_flat_recursion_counts_once),
	    with_profile(test_flat_inlined_recursion_counts_once),
	    with_profile(test_flat_recursion_among_branches),
	    with_profile(test_flat_objects_tell_apart),
	    with_profile(test_flat_by_process),
	    with_profile(test_markers_are_rows_and_marked),
	    with_profile(test_markers_cannot_be_faked),
	    with_profile(test_measures),
	    with_profile(test_empty),
	    with_profile(test_sort_by_each_column),
	    with_profile(test_sort_by_object_and_process),
	    with_profile(test_ties_are_by_name),
	    with_profile(test_tree),
	    with_profile(test_tree_merges_addresses_and_inlines),
	    with_profile(test_tree_by_process),
	    with_profile(test_tree_process_renamed),
	    with_profile(test_tree_parents_come_first),
	    with_profile(test_tree_ends_at_small_shares),
	    with_profile(test_callers),
	    with_profile(test_callers_of_recursion_count_once),
	    with_profile(test_callers_by_process),
	    with_profile(test_callers_of_nothing),
	    with_profile(test_grain_line),
	    with_profile(test_grain_object),
	    with_profile(test_grain_address),
	    with_profile(test_find_in_another_grain),
	    with_profile(test_no_such_key),
	    with_profile(test_filter_by_each_field),
	    with_profile(test_filter_leaves_the_whole),
	    with_profile(test_only_a_thread_or_process),
	    with_profile(test_new_stacks_and_names),
	    with_profile(test_names_change_often),
	    with_profile(test_keys_and_ids_stay),
	    with_profile(test_rows_move_with_their_names),
	    with_profile(test_rows_of_one_name_are_one),
	    with_profile(test_callers_move_with_their_names),
	    with_profile(test_random_profiles),
	    with_profile(test_window_alone_is_shown),
	    with_profile(test_trends),
	    with_profile(test_refreshes_are_as_new),
	    with_profile(test_rows_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
