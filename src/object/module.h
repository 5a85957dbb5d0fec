/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module.h - an ELF file that a target has mapped
 *
 * Opened once per build-id from the file that is mapped, not from whatever its
 * path names now, and kept open: a file that is deleted or replaced meanwhile
 * stays readable. Knows vaddr and off; which target addresses it stands at is
 * the business of a mapping and a bias.
 *
 * Every byte of the file is foreign. No function here trusts a size, an offset
 * or a count; what does not fit reads as absent.
 */
#ifndef SCRAPE_OBJECT_MODULE_H
#define SCRAPE_OBJECT_MODULE_H

#include "base/err.h"
#include "core/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;
struct cfi;
struct symtab;
struct debug_info;
struct debug_search;

/*
 * Takes fd over, also on failure. path is what the target calls the file: it is
 * shown and recorded, never opened.
 */
int module_open(int fd, const char *path, struct module **ret, struct err *err);
/* The same for an image in memory; the bytes are copied. */
int module_open_image(const void *image, size_t size, const char *name,
    struct module **ret, struct err *err);
/*
 * The vDSO, copied out of a target's memory; NULL where that cannot be read, or
 * is something else.
 */
struct module *module_open_vdso(
    const struct mem *mem, uint64_t start, uint64_t size);
/*
 * The same out of a target's memory, where the file cannot be opened: what is
 * loaded of it, so its CFI, the symbols of its .dynsym and its build-id. start
 * is where its ELF header stands. Code and CFI are read when they are asked
 * for, through what mem points to, which has to outlive the module.
 */
int module_open_mem(const struct mem *mem, uint64_t start, const char *path,
    struct module **ret, struct err *err);
struct module *module_ref(struct module *m);
void module_unref(struct module *m); /* NULL is fine */

const char *module_path(const struct module *m);
/* Lower-case hex of NT_GNU_BUILD_ID, or "". */
const char *module_build_id(const struct module *m);
/*
 * What its unwind data and names go by where it is saved: the build-id, or what
 * extract.h says.
 */
const char *module_key(struct module *m);
int module_machine(const struct module *m); /* EM_X86_64, ... */
/* The vaddr at which the kernel or ld.so starts it; 0: nowhere. */
uint64_t module_entry(const struct module *m);
/* The file's own descriptor, or -1 where there is none; stays the module's. */
int module_fd(const struct module *m);

/*
 * What to subtract from a target address to get a vaddr, for a mapping of this
 * module that starts at target address start with file offset off: taken from
 * the PT_LOAD that holds off (research/unwind.md 2, "Static, non-PIE").
 * False when no PT_LOAD holds it.
 */
bool module_bias(
    const struct module *m, uint64_t start, uint64_t off, uint64_t *ret_bias);
/* Whether vaddr lies in a PT_LOAD that is executable. */
bool module_is_code(const struct module *m, uint64_t vaddr);
/* Whether it is no module but what stands in for one: extract.h. */
bool module_is_extract(const struct module *m);
/*
 * Copies len bytes of code or constant data at vaddr out of the file. False
 * where an extract has a hole: the bytes may be in the target's memory.
 */
bool module_read(const struct module *m, uint64_t vaddr, void *buf, size_t len);

/* A section's bytes, decompressed, valid as long as the module; or false. */
struct section {
	const uint8_t *data;
	size_t size;
	uint64_t vaddr; /* 0 for sections that are not loaded */
};
bool module_section(struct module *m, const char *name, struct section *ret);
/*
 * Likewise one that is not loaded, of the separate debug file, if that is here
 * and the build-id says that it is the one: no file is read whole for it.
 */
bool module_separate_section(
    struct module *m, const char *name, struct section *ret);
/* .eh_frame_hdr by PT_GNU_EH_FRAME, which also stands without section headers */
bool module_eh_frame_hdr(struct module *m, struct section *ret);

/* Made at the first call, kept by the module; never NULL. */
struct cfi *module_cfi(struct module *m);
struct symtab *module_symtab(struct module *m);
struct debug_info *module_debug_info(struct module *m);

/*
 * Where its separate debug file is looked for (object/debug_search.h), to be
 * told before anything asks for names; else in /usr/lib/debug. Borrowed.
 */
void module_set_search(struct module *m, const struct debug_search *s);

/* How a debug file was found. */
enum debug_how {
	DEBUG_NONE,	  /* it was not */
	DEBUG_EMBEDDED,	  /* the module has DWARF of its own */
	DEBUG_BUILD_ID,	  /* DIR/.build-id/ab/cdef.debug */
	DEBUG_LINK,	  /* by the name in .gnu_debuglink */
	DEBUG_PATH,	  /* by the module's own path */
	DEBUG_DEBUGINFOD, /* fetched from a server, or fetched before */
};

/*
 * The file that has the module's debug information, looked for at the first
 * call: NULL for DEBUG_NONE, the module's own path for DEBUG_EMBEDDED, else one
 * under the root where it was found. Lives as long as the module.
 */
const char *module_debug_path(struct module *m, enum debug_how *ret_how);
/* The first place where it would be found; to free(). NULL: nowhere. */
char *debug_file_expected(struct module *m);

#endif
