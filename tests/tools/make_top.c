/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make_top - prints a known page of top, so that readers can be asked about it
 *
 *	make_top json|text sample|hostile|empty
 *	make_top pprof FILE
 *
 * The second writes the sample's window to FILE, as W does, and prints what the
 * flat view has of it: "SELF_NS TOTAL_NS FUNCTION", sorted by neither.
 */
#include "config.h"

#include "../unit/sample_top.h"

#include "output/outfile.h"
#include "output/output.h"
#include "output/top_json.h"
#include "output/top_text.h"
#include "profile/mirror.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
print_rows(const struct sample_top *s)
{
	for (size_t i = 0; i < s->page.view->n_rows; i++) {
		const struct view_row *row = &s->page.view->rows[i];

		(void)printf("%" PRIu64 " %" PRIu64 " %s\n", row->self,
		    row->total, view_key(s->viewer, row->key).name);
	}
}

static int
write_window(const struct sample_top *s, const char *path, struct err *err)
{
	struct profile part;
	struct outfile f;
	size_t n;
	const struct weight *weights = window_weights(s->window, &n);
	int r = outfile_open(&f, path, err);

	if (r < 0)
		return r;
	mirror_extract(&s->p, weights, n, &part);
	r = output_by_name("pprof")->write(&part, f.fp, err);
	profile_deinit(&part);
	if (r < 0) {
		outfile_abort(&f);
		return r;
	}
	return outfile_commit(&f, NULL, err);
}

static int
usage(void)
{
	(void)fputs("usage: make_top json|text sample|hostile|empty\n"
		    "       make_top pprof FILE\n",
	    stderr);
	return ERR_USAGE;
}

int
main(int argc, char *argv[])
{
	static const struct top_text_opts opts = {.width = 0};
	struct sample_top s;
	struct err err;
	int r = 0;

	if (argc != 3)
		return usage();
	if (strcmp(argv[2], "hostile") == 0)
		sample_top_init_hostile(&s);
	else if (strcmp(argv[2], "empty") == 0)
		sample_top_init_empty(&s);
	else
		sample_top_init(&s);
	if (strcmp(argv[1], "json") == 0) {
		r = top_json(&s.page, stdout, &err);
	} else if (strcmp(argv[1], "text") == 0) {
		r = top_text(&s.page, &opts, stdout, &err);
	} else if (strcmp(argv[1], "pprof") == 0) {
		r = write_window(&s, argv[2], &err);
		print_rows(&s);
	}
	if (r < 0)
		err_print(&err, stderr);
	sample_top_deinit(&s);
	return -r;
}
