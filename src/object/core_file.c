/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/core_file.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/build_id.h"
#include "object/core_note.h"
#include "object/extract.h"
#include "object/scrape_note.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A core of a process with a million mappings has as many segments. */
#define SEGMENTS_MAX	 (1u << 20)
/* 10,000 mappings take 2 MB. */
#define NOTES_MAX	 ((size_t)256 << 20)
#define NOTES_COUNT_MAX	 (16u << 20)
/* Of one thread: the usual limit of a stack, eight times. */
#define STACK_MAX	 ((size_t)64 << 20)
/* Of a thread of another's core file: what scrape itself would read at most. */
#define OTHERS_STACK_MAX ((size_t)8 << 20)

/*
 * A PT_LOAD or a range of our note. Sorted by addr, no two overlap; off +
 * filesz is in the file.
 */
struct file_piece {
	uint64_t addr, memsz;
	uint64_t off, filesz;
	uint32_t flags;
};

/* Registers as NT_PRSTATUS has them. */
struct status {
	pid_t tid;
	struct regs regs;
};

struct core_file {
	int fd;
	uint64_t size;
	char *path;
	Elf *elf;
	const struct core_arch *arch;
	struct file_piece *segments;
	size_t n_segments, cap_segments;

	struct status *statuses;
	size_t n_statuses, cap_statuses;
	char comm[CORE_COMM_MAX + 1];
	pid_t pid;
	struct cursor files, auxv, ours; /* notes; empty: none */
	struct scrape_note note;
	uint64_t signed_bits; /* 0: not told */

	struct core_process process;
	struct core_thread *threads;
	size_t n_threads;
	uint64_t stacks;       /* bytes of all of them */
	struct mappings *maps; /* the note's, or: */
	struct mappings own_maps;
	struct build_id *own_ids; /* by mapping of own_maps */
	size_t dropped;
};

