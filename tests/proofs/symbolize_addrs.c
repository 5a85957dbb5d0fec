/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbolize_addrs FILE: vaddrs in hex on stdin, one a line, and for each what
 * `addr2line -i -f -a` prints for it, in its form:
 *
 *	0x0000000000001149
 *	_Z5innerv
 *	/src/a.cc:3
 *	main
 *	/src/a.cc:10
 *
 * "??" and "??:0" stand for what is unknown, and "?" for a line that is.
 */
#include "config.h"

#include "base/err.h"
#include "base/xalloc.h"
#include "object/module.h"
#include "symbol/symbolize.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void
print_line(const struct location *loc, const struct location_line *l)
{
	puts(loc->resolved || l != &loc->lines[loc->n - 1] ? l->system_name
							    : "??");
	if (l->file == NULL)
		puts("??:0");
	else if (l->line == 0)
		printf("%s:?\n", l->file);
	else
		printf("%s:%" PRIu32 "\n", l->file, l->line);
}

static void
print_location(struct module *m, uint64_t vaddr)
{
	static const struct symbolize_opts opts = {
	    .inlines = true, .lines = true};
	struct location loc;

	printf("0x%016" PRIx64 "\n", vaddr);
	symbolize(m, vaddr, &opts, &loc);
	for (size_t i = 0; i < loc.n; i++)
		print_line(&loc, &loc.lines[i]);
	location_deinit(&loc);
}

int
main(int argc, char *argv[])
{
	struct module *m;
	struct err err;
	struct symbolize_place *v = NULL, *wanted;
	size_t n = 0, cap = 0;
	char line[64];

	if (argc != 2) {
		fprintf(stderr, "usage: symbolize_addrs FILE <ADDRESSES\n");
		return 2;
	}
	if (module_open(open(argv[1], O_RDONLY | O_CLOEXEC), argv[1], &m,
		&err) < 0) {
		err_print(&err, stderr);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		GROW(v, n, cap);
		v[n++] = (struct symbolize_place){
		    .module = m, .vaddr = strtoull(line, NULL, 16)};
	}
	/* A copy, for it is sorted. */
	wanted = xcalloc(n + 1, sizeof(*wanted));
	for (size_t i = 0; i < n; i++)
		wanted[i] = v[i];
	symbolize_want(wanted, n);
	free(wanted);
	for (size_t i = 0; i < n; i++)
		print_location(m, v[i].vaddr);
	free(v);
	module_unref(m);
	return 0;
}
