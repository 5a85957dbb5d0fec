/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug_file.h - separate debug files, as distributions ship them
 *
 * Names and lines of a stripped file live in another one that shares its
 * build-id. What is opened is never taken on the strength of its name: only a
 * regular file with the right build-id will do. Never the network: libdwfl's
 * own search asks debuginfod servers when the environment names some, so it is
 * not used.
 */
#ifndef SCRAPE_OBJECT_DEBUG_FILE_H
#define SCRAPE_OBJECT_DEBUG_FILE_H

#include <libelf.h>

struct debug_file;

/* build_id as lower-case hex, "" finds nothing; NULL where there is none. */
struct debug_file *debug_file_find(const char *build_id);
/*
 * The file that several debug files share (dwz), by its build-id, else by the
 * name under which they refer to it.
 */
struct debug_file *debug_file_find_shared(
    const char *build_id, const char *name);
/* The one at path, if it is a regular file and has this build-id. */
struct debug_file *debug_file_open(const char *path, const char *build_id);
void debug_file_free(struct debug_file *df); /* NULL is fine */

/* Both live as long as the debug file. */
int debug_file_fd(const struct debug_file *df);
Elf *debug_file_elf(struct debug_file *df);

#endif