static bool
read_at(const struct core_file *cf, uint64_t off, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = pread(cf->fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- segments and memory --------------------------------------------------
 */

static void
add_segment(struct core_file *cf, struct file_piece s)
{
	if (s.memsz == 0 || s.addr + s.memsz < s.addr || s.filesz > s.memsz) {
		cf->dropped++;
		return;
	}
	/* Of a file that is cut short, what is left. */
	if (s.filesz > 0 && (s.off > cf->size || s.filesz > cf->size - s.off)) {
		s.filesz = s.off > cf->size ? 0 : cf->size - s.off;
		cf->dropped++;
	}
	GROW(cf->segments, cf->n_segments, cf->cap_segments);
	cf->segments[cf->n_segments++] = s;
}

static void
add_load(struct core_file *cf, const GElf_Phdr *ph)
{
	add_segment(cf, (struct file_piece){.addr = ph->p_vaddr,
			    .memsz = ph->p_memsz,
			    .off = ph->p_offset,
			    .filesz = ph->p_filesz,
			    .flags = ph->p_flags});
}

static int
by_addr(const void *pa, const void *pb)
{
	const struct file_piece *a = pa, *b = pb;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

static void
sort_segments(struct core_file *cf)
{
	size_t n = 0;

	if (cf->n_segments > 1)
		qsort(cf->segments, cf->n_segments, sizeof(*cf->segments),
		    by_addr);
	for (size_t i = 0; i < cf->n_segments; i++) {
		const struct file_piece *s = &cf->segments[i];

		if (n > 0 && s->addr < cf->segments[n - 1].addr +
					   cf->segments[n - 1].memsz)
			cf->dropped++;
		else
			cf->segments[n++] = *s;
	}
	cf->n_segments = n;
}

static const struct file_piece *
find_segment(const struct core_file *cf, uint64_t addr)
{
	size_t lo = 0, hi = cf->n_segments;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct file_piece *s = &cf->segments[mid];

		if (addr < s->addr)
			hi = mid;
		else if (addr - s->addr >= s->memsz)
			lo = mid + 1;
		else
			return s;
	}
	return NULL;
}

/* Across segments that touch: a stack may be cut by another within it. */
static bool
read_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct core_file *cf = ctx;
	uint8_t *p = buf;

	while (len > 0) {
		const struct file_piece *s = find_segment(cf, addr);
		size_t n = len;

		if (s == NULL || addr - s->addr >= s->filesz)
			return false;
		if (n > s->filesz - (addr - s->addr))
			n = (size_t)(s->filesz - (addr - s->addr));
		if (!read_at(cf, s->off + (addr - s->addr), p, n))
			return false;
		p += n;
		addr += n;
		len -= n;
	}
	return true;
}

struct mem
core_file_mem(const struct core_file *cf)
{
	return (struct mem){.read = read_memory, .ctx = (void *)(uintptr_t)cf};
}

static bool
read_view(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct core_view *v = ctx;

	return snapshot_read(v->snap, addr, buf, len) ||
	       read_memory((void *)(uintptr_t)v->file, addr, buf, len);
}

struct mem
core_view_mem(struct core_view *v)
{
	return (struct mem){.read = read_view, .ctx = v};
}

/* ---- notes ----------------------------------------------------------------
 */

static void
take_status(struct core_file *cf, struct cursor desc)
{
	struct status st;

	if (!core_prstatus_parse(cf->arch, desc, &st.tid, &st.regs)) {
		cf->dropped++;
		return;
	}
	GROW(cf->statuses, cf->n_statuses, cf->cap_statuses);
	cf->statuses[cf->n_statuses++] = st;
}

static void
take_core_note(struct core_file *cf, unsigned type, struct cursor desc)
{
	switch (type) {
	case NT_PRSTATUS:
		take_status(cf, desc);
		break;
	case NT_PRPSINFO:
		(void)core_prpsinfo_parse(desc, &cf->pid, cf->comm);
		break;
	case NT_FILE:
		cf->files = desc;
		break;
	case NT_AUXV:
		cf->auxv = desc;
		break;
	default:
		break;
	}
}

static bool
is_named(const Elf_Data *notes, size_t at, size_t len, const char *name)
{
	return len == strlen(name) + 1 &&
	       memcmp((const char *)notes->d_buf + at, name, len) == 0;
}

static void
take_note(struct core_file *cf, const Elf_Data *notes, const GElf_Nhdr *nh,
    size_t name, struct cursor desc)
{
	size_t len = nh->n_namesz;

	if (is_named(notes, name, len, "CORE"))
		take_core_note(cf, nh->n_type, desc);
	else if (is_named(notes, name, len, CORE_LINUX) &&
		 nh->n_type == NT_ARM_PAC_MASK)
		cf->dropped += !core_pac_mask_parse(desc, &cf->signed_bits);
	else if (is_named(notes, name, len, SCRAPE_NOTE_NAME) &&
		 nh->n_type == SCRAPE_NOTE_PROCESS)
		cf->ours = desc;
}

/* gelf_getnote() promises that name and descriptor lie inside the data. */
static void
take_notes(struct core_file *cf, Elf_Data *notes)
{
	size_t at = 0, name, desc;
	GElf_Nhdr nh;

	for (unsigned n = 0; n < NOTES_COUNT_MAX; n++) {
		struct cursor c;

		at = gelf_getnote(notes, at, &nh, &name, &desc);
		if (at == 0)
			return;
		c = cursor_of((const char *)notes->d_buf + desc, nh.n_descsz);
		take_note(cf, notes, &nh, name, c);
	}
}

static int
read_notes(struct core_file *cf, const GElf_Phdr *ph, struct err *err)
{
	Elf_Data *notes;

	if (ph->p_filesz > NOTES_MAX)
		return err_set(err, ERR_RUNTIME,
		    "%s: more than %zu MiB of notes", cf->path,
		    NOTES_MAX >> 20);
	if (ph->p_offset > cf->size || ph->p_filesz > cf->size - ph->p_offset)
		return err_set(
		    err, ERR_RUNTIME, "%s: a core file cut short", cf->path);
	notes = elf_getdata_rawchunk(
	    cf->elf, (int64_t)ph->p_offset, ph->p_filesz, ELF_T_NHDR);
	if (notes != NULL && notes->d_buf != NULL)
		take_notes(cf, notes);
	return 0;
}

static int
read_phdrs(struct core_file *cf, struct err *err)
{
	GElf_Phdr ph;
	size_t n;

	if (elf_getphdrnum(cf->elf, &n) != 0 || n > SEGMENTS_MAX)
		return err_set(err, ERR_RUNTIME,
		    "%s: its program headers make no sense", cf->path);
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (gelf_getphdr(cf->elf, (int)i, &ph) == NULL)
			return err_set(err, ERR_RUNTIME,
			    "%s: a core file cut short", cf->path);
		if (ph.p_type == PT_LOAD)
			add_load(cf, &ph);
		else if (ph.p_type == PT_NOTE && ph.p_filesz > 0)
			r = read_notes(cf, &ph, err);
		if (r < 0)
			return r;
	}
	sort_segments(cf);
	return 0;
}

