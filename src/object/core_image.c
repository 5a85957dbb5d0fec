/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In the file: ELF header, program headers, pages, what is in no page, notes.
 *
 * libdwfl takes PT_LOADs for whole pages, so whole pages they are, zeros where
 * we have no byte; the note has the ranges that are true. Code, of which a walk
 * looks at some bytes here and there, would be pages of nearly nothing: it is
 * not in the PT_LOADs, and only the note leads to it.
 */
#include "config.h"

#include "object/core_image.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/core_note.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/new_file.h"
#include "object/range_map.h"
#include "object/scrape_note.h"

#include <elf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

/* What the kernel dumps of an ELF file: coredump_filter bit 4. */
#define FIRST_PAGE  4096u
/* The alignment of PT_LOADs: ld.so's and the kernel's smallest. */
#define PAGE	    4096ull
/* Code on either side of a pc: more than src/unwind looks at. */
#define CODE_WINDOW 128u
/* From here on a core file needs a section header to say how many. */
#define LOADS_MAX   (PN_XNUM - 2)

/* Bytes of memory. */
struct blob {
	uint64_t addr;
	size_t len;
	const uint8_t *bytes;
	bool is_paged; /* to be found in a PT_LOAD */
};

/* Pages in a row: a PT_LOAD. One of code has no byte of it in the file. */
struct run {
	uint64_t addr, end, off;
	bool is_code;
};

struct writer {
	const struct core_image *img;
	const struct core_arch *arch;
	struct blob *blobs;
	size_t n_blobs, cap_blobs;
	size_t first_stack;    /* the blobs of threads, in their order */
	struct range_map flat; /* address to blob, disjoint: the pieces */
	struct run *runs;
	size_t n_runs, cap_runs;
	struct noted_range *pieces; /* of flat, each with its place */
	uint64_t *stack_offs;	    /* by thread */
	uint64_t notes_off;
	struct byte_ranges own;
	const char **keys; /* by mapping; NULL: none */
};

/* ---- what memory is written -----------------------------------------------
 */

static void
add_blob(struct writer *w, uint64_t addr, const uint8_t *bytes, size_t len,
    bool is_paged)
{
	GROW(w->blobs, w->n_blobs, w->cap_blobs);
	w->blobs[w->n_blobs++] = (struct blob){
	    .addr = addr, .len = len, .bytes = bytes, .is_paged = is_paged};
}

/* As far as the file goes; an extract has no whole page, and gives none. */
static void
add_first_page(
    struct writer *w, const struct module *m, const struct mapping *first)
{
	uint8_t page[FIRST_PAGE];
	uint64_t bias;

	if (!module_bias(m, first->start, 0, &bias))
		return;
	for (size_t len = sizeof(page); len >= sizeof(Elf64_Ehdr); len /= 2) {
		if (!module_read(m, first->start - bias, page, len))
			continue;
		byte_ranges_add(&w->own, first->start, page, len);
		return;
	}
}

static bool
is_vdso(const struct mapping *m)
{
	return strcmp(m->name, "[vdso]") == 0;
}

/* There is no file of it anywhere. */
static void
add_vdso(struct writer *w, size_t i)
{
	const struct mapping *map = &w->img->mappings->v[i];
	size_t size = 0;
	const char *bytes = elf_rawfile(module_elf(w->img->modules[i]), &size);

	if (bytes == NULL)
		return;
	if (size > map->end - map->start)
		size = (size_t)(map->end - map->start);
	byte_ranges_add(&w->own, map->start, bytes, size);
}

/* Many mappings may have their first page in common: it is added once. */
static void
add_modules(struct writer *w)
{
	const struct mappings *maps = w->img->mappings;
	_cleanup_free_ size_t *headers = mappings_headers(maps);
	_cleanup_free_ bool *added = xcalloc(maps->n + 1, sizeof(*added));

	for (size_t i = 0; i < maps->n; i++) {
		const struct module *m = w->img->modules[i];
		size_t header;

		if (m == NULL)
			continue;
		header = headers[mappings_file_of(maps, i)];
		if (is_vdso(&maps->v[i])) {
			add_vdso(w, i);
		} else if (header != MAPPING_NONE && !added[header]) {
			added[header] = true;
			add_first_page(w, m, &maps->v[header]);
		}
	}
	byte_ranges_merge(&w->own);
	for (size_t i = 0; i < w->own.n; i++)
		add_blob(w, w->own.v[i].addr, w->own.v[i].bytes,
		    w->own.v[i].len, true);
}

/* Whether a blob lies whole in a thread's stack, which then is enough. */
static bool
is_in_stack(const struct core_image *img, const struct range_map *stacks,
    const struct byte_range *r)
{
	uint32_t i = range_map_find(stacks, r->addr);
	const struct snapshot *s;

	if (i == RANGE_NONE)
		return false;
	s = &img->threads[i].snap;
	return r->len <= s->stack_len - (r->addr - s->stack_addr);
}

