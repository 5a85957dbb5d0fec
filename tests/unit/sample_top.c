/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sample_top.h"

#include "profile/news.h"

#include <math.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

/* What is at an address, and perhaps a call inlined into it. */
static uint32_t
code(struct profile *p, uint32_t mapping, uint64_t addr, const char *name,
    const char *inlined)
{
	uint32_t frame = profile_frame(p, mapping, addr);
	struct profile_line lines[2];
	size_t n = 0;

	if (inlined != NULL)
		lines[n++] = (struct profile_line){
		    profile_function(p, inlined, inlined, "/src/a.h", 3), 5,
		    9};
	lines[n++] = (struct profile_line){
	    profile_function(p, name, name, "/src/a.c", 10), 12, 0};
	profile_set_lines(p, frame, lines, n);
	return frame;
}

/* Makes the stack known; its node is the last that has a count. */
static uint32_t
node_of(struct profile *p, uint32_t labels, const uint32_t *frames, size_t n)
{
	uint32_t node = trie_reserved_child(&p->trie, TRIE_NO_NODE, labels);

	while (n > 0)
		node = trie_reserved_child(&p->trie, node, frames[--n]);
	return node;
}

struct counted {
	struct news_sample samples[16];
	size_t n;
};

static void
count(struct sample_top *s, struct counted *c, uint32_t labels,
    const uint32_t *frames, size_t n, uint64_t samples, uint64_t ms)
{
	struct news_sample *to = &c->samples[c->n++];

	to->node = node_of(&s->p, labels, frames, n);
	to->w = cpu_weight(samples, ms * 1000000);
	weight_add(&s->p.trie.nodes[to->node].w, &to->w);
}

static void
tell(struct sample_top *s, struct counted *c, uint64_t second)
{
	struct news news = {
	    .time_ns = second * SECOND,
	    .samples = c->samples,
	    .n_samples = c->n,
	};

	window_add(s->window, &news);
	c->n = 0;
}

static void
fill_profile(struct sample_top *s)
{
	struct profile *p = &s->p;
	struct counted c = {.n = 0};
	uint32_t exe = profile_mapping(
	    p, 0x400000, 0x480000, 0, "/usr/bin/made", "0011");
	uint32_t lib = profile_mapping(
	    p, 0x7f0000000000, 0x7f0000100000, 0x1000, "/lib/libz.so.1", "");
	uint32_t boss = profile_labels(p, 4242, 4242, "made");
	uint32_t worker = profile_labels(p, 4242, 4243, "worker");
	uint32_t child = profile_labels(p, 4300, 4300, "child");
	uint32_t start = code(p, exe, 0x400010, "_start", NULL);
	uint32_t fib = code(p, exe, 0x400100, "fib", NULL);
	uint32_t fib_there = code(p, exe, 0x400104, "fib", NULL);
	uint32_t big = code(p, exe, 0x400200, "std::vector<int>::f()", "tiny");
	uint32_t crc = code(p, lib, 0x7f0000000123, "crc32", NULL);
	uint32_t spin = code(p, exe, 0x400300, "spin", NULL);
	uint32_t cut = profile_marker(p, "[truncated: no-cfi]");
	uint32_t unsampled = profile_marker(p, "[not sampled]");

	count(s, &c, boss, (uint32_t[]){fib, fib_there, fib, start}, 4, 100,
	    1000);
	count(s, &c, boss, (uint32_t[]){spin, start}, 2, 300, 3000);
	tell(s, &c, 2);
	count(s, &c, boss, (uint32_t[]){fib, fib_there, fib, start}, 4, 200,
	    2000);
	count(s, &c, boss, (uint32_t[]){fib_there, start}, 2, 50, 500);
	count(s, &c, boss, (uint32_t[]){big, start}, 2, 30, 300);
	count(s, &c, worker, (uint32_t[]){crc, big, start}, 3, 100, 1000);
	count(s, &c, worker, (uint32_t[]){crc, fib, cut}, 3, 10, 95);
	count(s, &c, worker, &unsampled, 1, 0, 5);
	count(s, &c, child, (uint32_t[]){crc, start}, 2, 10, 100);
	tell(s, &c, 8);
}

static void
fill_head(struct sample_top *s)
{
	s->processes[0] = (struct top_process){
	    .pid = 4242, .comm = "made", .age_s = 273905, .wait_status = -1};
	s->processes[1] = (struct top_process){
	    .pid = 4300, .comm = "child", .age_s = 5, .has_exited = true,
	    .wait_status = -1};
	s->head = (struct top_head){
	    .processes = s->processes, .n_processes = 1, .mode = "cpu",
	    .rate = 100, .elapsed_s = 42.9, .window_s = 5, .filled_s = 5,
	    .cpu = 1.873, .cpu_user = 1.501, .cpu_system = 0.372,
	    .attributed = 1.869, .cpu_unseen = 0.25, .n_threads = 9, .n_running = 3,
	    .samples = 934, .missed = 0.001, .complete = 0.992, .held = 0.0004,
	    .own_cpu = 0.013,
	};
	s->page = (struct top_page){
	    .time = {1795330800, 123999999}, .head = &s->head,
	    .viewer = s->viewer,
	};
}

static void
begin(struct sample_top *s)
{
	memset(s, 0, sizeof(*s));
	profile_init(&s->p, 0, 0);
	s->viewer = viewer_new(&s->p);
	s->window = window_new(5 * SECOND, 0);
	fill_head(s);
}

void
sample_top_show(struct sample_top *s, const struct view_opts *opts)
{
	s->page.view = view_build(s->viewer, opts, s->window);
}

static void
show_flat(struct sample_top *s)
{
	struct view_opts flat = {.kind = VIEW_FLAT};

	sample_top_show(s, &flat);
}

void
sample_top_init(struct sample_top *s)
{
	begin(s);
	fill_profile(s);
	show_flat(s);
}

void
sample_top_init_hostile(struct sample_top *s)
{
	struct counted c = {.n = 0};
	uint32_t m, labels, frame;

	begin(s);
	m = profile_mapping(&s->p, 0, 0x1000, 0, "/x/\033[2Jobj\xff", "");
	labels = profile_labels(&s->p, 1, 1, "\033]0;t\a");
	frame = code(
	    &s->p, m, 16, "evil\033[31m\nname\xc2\x9b", "in\xe2\x80\xae");
	count(s, &c, labels, &frame, 1, UINT64_MAX, 1);
	tell(s, &c, 1);
	s->processes[0].comm = "\033c\rcomm\xff";
	s->processes[0].has_exited = true;
	s->processes[0].wait_status = 9;
	s->head.cpu = NAN;
	s->head.elapsed_s = 1e300;
	s->head.mode = NULL;
	show_flat(s);
}

void
sample_top_init_empty(struct sample_top *s)
{
	begin(s);
	s->head = (struct top_head){.window_s = 0};
	show_flat(s);
}

void
sample_top_deinit(struct sample_top *s)
{
	viewer_free(s->viewer);
	window_free(s->window);
	profile_deinit(&s->p);
}
