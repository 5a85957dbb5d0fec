/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A byte that says how many places were asked for, two that say where the bytes
 * after them are cut in two, and two packets that a child might send.
 */
#include "config.h"

#include "session/namer_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_line(const struct location_line *l)
{
	size_t len = strlen(l->name);

	check(len > 0 && len <= NAMER_NAME_MAX);
	len = strlen(l->system_name);
	check(len > 0 && len <= NAMER_NAME_MAX);
	if (l->file != NULL) {
		len = strlen(l->file);
		check(len > 0 && len <= NAMER_PATH_MAX);
	}
}

/* Each place once, in order. */
static void
found(void *ctx, uint32_t place, const struct location *loc)
{
	uint32_t *next = ctx;

	check(place == (*next)++);
	for (size_t i = 0; i < loc->n; i++)
		check_line(&loc->lines[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct namer_reader r = {0};
	uint32_t next = 0;
	size_t cut;

	if (size < 3)
		return 0;
	namer_reader_begin(&r, data[0]);
	cut = data[1] | (size_t)data[2] << 8;
	cut = 3 + (cut < size - 3 ? cut : size - 3);
	if (namer_read(&r, data + 3, cut - 3, found, &next))
		(void)namer_read(&r, data + cut, size - cut, found, &next);
	check(next <= data[0]);
	namer_reader_deinit(&r);
	return 0;
}
