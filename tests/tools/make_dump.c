/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make_dump - prints a known dump, so that readers can be asked about it
 *
 *	make_dump json|text sample|hostile|empty|big [WIDTH]
 *
 * With a WIDTH the text is as for a terminal of so many columns, in colour.
 * On stderr: how long the printing took, in ms.
 */
#include "config.h"

#include "output/dump_json.h"
#include "output/dump_text.h"

#include "base/clock.h"
#include "core/dump.h"

#include "../unit/sample_dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIG_THREADS 1000
#define BIG_FRAMES  30

static struct dump *
make(const char *name)
{
	if (strcmp(name, "sample") == 0)
		return sample_dump();
	if (strcmp(name, "hostile") == 0)
		return hostile_dump();
	if (strcmp(name, "empty") == 0)
		return dump_new();
	if (strcmp(name, "big") == 0)
		return big_dump(BIG_THREADS, BIG_FRAMES, 1);
	return NULL;
}

static int
print(const struct dump *d, const char *format, size_t width, struct err *err)
{
	struct dump_text_opts o = {
	    .fold = width != 0,
	    .inlines = true,
	    .colour = width != 0,
	    .width = width,
	};

	if (strcmp(format, "json") == 0)
		return dump_json(d, stdout, err);
	return dump_text(d, &o, stdout, err);
}

int
main(int argc, char *argv[])
{
	struct dump *d = argc >= 3 ? make(argv[2]) : NULL;
	uint64_t start = now_ns();
	struct err err;
	int r;

	if (d == NULL) {
		(void)fputs("usage: make_dump json|text "
			    "sample|hostile|empty|big [WIDTH]\n",
		    stderr);
		return ERR_USAGE;
	}
	r = print(d, argv[1], argc > 3 ? strtoul(argv[3], NULL, 10) : 0, &err);
	if (r < 0)
		err_print(&err, stderr);
	(void)fprintf(stderr, "%.1f\n", (double)(now_ns() - start) / 1e6);
	dump_free(d);
	return -r;
}
