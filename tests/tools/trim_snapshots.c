/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trim_snapshots DIR - makes saved snapshots small enough to be kept
 *
 * Of the extracts in DIR it leaves what the stacks in DIR's core files hang on:
 * the FDEs and the names of the functions in them, and all CIEs. The rest of
 * those sections becomes zeros, which cost nothing once they are compressed,
 * and nothing moves: an extract stays the ELF file that it was. FDEs that are
 * dropped become one, of no range, as a linker's own dropped functions have.
 */
#include "config.h"

#include "base/xalloc.h"
#include "core/frame.h"
#include "object/core_file.h"
#include "object/core_modules.h"
#include "object/eh_frame.h"
#include "object/eh_frame_hdr.h"
#include "object/extract.h"
#include "object/module.h"
#include "object/symtab.h"
#include "unwind/arch.h"
#include "unwind/unwind.h"

#include <dirent.h>
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES_MAX 8192
/* Of FDEs that become one: a reader may find more than that absurd. */
#define RUN_MAX	   (64u << 10)

/* What the stacks hang on in one module. */
struct wanted {
	char *key;
	uint64_t *vaddrs;
	size_t n, cap;
};

static struct wanted *modules;
static size_t n_modules, cap_modules;

/* ---- what is wanted ------------------------------------------------------ */

static struct wanted *
wanted_of(const char *key)
{
	for (size_t i = 0; i < n_modules; i++)
		if (strcmp(modules[i].key, key) == 0)
			return &modules[i];
	GROW(modules, n_modules, cap_modules);
	modules[n_modules] = (struct wanted){.key = xstrdup(key)};
	return &modules[n_modules++];
}

static void
want(struct wanted *w, uint64_t vaddr)
{
	GROW(w->vaddrs, w->n, w->cap);
	w->vaddrs[w->n++] = vaddr;
}

/* The byte before a pc too, whichever of them it is looked up by. */
static void
want_frames(const struct core_file *cf, const struct code_space *space,
    const struct frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t pc = frame_lookup_pc(&frames[i]);
		const struct mapping *m = mappings_find(space->mappings, pc);
		size_t k = m != NULL ? (size_t)(m - space->mappings->v) : 0;
		struct wanted *w;

		if (m == NULL || space->modules[k] == NULL)
			continue;
		w = wanted_of(core_file_key(cf, k));
		want(w, frames[i].pc - space->bias[k]);
		want(w, frames[i].pc - space->bias[k] - 1);
	}
}

static void
want_core(const char *path, const char *dir)
{
	static struct frame frames[FRAMES_MAX];
	const struct core_modules_opts opts = {.extracts = dir};
	struct core_modules cm;
	struct code_space space;
	struct core_file *cf;
	struct err e;

	if (core_file_open(path, &cf, &e) < 0)
		errx(EXIT_FAILURE, "%s: %s", e.what, e.why);
	core_modules_open(&cm, cf, &opts);
	space = (struct code_space){
	    .arch = arch_by_machine(core_file_process(cf)->machine),
	    .mappings = core_file_mappings(cf),
	    .signed_bits = core_file_process(cf)->signed_bits,
	    .modules = cm.modules,
	    .bias = cm.bias};
	/* Also of modules that no stack goes through, and then nothing. */
	for (size_t i = 0; i < cm.n; i++)
		if (cm.modules[i] != NULL)
			(void)wanted_of(core_file_key(cf, i));
	for (size_t i = 0; i < core_file_n_threads(cf); i++) {
		const struct snapshot *snap = &core_file_thread(cf, i)->snap;
		struct core_view view = {.snap = snap, .file = cf};
		struct mem mem = core_view_mem(&view);
		struct unwind_result r =
		    unwind(&space, &snap->regs, &mem, frames, FRAMES_MAX);

		want_frames(cf, &space, frames, r.n);
	}
	core_modules_close(&cm);
	core_file_free(cf);
}

static void
want_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		err(EXIT_FAILURE, "%s", dir);
	while ((e = readdir(d)) != NULL) {
		const char *dot = strrchr(e->d_name, '.');
		char *path = xasprintf("%s/%s", dir, e->d_name);

		if (dot != NULL && strcmp(dot, ".core") == 0)
			want_core(path, dir);
		free(path);
	}
	(void)closedir(d);
}

