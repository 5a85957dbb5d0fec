/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debuginfod.h - debug files from the servers that DEBUGINFOD_URLS names
 *
 * Only ever called because the user said --debuginfod. libdebuginfod is loaded
 * at the first call: linked in, it would bring libcurl and thirty libraries
 * more into every scrape, and initialise them.
 */
#ifndef SCRAPE_OBJECT_DEBUGINFOD_H
#define SCRAPE_OBJECT_DEBUGINFOD_H

/*
 * A descriptor of the debug file with this build-id, or -1, within 2 s; at
 * once after servers that took longer than that for another file. Sets
 * *ret_path to the name it has in the cache, to free(), on success only.
 */
int debuginfod_fetch(const char *build_id, char **ret_path);

#endif
