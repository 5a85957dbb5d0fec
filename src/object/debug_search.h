/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug_search.h - where the separate debug file of a module is looked for
 *
 * First in the directories the user named, then under the target's root, then
 * under ours; by build-id, then by .gnu_debuglink, then by the module's path;
 * at last, and only if asked to, on debuginfod servers. What is found counts
 * only with the module's build-id, or, where one of the two has none, with the
 * CRC that the module states.
 *
 * Not libdwfl's search: that one asks servers as soon as the environment names
 * some, and knows one root only.
 */
#ifndef SCRAPE_OBJECT_DEBUG_SEARCH_H
#define SCRAPE_OBJECT_DEBUG_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct debug_file;
struct module;

/* Borrowed by the modules it is set for, and outlives them. */
struct debug_search {
	const char *const *paths; /* --debug-path, in order */
	size_t n_paths;
	int root_fd; /* the target's root directory (O_PATH will do), or -1 */
	bool debuginfod; /* may ask the servers in DEBUGINFOD_URLS */
};

/* What holds where nobody said otherwise: /usr/lib/debug of our root. */
extern const struct debug_search debug_search_default;

/*
 * On this machine; NULL where there is none. First what the build-id tells,
 * which is a matter of some system calls and may be asked while sampling; then,
 * for names only, what the CRC tells: that reads the whole file.
 */
struct debug_file *debug_search_by_build_id(
    const struct debug_search *s, struct module *m);
struct debug_file *debug_search_by_crc(
    const struct debug_search *s, struct module *m);
/* On servers, which takes up to 2 s. NULL at once where they are not to be
 * asked. */
struct debug_file *debug_search_network(
    const struct debug_search *s, struct module *m);
/*
 * The file that several debug files share (dwz), by its build-id, else by the
 * name under which that of m refers to it.
 */
struct debug_file *debug_search_shared(const struct debug_search *s,
    struct module *m, const char *build_id, const char *name);

#endif
