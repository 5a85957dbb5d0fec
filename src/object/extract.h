/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extract.h - what unwinding and naming need of a module, and no more
 *
 * A saved snapshot is walked where the target's files are not. An extract
 * stands in for one of them: an ELF file with the module's own headers, at the
 * same vaddrs and file offsets, of which the notes, the CFI and the function
 * symbols are there (also those of a separate debug file) and the rest, code
 * and data, is a hole. As an ELF file it is valid: libdw, libunwind and gdb
 * take it for the module. To us a section .note.scrape tells what is there, so
 * that zeros of a hole are never taken for code: module_read() has them absent.
 *
 * All snapshots of a directory share its extracts: DIR/.build-id/ab/cdef0123,
 * where gdb and libdwfl look too, when told to look in DIR. A module without a
 * build-id has a key that says so, "eh_frame:0123456789abcdef", a hash of its
 * unwind data, and lies in DIR/.eh_frame/0123456789abcdef.
 */
#ifndef SCRAPE_OBJECT_EXTRACT_H
#define SCRAPE_OBJECT_EXTRACT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;
struct section;

/* Works it out; module_key() keeps it. To free(). Never "". */
char *extract_key(struct module *m);
/* Whether it is a build-id itself. */
bool extract_key_is_build_id(const char *key);
/* To free(); NULL for what is no key. */
char *extract_path(const char *dir, const char *key);
/* Nothing is done where the directory has it already. */
int extract_write(const char *dir, struct module *m, struct err *err);

/* File offsets whose bytes are the module's. */
struct kept_range {
	uint64_t off, len;
};

#define EXTRACT_SECTION ".note.scrape"
/* The ranges in an extract's note, to free(); NULL: it is none. */
struct kept_range *extract_parse(const struct section *s, size_t *ret_n);

#endif
