/* SPDX-License-Identifier: GPL-3.0-or-later */
/* module_origin.h - where the module of a mapping can be had, for a namer */
#ifndef SCRAPE_SESSION_MODULE_ORIGIN_H
#define SCRAPE_SESSION_MODULE_ORIGIN_H

#include <stdint.h>
#include <sys/types.h>

enum module_origin_kind {
	MODULE_FILE,   /* fd is the file's */
	MODULE_MEMORY, /* its ELF header stands at start in pid's memory */
	MODULE_VDSO,   /* size bytes at start */
};

/* Of a mapping of the profile; free by _deinit(). */
struct module_origin {
	uint32_t mapping; /* of the profile */
	uint64_t bias;
	enum module_origin_kind kind;
	int fd;	     /* MODULE_FILE: a duplicate, ours to close; else -1 */
	pid_t pid;   /* the process whose mapping it is */
	uint64_t start, size;
	char *path;
};
void module_origin_deinit(struct module_origin *o);

#endif