/*
 * Our PT_LOADs are whole pages, of which we may have had but some bytes; the
 * note's ranges are those.
 */
static void
use_noted_ranges(struct core_file *cf)
{
	cf->n_segments = 0;
	for (size_t i = 0; i < cf->note.n_ranges; i++) {
		const struct noted_range *r = &cf->note.ranges[i];

		add_segment(cf, (struct file_piece){.addr = r->addr,
				    .memsz = r->len,
				    .off = r->off,
				    .filesz = r->len});
	}
	sort_segments(cf);
}

/* ---- threads --------------------------------------------------------------
 */

/* Together they cannot be more than the file, unless they share its bytes. */
static bool
take_stack(struct core_file *cf, struct snapshot *snap, uint64_t addr,
    uint64_t off, size_t len)
{
	if (len == 0)
		return true;
	if (len > cf->size - cf->stacks || addr + len < addr)
		return false;
	snap->stack = xmalloc(len);
	if (!read_at(cf, off, snap->stack, len)) {
		free(snap->stack);
		snap->stack = NULL;
		return false;
	}
	snap->stack_addr = addr;
	snap->stack_len = len;
	cf->stacks += len;
	return true;
}

static void
take_noted_stack(struct core_file *cf, struct core_thread *th,
    const struct noted_thread *from)
{
	uint64_t len = from->stack_len;

	if (from->stack_off > cf->size)
		len = 0;
	else if (len > cf->size - from->stack_off)
		len = cf->size - from->stack_off;
	if (len > STACK_MAX)
		len = STACK_MAX;
	if (len < from->stack_len ||
	    !take_stack(
		cf, &th->snap, from->stack_addr, from->stack_off, (size_t)len))
		cf->dropped++;
}

static uint64_t
known_of(const struct core_arch *arch)
{
	return (1ull << arch->n_regs) - 1;
}

/* Thread i of the note has its registers in the i-th NT_PRSTATUS. */
static void
add_noted_threads(struct core_file *cf)
{
	cf->threads = xcalloc(cf->note.n_threads, sizeof(*cf->threads));
	for (size_t i = 0; i < cf->note.n_threads; i++) {
		const struct noted_thread *from = &cf->note.threads[i];
		struct core_thread *th = &cf->threads[cf->n_threads];

		if (i >= cf->n_statuses || cf->statuses[i].tid != from->tid) {
			cf->dropped++;
			continue;
		}
		*th = (struct core_thread){.tid = from->tid,
		    .name = from->name,
		    .state = from->state,
		    .kind = from->kind,
		    .snap = {.regs = cf->statuses[i].regs}};
		th->snap.regs.known = from->known & known_of(cf->arch);
		take_noted_stack(cf, th, from);
		cf->n_threads++;
	}
}

static void
take_others_stack(struct core_file *cf, struct core_thread *th)
{
	uint64_t sp = th->snap.regs.r[cf->arch->sp];
	const struct file_piece *s = find_segment(cf, sp);
	uint64_t at;
	size_t len;

	if (s == NULL || sp - s->addr >= s->filesz)
		return;
	at = sp - s->addr > SNAPSHOT_BELOW_SP ? sp - s->addr - SNAPSHOT_BELOW_SP
					      : 0;
	len = s->filesz - at < OTHERS_STACK_MAX ? (size_t)(s->filesz - at)
						: OTHERS_STACK_MAX;
	if (!take_stack(cf, &th->snap, s->addr + at, s->off + at, len))
		cf->dropped++;
}

static void
add_others_threads(struct core_file *cf)
{
	cf->threads = xcalloc(cf->n_statuses + 1, sizeof(*cf->threads));
	for (size_t i = 0; i < cf->n_statuses; i++) {
		struct core_thread *th = &cf->threads[cf->n_threads++];

		*th = (struct core_thread){.tid = cf->statuses[i].tid,
		    .name = cf->comm,
		    .state = '?',
		    .snap = {.regs = cf->statuses[i].regs}};
		take_others_stack(cf, th);
	}
}

