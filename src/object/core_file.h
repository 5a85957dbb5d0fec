/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_file.h - saved snapshots, read: ours and any other core file
 *
 * A core file that scrape did not write (the kernel's, gdb's gcore) has no note
 * of ours: its registers are all known, its threads' states are not.
 *
 * Every byte is foreign. What contradicts itself is left out and counted; a
 * file that has no thread to show, or that is no 64-bit core file, is refused.
 */
#ifndef SCRAPE_OBJECT_CORE_FILE_H
#define SCRAPE_OBJECT_CORE_FILE_H

#include "base/err.h"
#include "core/mapping.h"
#include "core/mem.h"
#include "object/core_image.h"

#include <stdbool.h>
#include <stddef.h>

struct core_file;

int core_file_open(const char *path, struct core_file **ret, struct err *err);
/* Takes fd over, also on failure; path is for messages. */
int core_file_open_fd(
    int fd, const char *path, struct core_file **ret, struct err *err);
void core_file_free(struct core_file *cf); /* NULL is fine */

/* All that is handed out lives as long as the core file. */
const struct core_process *core_file_process(const struct core_file *cf);
/* Whether scrape wrote it. */
bool core_file_is_ours(const struct core_file *cf);
size_t core_file_n_threads(const struct core_file *cf);
/* In the file's order, which is that of the tids where scrape wrote it. */
const struct core_thread *core_file_thread(
    const struct core_file *cf, size_t i);
const struct mappings *core_file_mappings(const struct core_file *cf);
/* The key of mapping i's module (extract.h), ""; its build-id, "". */
const char *core_file_key(const struct core_file *cf, size_t i);
const char *core_file_build_id(const struct core_file *cf, size_t i);
/* How many things were left out because they made no sense. */
size_t core_file_dropped(const struct core_file *cf);

/* All memory that the file holds. */
struct mem core_file_mem(const struct core_file *cf);

/* What one thread's walk sees: its own stack, then the rest of the file. */
struct core_view {
	const struct snapshot *snap;
	const struct core_file *file;
};

struct mem core_view_mem(struct core_view *v);

#endif
