/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_modules.h - the modules that a saved snapshot's mappings are of
 *
 * For each executable mapping: the vDSO out of the file's memory, else the
 * extract that lies beside the file, else, if the caller wants that, the file
 * that the mapping is named after, when it is the very same one. Code without a
 * file right behind a file's is that file's, if it is: mappings_file_of().
 */
#ifndef SCRAPE_OBJECT_CORE_MODULES_H
#define SCRAPE_OBJECT_CORE_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core_file;
struct module;

struct core_modules {
	/* By mapping, as struct code_space wants them; NULL: none. */
	struct module **modules;
	uint64_t *bias;
	size_t n;
	size_t missing; /* mappings of a file's code that was not found */
};

struct core_modules_opts {
	const char *extracts; /* the directory that has them; NULL: none */
	/*
	 * Look at this machine's files too, and first: they have what an
	 * extract lacks, lines. Taken where build-id or key are the same, or
	 * where a core file of another's does not tell any.
	 */
	bool by_name;
};

void core_modules_open(struct core_modules *ret, const struct core_file *cf,
    const struct core_modules_opts *opts);
void core_modules_close(struct core_modules *cm);

#endif
