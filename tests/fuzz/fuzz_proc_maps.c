/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of /proc/PID/maps, whole. */
#include "config.h"

#include "target/proc_maps.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static size_t
count_lines(const char *text, size_t size)
{
	size_t n = size > 0 && text[size - 1] != '\n';

	for (size_t i = 0; i < size; i++)
		n += text[i] == '\n';
	return n;
}

/* What everything else relies on: core/mapping.h. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct mappings maps;
	size_t dropped = proc_maps_parse(text, size, &maps);

	check(maps.n + dropped <= count_lines(text, size));
	for (size_t i = 0; i < maps.n; i++) {
		const struct mapping *m = &maps.v[i];

		check(m->start < m->end);
		check(i == 0 || m->start >= maps.v[i - 1].end);
		check(strlen(m->name) <= size);
		check(mappings_find(&maps, m->start) == m);
		check(mappings_find(&maps, m->end - 1) == m);
		check(mappings_find(&maps, m->end) != m);
	}
	mappings_deinit(&maps);
	return 0;
}