static bool
is_code(const struct core_image *img, uint64_t addr)
{
	const struct mapping *m = mappings_find(img->mappings, addr);

	return m != NULL && (m->flags & MAPPING_EXEC) != 0;
}

/*
 * A thread's walk reads its stack word by word; only what lies elsewhere is
 * worth a segment.
 */
static void
add_ranges(struct writer *w)
{
	const struct core_image *img = w->img;
	struct range_map stacks = {0};

	for (size_t i = 0; i < img->n_threads; i++) {
		const struct snapshot *s = &img->threads[i].snap;

		range_map_add(&stacks, s->stack_addr,
		    s->stack_addr + s->stack_len, (uint32_t)i);
	}
	range_map_flatten(&stacks);
	for (size_t i = 0; i < img->n_ranges; i++) {
		const struct byte_range *r = &img->ranges[i];

		if (!is_in_stack(img, &stacks, r))
			add_blob(w, r->addr, r->bytes, r->len,
			    !is_code(img, r->addr));
	}
	range_map_deinit(&stacks);
}

static void
add_stacks(struct writer *w)
{
	w->first_stack = w->n_blobs;
	for (size_t i = 0; i < w->img->n_threads; i++) {
		const struct snapshot *s = &w->img->threads[i].snap;

		add_blob(w, s->stack_addr, s->stack, s->stack_len, true);
	}
}

/*
 * Memory is flat, and stacks may overlap: Go's and coroutines' lie side by side
 * in one mapping, and each was copied at its own time. The one whose thread
 * stands nearest wins; what belongs to another is written once more for it.
 */
static void
make_flat(struct writer *w)
{
	for (size_t i = 0; i < w->n_blobs; i++)
		range_map_add(&w->flat, w->blobs[i].addr,
		    w->blobs[i].addr + w->blobs[i].len, (uint32_t)i);
	range_map_flatten(&w->flat);
}

void
core_image_add_code(struct byte_ranges *ranges, const struct module *m,
    uint64_t bias, const struct mem *mem, uint64_t pc)
{
	uint8_t code[2 * CODE_WINDOW];

	/* Less of it at the edge of what is mapped. */
	for (unsigned n = CODE_WINDOW; n >= 16; n /= 2) {
		uint64_t from = pc - n;

		if ((m != NULL && module_read(m, from - bias, code, 2 * n)) ||
		    (mem != NULL && mem_read(mem, from, code, 2 * n))) {
			byte_ranges_add(ranges, from, code, 2 * n);
			return;
		}
	}
}

/* ---- writing --------------------------------------------------------------
 */

static void
make_keys(struct writer *w)
{
	const struct core_image *img = w->img;

	w->keys = xcalloc(img->mappings->n + 1, sizeof(*w->keys));
	for (size_t i = 0; i < img->mappings->n; i++)
		if (img->modules[i] != NULL)
			w->keys[i] = module_key(img->modules[i]);
}

static void
make_runs(struct writer *w)
{
	for (size_t i = 0; i < w->flat.n; i++) {
		const struct range *r = &w->flat.v[i];
		uint64_t start = r->start & -PAGE;
		uint64_t end = (r->end + PAGE - 1) & -PAGE;

		if (!w->blobs[r->id].is_paged || end < start)
			continue;
		if (w->n_runs > 0 && start <= w->runs[w->n_runs - 1].end) {
			w->runs[w->n_runs - 1].end = end;
			continue;
		}
		GROW(w->runs, w->n_runs, w->cap_runs);
		w->runs[w->n_runs++] = (struct run){.addr = start, .end = end};
	}
}

static int
by_addr(const void *pa, const void *pb)
{
	const struct run *a = pa, *b = pb;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

static bool
overlaps_a_run(const struct writer *w, size_t n_runs, const struct mapping *m)
{
	size_t lo = 0, hi = n_runs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->start >= w->runs[mid].end)
			lo = mid + 1;
		else if (m->end <= w->runs[mid].addr)
			hi = mid;
		else
			return true;
	}
	return false;
}

/*
 * That code is mapped there, as the kernel's core files have it: libunwind
 * looks for a pc in the PT_LOADs.
 */
static void
add_code_runs(struct writer *w)
{
	size_t n = w->n_runs;

	for (size_t i = 0; i < w->img->mappings->n; i++) {
		const struct mapping *m = &w->img->mappings->v[i];

		if (w->img->modules[i] == NULL || overlaps_a_run(w, n, m))
			continue;
		GROW(w->runs, w->n_runs, w->cap_runs);
		w->runs[w->n_runs++] = (struct run){
		    .addr = m->start, .end = m->end, .is_code = true};
	}
	if (w->n_runs > 0)
		qsort(w->runs, w->n_runs, sizeof(*w->runs), by_addr);
}