/* ---- mappings of another's core file --------------------------------------
 */

static int
by_start(const void *pa, const void *pb)
{
	const struct mapping *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

static void
sort_mappings(struct mappings *maps, size_t *dropped)
{
	size_t n = 0;

	if (maps->n > 1)
		qsort(maps->v, maps->n, sizeof(*maps->v), by_start);
	for (size_t i = 0; i < maps->n; i++) {
		if (n > 0 && maps->v[i].start < maps->v[n - 1].end) {
			free(maps->v[i].name);
			(*dropped)++;
		} else {
			maps->v[n++] = maps->v[i];
		}
	}
	maps->n = n;
}

static unsigned
mapping_flags(uint32_t p_flags)
{
	return ((p_flags & PF_R) != 0 ? MAPPING_READ : 0u) |
	       ((p_flags & PF_W) != 0 ? MAPPING_WRITE : 0u) |
	       ((p_flags & PF_X) != 0 ? MAPPING_EXEC : 0u);
}

/*
 * gcore leaves out what it takes for unchanged, and says nothing of its rights:
 * then it may be code.
 */
static void
set_flags(const struct core_file *cf, struct mapping *m)
{
	const struct file_piece *s = find_segment(cf, m->start);

	m->flags |= s != NULL ? mapping_flags(s->flags)
			      : (unsigned)(MAPPING_READ | MAPPING_EXEC);
}

/* What no file is behind: stacks, the heap, the vDSO. */
static void
add_anonymous(struct core_file *cf, const struct file_piece *s, uint64_t vdso)
{
	struct mappings *maps = &cf->own_maps;
	struct mapping m = {.start = s->addr,
	    .end = s->addr + s->memsz,
	    .flags = mapping_flags(s->flags)};

	m.name = xstrdup(vdso == s->addr ? "[vdso]" : "");
	GROW(maps->v, maps->n, maps->cap);
	maps->v[maps->n++] = m;
}

static void
read_ids(struct core_file *cf)
{
	struct mem mem = core_file_mem(cf);

	const struct mappings *maps = &cf->own_maps;
	_cleanup_free_ size_t *headers = mappings_headers(maps);

	cf->own_ids = xcalloc(maps->n + 1, sizeof(*cf->own_ids));
	for (size_t i = 0; i < maps->n; i++) {
		size_t header = headers[mappings_file_of(maps, i)];

		if (header == i && maps->v[i].name[0] == '/')
			(void)build_id_read_memory(
			    &mem, maps->v[i].start, &cf->own_ids[i]);
		else if (header != MAPPING_NONE)
			cf->own_ids[i] = cf->own_ids[header];
	}
}

static void
add_others_mappings(struct core_file *cf)
{
	struct mappings *maps = &cf->own_maps;
	uint64_t vdso = 0;
	size_t n_files;

	(void)core_auxv_find(cf->auxv, AT_SYSINFO_EHDR, &vdso);
	cf->dropped +=
	    cursor_left(&cf->files) > 0 ? core_files_parse(cf->files, maps) : 0;
	sort_mappings(maps, &cf->dropped);
	n_files = maps->n;
	for (size_t i = 0; i < n_files; i++)
		set_flags(cf, &maps->v[i]);
	for (size_t i = 0; i < cf->n_segments; i++) {
		const struct mappings files = {.v = maps->v, .n = n_files};

		if (mappings_find(&files, cf->segments[i].addr) == NULL)
			add_anonymous(cf, &cf->segments[i], vdso);
	}
	sort_mappings(maps, &cf->dropped);
	read_ids(cf);
	cf->maps = maps;
}

/* The file that holds the program's entry. */
static const char *
find_exe(const struct core_file *cf)
{
	const struct mapping *m;
	uint64_t entry;

	if (!core_auxv_find(cf->auxv, AT_ENTRY, &entry))
		return "";
	m = mappings_find(cf->maps, entry);
	return m != NULL && m->name[0] == '/' ? m->name : "";
}

static void
take_others(struct core_file *cf)
{
	struct stat st;

	add_others_threads(cf);
	add_others_mappings(cf);
	cf->process = (struct core_process){
	    .pid = cf->pid > 0 || cf->n_threads == 0 ? cf->pid
						     : cf->threads[0].tid,
	    .comm = cf->comm,
	    .exe = find_exe(cf),
	    .version = "",
	};
	if (fstat(cf->fd, &st) == 0)
		cf->process.time = st.st_mtim;
}

static int
take_ours(struct core_file *cf, struct err *err)
{
	int r = scrape_note_parse(cf->ours, &cf->note, err);

	if (r < 0)
		return err_wrap(err, "%s", cf->path);
	cf->dropped += cf->note.dropped;
	cf->process = cf->note.process;
	cf->maps = &cf->note.maps;
	use_noted_ranges(cf);
	add_noted_threads(cf);
	return 0;
}

/* ---- opening --------------------------------------------------------------
 */

static int
check_kind(struct core_file *cf, struct err *err)
{
	GElf_Ehdr eh;

	if (cf->elf == NULL || elf_kind(cf->elf) != ELF_K_ELF ||
	    gelf_getehdr(cf->elf, &eh) == NULL || eh.e_type != ET_CORE)
		return err_set(err, ERR_RUNTIME,
		    "%s: neither a saved snapshot nor a core file", cf->path);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: a core file of a 32-bit or big-endian machine",
		    cf->path);
	cf->arch = core_arch_by_machine(eh.e_machine);
	if (cf->arch == NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: a core file of machine type %d", cf->path,
		    eh.e_machine);
	return 0;
}