static bool
is_wanted(const struct wanted *w, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->vaddrs[i] >= start && w->vaddrs[i] < end)
			return true;
	return false;
}

/* ---- an extract's bytes -------------------------------------------------- */

struct image {
	uint8_t *bytes;
	size_t size;
	Elf64_Shdr *sections;
	size_t n;
};

static struct image
map_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct image im = {0};
	const Elf64_Ehdr *eh;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		err(EXIT_FAILURE, "%s", path);
	im.size = (size_t)st.st_size;
	im.bytes =
	    mmap(NULL, im.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (im.bytes == MAP_FAILED)
		err(EXIT_FAILURE, "%s", path);
	(void)close(fd);
	eh = (const void *)im.bytes;
	im.sections = (void *)(im.bytes + eh->e_shoff);
	im.n = eh->e_shnum;
	return im;
}

static Elf64_Shdr *
section_of_type(struct image *im, uint32_t type)
{
	for (size_t i = 0; i < im->n; i++)
		if (im->sections[i].sh_type == type)
			return &im->sections[i];
	return NULL;
}

/* Where a section's bytes are in the file, by where they are mapped. */
static uint8_t *
bytes_at(struct image *im, uint64_t vaddr)
{
	for (size_t i = 0; i < im->n; i++) {
		const Elf64_Shdr *sh = &im->sections[i];

		if (sh->sh_type != SHT_NOBITS && sh->sh_addr == vaddr)
			return im->bytes + sh->sh_offset;
	}
	return NULL;
}

/* ---- .eh_frame ----------------------------------------------------------- */

static void
put_u32_at(uint8_t *p, size_t v)
{
	uint32_t word = (uint32_t)v;

	memcpy(p, &word, sizeof(word));
}

static void *
copy_of(const void *bytes, size_t size)
{
	return memcpy(xmalloc(size), bytes, size);
}