static uint64_t
align(uint64_t off, uint64_t to)
{
	return (off + to - 1) & -to;
}

/* Returns where the last ends. */
static uint64_t
place_runs(struct writer *w)
{
	uint64_t off = align(
	    sizeof(Elf64_Ehdr) + (w->n_runs + 1) * sizeof(Elf64_Phdr), PAGE);

	for (size_t i = 0; i < w->n_runs; i++) {
		w->runs[i].off = off;
		if (!w->runs[i].is_code)
			off += w->runs[i].end - w->runs[i].addr;
	}
	return off;
}

/* The run that holds all its bytes, or NULL. */
static const struct run *
run_of(const struct writer *w, uint64_t start, uint64_t end)
{
	size_t lo = 0, hi = w->n_runs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (start < w->runs[mid].addr)
			hi = mid;
		else if (start >= w->runs[mid].end)
			lo = mid + 1;
		else
			return end <= w->runs[mid].end && !w->runs[mid].is_code
				   ? &w->runs[mid]
				   : NULL;
	}
	return NULL;
}

static uint64_t
place_pieces(struct writer *w, uint64_t off)
{
	w->pieces = xcalloc(w->flat.n + 1, sizeof(*w->pieces));
	for (size_t i = 0; i < w->flat.n; i++) {
		const struct range *r = &w->flat.v[i];
		const struct run *run = run_of(w, r->start, r->end);
		struct noted_range *p = &w->pieces[i];

		p->addr = r->start;
		p->len = r->end - r->start;
		p->off = run != NULL ? run->off + (r->start - run->addr) : off;
		if (run == NULL)
			off += align(p->len, 8);
	}
	return off;
}

/* Whether the blob stands in flat memory whole and alone. */
static bool
is_whole(const struct writer *w, uint32_t id)
{
	const struct blob *b = &w->blobs[id];
	size_t lo = 0, hi = w->flat.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct range *r = &w->flat.v[mid];

		if (b->addr < r->start)
			hi = mid;
		else if (b->addr >= r->end)
			lo = mid + 1;
		else
			return r->id == id && r->start == b->addr &&
			       r->end == b->addr + b->len;
	}
	return false;
}

static uint64_t
place_stacks(struct writer *w, uint64_t off)
{
	w->stack_offs = xcalloc(w->img->n_threads + 1, sizeof(uint64_t));
	for (size_t i = 0; i < w->img->n_threads; i++) {
		uint32_t id = (uint32_t)(w->first_stack + i);
		const struct blob *b = &w->blobs[id];
		const struct run *run = run_of(w, b->addr, b->addr + b->len);

		if (run != NULL && is_whole(w, id)) {
			w->stack_offs[i] = run->off + (b->addr - run->addr);
		} else {
			w->stack_offs[i] = off;
			off += align(b->len, 8);
		}
	}
	return off;
}

static char *
make_notes(const struct writer *w, size_t *ret_size)
{
	const struct core_image *img = w->img;
	const struct core_process *p = &img->process;
	const struct noted_places places = {.stack_offs = w->stack_offs,
	    .keys = w->keys,
	    .ranges = w->pieces,
	    .n_ranges = w->flat.n};
	char *notes;
	FILE *fp = xopen_memstream(&notes, ret_size);

	for (size_t i = 0; i < img->n_threads; i++) {
		const struct core_thread *th = &img->threads[i];

		core_prstatus_put(fp, w->arch, th->tid, &th->snap.regs);
		if (i == 0)
			core_prpsinfo_put(fp, p->pid, p->comm, th->state);
	}
	if (img->auxv_size > 0)
		core_note_put(fp, "CORE", NT_AUXV, img->auxv, img->auxv_size);
	if (p->signed_bits != 0)
		core_pac_mask_put(fp, p->signed_bits);
	core_files_put(fp, img->mappings);
	scrape_note_put(fp, img, w->arch->name, &places);
	xclose_memstream(fp);
	return notes;
}

static void
put_header(FILE *fp, const struct writer *w)
{
	Elf64_Ehdr eh = {
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_CORE,
	    .e_machine = (uint16_t)w->arch->elf_machine,
	    .e_version = EV_CURRENT,
	    .e_phoff = sizeof(Elf64_Ehdr),
	    .e_ehsize = sizeof(Elf64_Ehdr),
	    .e_phentsize = sizeof(Elf64_Phdr),
	    .e_phnum = (uint16_t)(w->n_runs + 1),
	};

	(void)fwrite(&eh, sizeof(eh), 1, fp);
}

