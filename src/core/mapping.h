/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mapping.h - one line of /proc/PID/maps, and the sorted list of them
 */
#ifndef SCRAPE_CORE_MAPPING_H
#define SCRAPE_CORE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mapping_flags {
	MAPPING_READ = 1,
	MAPPING_WRITE = 2,
	MAPPING_EXEC = 4,
	MAPPING_SHARED = 8,
	MAPPING_DELETED = 16, /* the kernel appended " (deleted)" to the name */
};

struct mapping {
	uint64_t start, end; /* target addresses, end exclusive */
	uint64_t off;	     /* file offset of start */
	uint32_t dev_major, dev_minor;
	uint64_t ino; /* 0: no file behind it */
	unsigned flags;
	char *name; /* "" for anonymous; escapes undone, no " (deleted)" */
};

/* Sorted by start, no two overlap. Owns the names. */
struct mappings {
	struct mapping *v;
	size_t n, cap;
};

/* The mapping that holds addr, or NULL. O(log n). */
const struct mapping *mappings_find(const struct mappings *m, uint64_t addr);
/*
 * By mapping: the number of the last one, up to itself, that has the first byte
 * of the same file, so its ELF header; MAPPING_NONE where there is none. To
 * free(). O(n): a target may map one file 60,000 times.
 */
#define MAPPING_NONE SIZE_MAX
size_t *mappings_headers(const struct mappings *m);
/*
 * The mapping whose file mapping i is of: i, or the one right before it where i
 * is code without a file. Some programs copy their own code into huge pages, at
 * its place (node --use-largepages); whether it is that, the file's module
 * tells: module_is_code().
 */
size_t mappings_file_of(const struct mappings *m, size_t i);
void mappings_deinit(struct mappings *m);

#endif
