/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make_profile - writes a known profile, so that readers can be asked about it
 *
 *	make_profile [-e] NAME FILE
 *
 * NAME is pprof or folded; with -e the profile is empty. In it is one of each
 * thing that readers treat apart: an inlined call, two addresses of one
 * function, recursion, a frame without a name, one outside all mappings,
 * markers, CPU time without a sample, odd names, several threads and processes.
 * On stdout comes what it adds up to: "SAMPLES CPU_NS".
 */
#include "config.h"

#include "output/outfile.h"
#include "output/output.h"

#include "profile/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct profile p;

/* A frame where a function stands, and perhaps one inlined into it. */
static uint32_t
code(uint32_t mapping, uint64_t addr, const char *name, const char *inlined)
{
	uint32_t frame = profile_frame(&p, mapping, addr);
	struct profile_line lines[2];
	size_t n = 0;

	if (inlined != NULL)
		lines[n++] = (struct profile_line){
		    profile_function(&p, inlined, inlined, "/src/a.h", 3), 5,
		    9};
	lines[n++] = (struct profile_line){
	    profile_function(&p, name, name, "/src/a.c", 10), 12, 0};
	profile_set_lines(&p, frame, lines, n);
	return frame;
}

static void
fill(void)
{
	uint32_t exe = profile_mapping(
	    &p, 0x400000, 0x480000, 0, "/usr/bin/made", "00112233445566778899");
	uint32_t lib = profile_mapping(
	    &p, 0x7f0000000000, 0x7f0000100000, 0x1000, "/lib/libz.so.1", "");
	uint32_t boss = profile_labels(&p, 4242, 4242, "made");
	uint32_t worker = profile_labels(&p, 4242, 4243, "worker; 1");
	uint32_t child = profile_labels(&p, 4300, 4300, "made");
	uint32_t start = code(exe, 0x400010, "_start", NULL);
	uint32_t fib = code(exe, 0x400100, "fib", NULL);
	uint32_t fib_there = code(exe, 0x400104, "fib", NULL);
	uint32_t big = code(exe, 0x400200, "std::vector<int>::f()", "tiny");
	uint32_t stripped = profile_frame(&p, lib, 0x7f0000000123);
	uint32_t nowhere = profile_frame(&p, PROFILE_NO_MAPPING, 0xdead);
	uint32_t cut = profile_marker(&p, "[truncated: no-cfi]");
	uint32_t unsampled = profile_marker(&p, "[not sampled]");

	p.mappings[exe].looked_up = true;
	p.mappings[exe].has_files = p.mappings[exe].has_lines = true;
	p.mappings[exe].has_inlines = true;
	p.mappings[lib].looked_up = p.mappings[lib].unresolved = true;
	profile_add(
	    &p, boss, (uint32_t[]){fib, fib_there, fib, start}, 4,
	    cpu_weight(3, 30000001));
	profile_add(&p, boss, (uint32_t[]){big, start}, 2,
	    cpu_weight(1, 10000000));
	profile_add(
	    &p, worker, (uint32_t[]){stripped, big, start}, 3,
	    cpu_weight(2, 19999999));
	profile_add(&p, worker, (uint32_t[]){nowhere, fib, cut}, 3,
	    cpu_weight(1, 1));
	profile_add(&p, worker, &unsampled, 1, cpu_weight(0, 4000000));
	profile_add(&p, child,
	    (uint32_t[]){code(exe, 0x400300, "odd \xff name\n", NULL)}, 1,
	    cpu_weight(5, 50000000));
}

static void
describe(void)
{
	p.time_ns = 1763800000000000000;
	p.duration_ns = 2000000000;
	p.period_ns = 10000000;
	p.stats = (struct stats){
	    .wall_s = 2,
	    .ticks = 200,
	    .missed_ticks = 3,
	    .samples = 12,
	    .ends = {[END_ROOT] = 11, [END_NO_CFI] = 1},
	    .cpu_attributed_ns = 110000001,
	    .cpu_kernel_ns = 114000001,
	};
	profile_comment(&p, "made by make_profile");
}

static void
print_totals(void)
{
	uint64_t count = 0, value = 0;

	for (size_t i = 0; i < p.trie.n; i++) {
		count += p.trie.nodes[i].w.count;
		value += p.trie.nodes[i].w.cpu;
	}
	(void)printf("%" PRIu64 " %" PRIu64 "\n", count, value);
}

static int
write_file(const struct output_ops *ops, const char *path, struct err *err)
{
	struct outfile f;
	int r = outfile_open(&f, path, err);

	if (r < 0)
		return r;
	r = ops->write(&p, f.fp, err);
	if (r < 0) {
		outfile_abort(&f);
		return err_wrap(err, "%s", path);
	}
	return outfile_commit(&f, NULL, err);
}

int
main(int argc, char *argv[])
{
	bool empty = argc == 4 && strcmp(argv[1], "-e") == 0;
	const struct output_ops *ops;
	struct err err;
	int r;

	ops = argc >= 3 ? output_by_name(argv[argc - 2]) : NULL;
	if (ops == NULL || argc != 3 + empty) {
		(void)fputs("usage: make_profile [-e] NAME FILE\n", stderr);
		return ERR_USAGE;
	}
	profile_init(&p, 0, 0);
	describe();
	if (!empty)
		fill();
	r = write_file(ops, argv[argc - 1], &err);
	if (r < 0)
		err_print(&err, stderr);
	else
		print_totals();
	profile_deinit(&p);
	return -r;
}