static uint32_t
segment_flags(const struct mapping *m)
{
	if (m == NULL)
		return PF_R;
	return ((m->flags & MAPPING_READ) != 0 ? PF_R : 0u) |
	       ((m->flags & MAPPING_WRITE) != 0 ? PF_W : 0u) |
	       ((m->flags & MAPPING_EXEC) != 0 ? PF_X : 0u);
}

static void
put_load(FILE *fp, const struct writer *w, const struct run *r)
{
	Elf64_Phdr ph = {
	    .p_type = PT_LOAD,
	    .p_flags = segment_flags(mappings_find(w->img->mappings, r->addr)),
	    .p_offset = r->off,
	    .p_vaddr = r->addr,
	    .p_filesz = r->is_code ? 0 : r->end - r->addr,
	    .p_memsz = r->end - r->addr,
	    .p_align = PAGE,
	};

	(void)fwrite(&ph, sizeof(ph), 1, fp);
}

static void
put_phdrs(FILE *fp, const struct writer *w, size_t notes_size)
{
	Elf64_Phdr ph = {.p_type = PT_NOTE,
	    .p_offset = w->notes_off,
	    .p_filesz = notes_size,
	    .p_align = 4};

	(void)fwrite(&ph, sizeof(ph), 1, fp);
	for (size_t i = 0; i < w->n_runs; i++)
		put_load(fp, w, &w->runs[i]);
}

/* Zeros are left out: they are holes. */
static void
put_at(FILE *fp, uint64_t off, const void *bytes, size_t len)
{
	(void)fseeko(fp, (off_t)off, SEEK_SET);
	(void)fwrite(bytes, 1, len, fp);
}

static void
put_pieces(FILE *fp, const struct writer *w)
{
	for (size_t i = 0; i < w->flat.n; i++) {
		const struct noted_range *p = &w->pieces[i];
		const struct blob *b = &w->blobs[w->flat.v[i].id];

		put_at(fp, p->off, b->bytes + (p->addr - b->addr), p->len);
	}
}

static void
put_stacks(FILE *fp, const struct writer *w)
{
	for (size_t i = 0; i < w->img->n_threads; i++) {
		size_t id = w->first_stack + i;

		if (!is_whole(w, (uint32_t)id))
			put_at(fp, w->stack_offs[i], w->blobs[id].bytes,
			    w->blobs[id].len);
	}
}

static void
place(struct writer *w)
{
	uint64_t off;

	make_flat(w);
	make_runs(w);
	add_code_runs(w);
	off = place_runs(w);
	off = place_pieces(w, off);
	w->notes_off = place_stacks(w, off);
}

static void
put_all(FILE *fp, const struct writer *w)
{
	size_t notes_size;
	char *notes = make_notes(w, &notes_size);

	put_header(fp, w);
	put_phdrs(fp, w, notes_size);
	put_pieces(fp, w);
	put_stacks(fp, w);
	put_at(fp, w->notes_off, notes, notes_size);
	free(notes);
}

static void
writer_deinit(struct writer *w)
{
	byte_ranges_deinit(&w->own);
	range_map_deinit(&w->flat);
	free(w->blobs);
	free(w->runs);
	free(w->pieces);
	free(w->stack_offs);
	free(w->keys);
}

static int
write_file(struct writer *w, const char *path, struct err *err)
{
	struct new_file f;

	if (w->n_runs > LOADS_MAX)
		return err_set(err, ERR_RUNTIME,
		    "cannot write %s: %zu pieces of memory, and a core file "
		    "holds %d",
		    path, w->n_runs, LOADS_MAX);
	if (new_file_open(&f, path, err) < 0)
		return -(int)err->kind;
	put_all(f.fp, w);
	return new_file_commit(&f, err);
}

int
core_image_write(
    const char *path, const struct core_image *img, struct err *err)
{
	struct writer w = {
	    .img = img, .arch = core_arch_by_machine(img->process.machine)};
	int r;

	if (w.arch == NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "snapshots of machine type %d cannot be saved",
		    img->process.machine);
	byte_ranges_init(&w.own);
	add_ranges(&w);
	add_modules(&w);
	add_stacks(&w);
	place(&w);
	make_keys(&w);
	r = write_file(&w, path, err);
	writer_deinit(&w);
	return r;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
	       c == '+';
}

char *
core_image_path(const char *dir, const struct core_process *p, unsigned n)
{
	char *comm = xstrdup(p->comm[0] != '\0' ? p->comm : "unnamed");
	char *path;

	for (char *c = comm; *c != '\0'; c++)
		if (!is_plain(*c) || (c == comm && *c == '.'))
			*c = '_';
	path = xasprintf("%s/%s.%d.%u.core", dir, comm, p->pid, n);
	free(comm);
	return path;
}