static uint32_t
get_u32_at(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Makes one FDE of those in [start, end); it has the CIE of the first. */
static void
drop_run(uint8_t *data, size_t start, size_t end)
{
	if (end <= start + 8)
		return;
	put_u32_at(data + start, end - start - 4);
	memset(data + start + 8, 0, end - start - 8);
}

static bool
is_dropped(
    const struct frame_section *s, uint64_t off, const struct wanted *w)
{
	struct fde fde;

	return fde_at(s, off, &fde) && !is_wanted(w, fde.start, fde.end);
}

static void
trim_fdes(
    uint8_t *data, const struct frame_section *from, const struct wanted *w)
{
	size_t at = 0, run = 0, next;

	for (; at + 8 <= from->size; at = next) {
		uint32_t len = get_u32_at(from->data + at);
		bool drops = is_dropped(from, at, w);

		if (len == 0 || len > from->size - at - 4)
			break;
		next = at + 4 + len;
		if (drops && next - run <= RUN_MAX)
			continue;
		drop_run(data, run, at);
		run = drops ? at : next;
	}
	drop_run(data, run, at);
}

/* Entries of the table are pairs of words. */
#define HDR_ENTRY 8
/* Where their number stands: behind four bytes and the section's address. */
#define HDR_COUNT 8

static void
trim_table(uint8_t *data, const struct section *from,
    const struct frame_section *frames, const struct wanted *w)
{
	struct eh_frame_hdr hdr;
	size_t kept = 0;
	uint8_t *table;

	if (!eh_frame_hdr_parse(from, &hdr) || hdr.enc != EH_FRAME_HDR_USUAL)
		return;
	table = data + (hdr.table - from->data);
	for (size_t i = 0; i < hdr.n; i++) {
		uint64_t off = eh_frame_hdr_fde(&hdr, i) - frames->vaddr;
		struct fde fde;

		if (fde_at(frames, off, &fde) &&
		    is_wanted(w, fde.start, fde.end))
			memmove(table + HDR_ENTRY * kept++,
			    hdr.table + HDR_ENTRY * i, HDR_ENTRY);
	}
	memset(table + HDR_ENTRY * kept, 0, HDR_ENTRY * (hdr.n - kept));
	put_u32_at(data + HDR_COUNT, kept);
}

static void
trim_cfi(struct image *im, struct module *m, const struct wanted *w)
{
	struct section s, hdr;
	struct frame_section frames;
	uint8_t *data;

	if (!module_section(m, ".eh_frame", &s) ||
	    (data = bytes_at(im, s.vaddr)) == NULL)
		return;
	/* A copy: the module may have mapped what is written to here. */
	frames = (struct frame_section){.data = copy_of(s.data, s.size),
	    .size = s.size,
	    .vaddr = s.vaddr,
	    .is_eh = true};
	if (module_eh_frame_hdr(m, &hdr) && bytes_at(im, hdr.vaddr) != NULL) {
		uint8_t *copy = copy_of(hdr.data, hdr.size);
		const struct section old = {copy, hdr.size, hdr.vaddr};

		trim_table(bytes_at(im, hdr.vaddr), &old, &frames, w);
		free(copy);
	}
	trim_fdes(data, &frames, w);
	free((void *)frames.data);
}

/* ---- names --------------------------------------------------------------- */

/* Where the functions of the wanted addresses start. */
static struct wanted
starts_of(struct module *m, const struct wanted *w)
{
	struct symtab *st = module_symtab(m);
	struct wanted starts = {0};
	struct symbol sym;

	symtab_want(st, w->vaddrs, w->n);
	for (size_t i = 0; i < w->n; i++)
		if (symtab_find(st, w->vaddrs[i], &sym))
			want(&starts, sym.vaddr);
	return starts;
}

/* All that name a wanted function stay, in their order. */
static size_t
keep_symbols(Elf64_Sym *syms, size_t first, size_t n, size_t kept,
    const struct wanted *starts)
{
	for (size_t i = first; i < n; i++)
		if (is_wanted(starts, syms[i].st_value, syms[i].st_value + 1))
			syms[kept++] = syms[i];
	return kept;
}

static void
keep_names(uint8_t *names, size_t size, const Elf64_Sym *syms, size_t n)
{
	char *old = copy_of(names, size);

	memset(names, 0, size);
	for (size_t i = 0; i < n; i++) {
		const char *name = old + syms[i].st_name;

		memcpy(names + syms[i].st_name, name, strlen(name));
	}
	free(old);
}

static void
trim_symbols(struct image *im, const struct wanted *starts)
{
	Elf64_Shdr *sh = section_of_type(im, SHT_SYMTAB);
	const Elf64_Shdr *names;
	size_t n, local, kept;
	Elf64_Sym *syms;

	if (sh == NULL)
		sh = section_of_type(im, SHT_DYNSYM);
	if (sh == NULL)
		return;
	names = &im->sections[sh->sh_link];
	syms = (void *)(im->bytes + sh->sh_offset);
	n = sh->sh_size / sizeof(*syms);
	/* The first is none at all. */
	local = keep_symbols(syms, 1, sh->sh_info, 1, starts);
	kept = keep_symbols(syms, sh->sh_info, n, local, starts);
	memset(&syms[kept], 0, (n - kept) * sizeof(*syms));
	sh->sh_info = (uint32_t)local;
	sh->sh_size = kept * sizeof(*syms);
	keep_names(im->bytes + names->sh_offset, names->sh_size, syms, kept);
}

/* -------------------------------------------------------------------------- */

static void
trim(const char *path, const struct wanted *w)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct module *m;
	struct wanted starts;
	struct image im;
	struct err e;

	if (fd < 0)
		err(EXIT_FAILURE, "%s", path);
	if (module_open(fd, path, &m, &e) < 0)
		errx(EXIT_FAILURE, "%s: %s", e.what, e.why);
	starts = starts_of(m, w);
	im = map_file(path);
	trim_cfi(&im, m, w);
	module_unref(m);
	trim_symbols(&im, &starts);
	(void)munmap(im.bytes, im.size);
	free(starts.vaddrs);
}

int
main(int argc, char *argv[])
{
	if (argc != 2)
		errx(2, "usage: trim_snapshots DIR");
	want_all(argv[1]);
	for (size_t i = 0; i < n_modules; i++) {
		char *path = extract_path(argv[1], modules[i].key);

		/* The vDSO is in the core files themselves. */
		if (path != NULL && access(path, F_OK) == 0)
			trim(path, &modules[i]);
		free(path);
		free(modules[i].vaddrs);
		free(modules[i].key);
	}
	free(modules);
	return EXIT_SUCCESS;
}