static int
load(struct core_file *cf, struct err *err)
{
	int r = check_kind(cf, err);

	if (r == 0)
		r = read_phdrs(cf, err);
	if (r < 0)
		return r;
	if (core_file_is_ours(cf))
		r = take_ours(cf, err);
	else
		take_others(cf);
	cf->process.machine = cf->arch->elf_machine;
	cf->process.signed_bits = cf->signed_bits;
	if (r == 0 && cf->n_threads == 0)
		r = err_set(err, ERR_RUNTIME, "%s: no thread in it", cf->path);
	return r;
}

int
core_file_open_fd(
    int fd, const char *path, struct core_file **ret, struct err *err)
{
	struct core_file *cf = xcalloc(1, sizeof(*cf));
	struct stat st;
	int r;

	(void)elf_version(EV_CURRENT);
	cf->fd = fd;
	cf->path = xstrdup(path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		core_file_free(cf);
		return err_set(
		    err, ERR_RUNTIME, "%s: not a regular file", path);
	}
	cf->size = (uint64_t)st.st_size;
	cf->elf = elf_begin(fd, ELF_C_READ, NULL);
	r = load(cf, err);
	if (r < 0) {
		core_file_free(cf);
		return r;
	}
	*ret = cf;
	return 0;
}

int
core_file_open(const char *path, struct core_file **ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_set(err, ERR_RUNTIME, "cannot read %s: %s", path,
		    strerror(errno));
	return core_file_open_fd(fd, path, ret, err);
}

void
core_file_free(struct core_file *cf)
{
	if (cf == NULL)
		return;
	for (size_t i = 0; i < cf->n_threads; i++)
		free(cf->threads[i].snap.stack);
	free(cf->threads);
	free(cf->statuses);
	free(cf->segments);
	free(cf->own_ids);
	mappings_deinit(&cf->own_maps);
	scrape_note_deinit(&cf->note);
	(void)elf_end(cf->elf);
	cleanup_close(&cf->fd);
	free(cf->path);
	free(cf);
}

const struct core_process *
core_file_process(const struct core_file *cf)
{
	return &cf->process;
}

bool
core_file_is_ours(const struct core_file *cf)
{
	return cursor_left(&cf->ours) > 0;
}

size_t
core_file_n_threads(const struct core_file *cf)
{
	return cf->n_threads;
}

const struct core_thread *
core_file_thread(const struct core_file *cf, size_t i)
{
	return &cf->threads[i];
}

const struct mappings *
core_file_mappings(const struct core_file *cf)
{
	return cf->maps;
}

const char *
core_file_key(const struct core_file *cf, size_t i)
{
	return core_file_is_ours(cf) ? cf->note.keys[i] : cf->own_ids[i].hex;
}

const char *
core_file_build_id(const struct core_file *cf, size_t i)
{
	const char *key = core_file_key(cf, i);

	return extract_key_is_build_id(key) ? key : "";
}

size_t
core_file_dropped(const struct core_file *cf)
{
	return cf->dropped;
}
