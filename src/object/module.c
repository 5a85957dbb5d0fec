/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/module.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/build_id.h"
#include "object/cfi.h"
#include "object/debug_file.h"
#include "object/debug_info.h"
#include "object/debug_search.h"
#include "object/dynamic.h"
#include "object/eh_frame_hdr.h"
#include "object/extract.h"
#include "object/mem_image.h"
#include "object/module_private.h"
#include "object/plt.h"
#include "object/symtab.h"

#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linkers write four or five; every lookup by vaddr scans them. */
#define SEGMENTS_MAX 256
/* -ffunction-sections in a final link gives some thousands at the most. */
#define SECTIONS_MAX 65536
/* libxul's .debug_info is 1.5 GB; what we read ourselves is far smaller. */
#define SECTION_SIZE_MAX (1ull << 30)
/*
 * What is read of .eh_frame in a target's memory, also while sampling. That of
 * libLLVM, a file of more than 100 MB, has 5 MB.
 */
#define EH_FRAME_IN_MEMORY_MAX (128ull << 20)
/* The vDSO is two pages on x86_64 and will not grow to a megabyte. */
#define VDSO_MAX (1u << 20)
/* What is read of notes before anyone asks; a real file's take some hundred. */
#define NOTES_MAX (64u << 10)

/* A PT_LOAD. Neither vaddr + memsz nor off + filesz wraps. */
struct file_piece {
	uint64_t vaddr, memsz;
	uint64_t off, filesz;
	bool exec;
};

struct module {
	unsigned refs;
	/* What elf reads: a file, bytes of ours, or a target's memory. */
	int fd; /* -1: not a file */
	void *image;
	size_t image_size;
	struct mem_image *mem;
	char *path;
	Elf *elf;
	int machine;
	uint64_t entry;
	struct build_id build_id;
	char *key; /* NULL: not asked for yet */
	struct file_piece *segments;
	size_t n_segments;
	GElf_Phdr eh_frame_hdr, dynamic_phdr; /* p_filesz 0: none */
	struct kept_range *kept; /* of an extract: what is no hole; or NULL */
	size_t n_kept;
	struct dynamic *dynamic;
	struct plt *plt;
	struct cfi *cfi;
	struct symtab *symtab;
	struct debug_info *debug_info;
	const struct debug_search *search;
	struct debug_file *debug_file;
	bool build_id_tried, others_tried;
};

static bool
wraps(uint64_t a, uint64_t b)
{
	return a + b < a;
}

static void
add_segment(struct module *m, const GElf_Phdr *ph)
{
	if (m->n_segments == SEGMENTS_MAX || ph->p_memsz < ph->p_filesz ||
	    wraps(ph->p_vaddr, ph->p_memsz) ||
	    wraps(ph->p_offset, ph->p_filesz))
		return;
	m->segments = xreallocarray(
	    m->segments, m->n_segments + 1, sizeof(*m->segments));
	m->segments[m->n_segments++] = (struct file_piece){
	    .vaddr = ph->p_vaddr,
	    .memsz = ph->p_memsz,
	    .off = ph->p_offset,
	    .filesz = ph->p_filesz,
	    .exec = (ph->p_flags & PF_X) != 0,
	};
}

bool
module_is_there(const struct module *m, uint64_t off, uint64_t size)
{
	return m->mem == NULL || mem_image_need(m->mem, off, size);
}

static void
read_segments(struct module *m)
{
	GElf_Phdr ph;
	size_t n;

	if (elf_getphdrnum(m->elf, &n) != 0)
		return;
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		if (gelf_getphdr(m->elf, (int)i, &ph) == NULL)
			return;
		if (ph.p_type == PT_LOAD)
			add_segment(m, &ph);
		else if (ph.p_type == PT_GNU_EH_FRAME)
			m->eh_frame_hdr = ph;
		else if (ph.p_type == PT_DYNAMIC)
			m->dynamic_phdr = ph;
		else if (ph.p_type == PT_NOTE && ph.p_filesz <= NOTES_MAX)
			(void)module_is_there(m, ph.p_offset, ph.p_filesz);
	}
}

/* Refuses what no part of scrape can read, before any part tries. */
static int
check_kind(const struct module *m, struct err *err)
{
	GElf_Ehdr eh;

	if (m->elf == NULL || elf_kind(m->elf) != ELF_K_ELF)
		return err_set(
		    err, ERR_RUNTIME, "%s: not an ELF file", m->path);
	if (gelf_getclass(m->elf) != ELFCLASS64)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: a 32-bit ELF file, only 64-bit ones can be read",
		    m->path);
	if (gelf_getehdr(m->elf, &eh) == NULL)
		return err_set(err, ERR_RUNTIME, "%s: broken ELF header: %s",
		    m->path, elf_errmsg(-1));
	if (eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: a big-endian ELF file, only little-endian ones can be "
		    "read",
		    m->path);
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: an ELF file, but no program or library (type %d)",
		    m->path, eh.e_type);
	return 0;
}

static void
read_kept(struct module *m)
{
	struct section s;

	if (module_section(m, EXTRACT_SECTION, &s))
		m->kept = extract_parse(&s, &m->n_kept);
}

/* Takes m over: *ret on success, freed on failure. */
static int
open_elf(struct module *m, struct module **ret, struct err *err)
{
	GElf_Ehdr eh;
	int r = check_kind(m, err);

	if (r < 0) {
		module_unref(m);
		return r;
	}
	m->machine = gelf_getehdr(m->elf, &eh)->e_machine;
	m->entry = eh.e_entry;
	read_segments(m);
	(void)build_id_read(m->elf, &m->build_id);
	read_kept(m);
	*ret = m;
	return 0;
}

static struct module *
new_module(const char *path)
{
	struct module *m = xcalloc(1, sizeof(*m));

	(void)elf_version(EV_CURRENT);
	m->refs = 1;
	m->fd = -1;
	m->search = &debug_search_default;
	m->path = xstrdup(path);
	return m;
}

/*
 * By pread, never by mmap: a library that is overwritten in place while it is
 * mapped would end us with SIGBUS.
 */
int
module_open(int fd, const char *path, struct module **ret, struct err *err)
{
	struct module *m = new_module(path);
	struct stat st;

	m->fd = fd;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		module_unref(m);
		return err_set(
		    err, ERR_RUNTIME, "%s: not a regular file", path);
	}
	m->elf = elf_begin(fd, ELF_C_READ, NULL);
	return open_elf(m, ret, err);
}

int
module_open_image(const void *image, size_t size, const char *name,
    struct module **ret, struct err *err)
{
	struct module *m = new_module(name);

	m->image = xmalloc(size);
	m->image_size = size;
	memcpy(m->image, image, size);
	m->elf = elf_memory(m->image, size);
	return open_elf(m, ret, err);
}

struct module *
module_open_vdso(const struct mem *mem, uint64_t start, uint64_t size)
{
	_cleanup_free_ void *image = NULL;
	struct module *m = NULL;
	struct err ignored;

	if (size > VDSO_MAX)
		return NULL;
	image = xmalloc(size);
	if (!mem_read(mem, start, image, size) ||
	    module_open_image(image, size, "[vdso]", &m, &ignored) < 0)
		return NULL;
	return m;
}

/*
 * What names are looked up by is read at once: by then the target may be gone.
 */
int
module_open_mem(const struct mem *mem, uint64_t start, const char *path,
    struct module **ret, struct err *err)
{
	struct mem_image *img;
	struct module *m;
	int r = mem_image_open(mem, start, path, &img, err);

	if (r < 0)
		return r;
	m = new_module(path);
	m->mem = img;
	m->elf = elf_memory(
	    (char *)mem_image_bytes(img), mem_image_size(img));
	r = open_elf(m, &m, err);
	if (r < 0)
		return r;
	(void)module_plt(m);
	*ret = m;
	return 0;
}

struct module *
module_ref(struct module *m)
{
	m->refs++;
	return m;
}

void
module_unref(struct module *m)
{
	if (m == NULL || --m->refs > 0)
		return;
	debug_info_free(m->debug_info);
	symtab_free(m->symtab);
	cfi_free(m->cfi);
	debug_file_free(m->debug_file);
	plt_free(m->plt);
	dynamic_free(m->dynamic);
	(void)elf_end(m->elf);
	mem_image_free(m->mem);
	cleanup_close(&m->fd);
	free(m->segments);
	free(m->kept);
	free(m->key);
	free(m->image);
	free(m->path);
	free(m);
}

const char *
module_path(const struct module *m)
{
	return m->path;
}

const char *
module_build_id(const struct module *m)
{
	return m->build_id.hex;
}

const char *
module_key(struct module *m)
{
	if (m->key == NULL)
		m->key = extract_key(m);
	return m->key;
}

int
module_machine(const struct module *m)
{
	return m->machine;
}

uint64_t
module_entry(const struct module *m)
{
	return m->entry;
}

int
module_fd(const struct module *m)
{
	return m->fd;
}

Elf *
module_elf(struct module *m)
{
	return m->elf;
}

/*
 * The kernel maps whole pages, so a mapping begins up to a page before its
 * segment's first byte and ends up to a page after the last.
 */
static bool
page_range_holds(const struct file_piece *s, uint64_t off)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return s->filesz > 0 && off >= (s->off & -page) &&
	       off < s->off + s->filesz;
}

/*
 * With lld and gold the last page of the code in the file is also the first
 * page of the data, so that two segments hold off: we are asked about code.
 */
bool
module_bias(
    const struct module *m, uint64_t start, uint64_t off, uint64_t *ret_bias)
{
	const struct file_piece *found = NULL;

	for (size_t i = 0; i < m->n_segments; i++) {
		const struct file_piece *s = &m->segments[i];

		if (!page_range_holds(s, off))
			continue;
		if (found == NULL || (s->exec && !found->exec))
			found = s;
	}
	if (found == NULL)
		return false;
	*ret_bias = start - off + found->off - found->vaddr;
	return true;
}

static const struct file_piece *
segment_at(const struct module *m, uint64_t vaddr)
{
	for (size_t i = 0; i < m->n_segments; i++) {
		const struct file_piece *s = &m->segments[i];

		if (vaddr >= s->vaddr && vaddr - s->vaddr < s->memsz)
			return s;
	}
	return NULL;
}

bool
module_is_code(const struct module *m, uint64_t vaddr)
{
	const struct file_piece *s = segment_at(m, vaddr);

	return s != NULL && s->exec;
}

struct file_bytes
module_bytes(const struct module *m)
{
	return (struct file_bytes){
	    .fd = m->fd, .image = m->image, .image_size = m->image_size};
}

static bool
read_at(const struct module *m, uint64_t off, void *buf, size_t len)
{
	struct file_bytes bytes = module_bytes(m);

	if (m->mem == NULL)
		return file_bytes_read(&bytes, off, buf, len) == len;
	if (!mem_image_need(m->mem, off, len))
		return false;
	memcpy(buf, mem_image_bytes(m->mem) + off, len);
	return true;
}

/* Not in a hole that an extract has where the module's bytes would be. */
static bool
is_kept(const struct module *m, uint64_t off, uint64_t len)
{
	for (size_t i = 0; i < m->n_kept; i++) {
		const struct kept_range *k = &m->kept[i];

		if (off >= k->off && off - k->off <= k->len &&
		    len <= k->len - (off - k->off))
			return true;
	}
	return m->kept == NULL;
}

bool
module_is_extract(const struct module *m)
{
	return m->kept != NULL;
}

bool
module_read(const struct module *m, uint64_t vaddr, void *buf, size_t len)
{
	const struct file_piece *s = segment_at(m, vaddr);
	uint64_t at;

	if (s == NULL)
		return false;
	at = vaddr - s->vaddr;
	if (at > s->filesz || len > s->filesz - at)
		return false;
	return is_kept(m, s->off + at, len) &&
	       read_at(m, s->off + at, buf, len);
}

bool
module_segment(
    const struct module *m, size_t i, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	if (i >= m->n_segments)
		return false;
	*ret_vaddr = m->segments[i].vaddr;
	*ret_size = m->segments[i].filesz;
	return true;
}

bool
module_dynamic_segment(
    const struct module *m, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	*ret_vaddr = m->dynamic_phdr.p_vaddr;
	*ret_size = m->dynamic_phdr.p_filesz;
	return *ret_size > 0;
}

uint64_t
module_room(const struct module *m, uint64_t vaddr)
{
	const struct file_piece *s = segment_at(m, vaddr);

	return s != NULL && vaddr - s->vaddr < s->filesz
		   ? s->filesz - (vaddr - s->vaddr)
		   : 0;
}

bool
module_pointer(const struct module *m, uint64_t pointer, uint64_t *ret_vaddr)
{
	uint64_t bias = m->mem != NULL ? mem_image_bias(m->mem) : 0;

	*ret_vaddr = pointer;
	if (segment_at(m, pointer) != NULL)
		return true;
	*ret_vaddr = pointer - bias;
	return segment_at(m, pointer - bias) != NULL;
}

bool
module_is_in_memory(const struct module *m)
{
	return m->mem != NULL;
}

bool
module_has_sections(const struct module *m)
{
	size_t n;

	return elf_getshdrnum(m->elf, &n) == 0 && n > 1;
}

static bool
section_of_data(const Elf_Data *data, uint64_t vaddr, struct section *ret)
{
	if (data == NULL || data->d_buf == NULL || data->d_size == 0)
		return false;
	*ret = (struct section){
	    .data = data->d_buf, .size = data->d_size, .vaddr = vaddr};
	return true;
}

static Elf_Scn *
find_section(const struct module *m, const char *name, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;
	size_t names, i = 0;

	if (elf_getshdrstrndx(m->elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(m->elf, scn)) != NULL &&
	       i++ < SECTIONS_MAX) {
		const char *s;

		if (gelf_getshdr(scn, sh) == NULL)
			return NULL;
		s = elf_strptr(m->elf, names, sh->sh_name);
		if (s != NULL && strcmp(s, name) == 0)
			return scn;
	}
	return NULL;
}

/* Leaves the section decompressed in libelf's hands, for whoever asks next. */
static bool
decompress(Elf_Scn *scn)
{
	GElf_Chdr ch;

	return gelf_getchdr(scn, &ch) != NULL &&
	       ch.ch_size <= SECTION_SIZE_MAX && elf_compress(scn, 0, 0) >= 0;
}

static bool
section_by_header(
    const struct module *m, const char *name, struct section *ret)
{
	GElf_Shdr sh;
	Elf_Scn *scn = find_section(m, name, &sh);

	if (scn == NULL || sh.sh_type == SHT_NOBITS ||
	    sh.sh_size > SECTION_SIZE_MAX)
		return false;
	if ((sh.sh_flags & SHF_COMPRESSED) != 0 && !decompress(scn))
		return false;
	return section_of_data(elf_rawdata(scn, NULL),
	    (sh.sh_flags & SHF_ALLOC) != 0 ? sh.sh_addr : 0, ret);
}

/* Bytes that no section header tells of. */
static bool
chunk(struct module *m, uint64_t off, uint64_t size, uint64_t vaddr,
    struct section *ret)
{
	if (size == 0 || size > SECTION_SIZE_MAX || !module_is_there(m, off, size))
		return false;
	return section_of_data(elf_getdata_rawchunk(m->elf, (int64_t)off,
				   (size_t)size, ELF_T_BYTE),
	    vaddr, ret);
}

bool
module_eh_frame_hdr(struct module *m, struct section *ret)
{
	const GElf_Phdr *ph = &m->eh_frame_hdr;

	return chunk(m, ph->p_offset, ph->p_filesz, ph->p_vaddr, ret);
}

/*
 * How far .eh_frame goes from off on, with its terminator, at most size bytes:
 * what follows it in its segment may be all of the code, and is not read out of
 * a target for nothing.
 */
static uint64_t
eh_frame_extent(const struct module *m, uint64_t off, uint64_t size)
{
	uint64_t max = size < EH_FRAME_IN_MEMORY_MAX ? size
						     : EH_FRAME_IN_MEMORY_MAX;
	uint64_t at = 0;
	uint32_t len = 1;

	while (len != 0 && at + sizeof(len) <= max &&
	       read_at(m, off + at, &len, sizeof(len)))
		at += sizeof(len) + len;
	return at < max ? at : max;
}

/*
 * .eh_frame in a file without section headers: nothing says where it ends, so
 * to the end of its segment; its terminator comes first.
 */
static bool
eh_frame_by_hdr(struct module *m, struct section *ret)
{
	const struct file_piece *s;
	struct section bytes;
	struct eh_frame_hdr hdr;
	uint64_t at, size;

	if (!module_eh_frame_hdr(m, &bytes) ||
	    !eh_frame_hdr_parse(&bytes, &hdr))
		return false;
	s = segment_at(m, hdr.eh_frame);
	if (s == NULL)
		return false;
	at = hdr.eh_frame - s->vaddr;
	if (at >= s->filesz)
		return false;
	size = s->filesz - at;
	if (m->mem != NULL)
		size = eh_frame_extent(m, s->off + at, size);
	return chunk(m, s->off + at, size, hdr.eh_frame, ret);
}

bool
module_section(struct module *m, const char *name, struct section *ret)
{
	return section_by_header(m, name, ret) ||
	       (strcmp(name, ".eh_frame") == 0 && eh_frame_by_hdr(m, ret));
}

bool
module_separate_section(
    struct module *m, const char *name, struct section *ret)
{
	struct debug_file *df = module_debug_file_by_build_id(m);

	return df != NULL && debug_file_section(df, name, ret);
}

struct cfi *
module_cfi(struct module *m)
{
	if (m->cfi == NULL)
		m->cfi = cfi_new(m);
	return m->cfi;
}

struct symtab *
module_symtab(struct module *m)
{
	if (m->symtab == NULL)
		m->symtab = symtab_new(m);
	return m->symtab;
}

struct debug_info *
module_debug_info(struct module *m)
{
	if (m->debug_info == NULL)
		m->debug_info = debug_info_new(m);
	return m->debug_info;
}

struct dynamic *
module_dynamic(struct module *m)
{
	if (m->dynamic == NULL)
		m->dynamic = dynamic_new(m);
	return m->dynamic;
}

struct plt *
module_plt(struct module *m)
{
	if (m->plt == NULL)
		m->plt = plt_new(m);
	return m->plt;
}

void
module_set_search(struct module *m, const struct debug_search *s)
{
	m->search = s;
}

const struct debug_search *
module_search(const struct module *m)
{
	return m->search;
}

struct debug_file *
module_debug_file_by_build_id(struct module *m)
{
	if (!m->build_id_tried)
		m->debug_file = debug_search_by_build_id(m->search, m);
	m->build_id_tried = true;
	return m->debug_file;
}

struct debug_file *
module_debug_file(struct module *m)
{
	if (module_debug_file_by_build_id(m) == NULL && !m->others_tried) {
		m->debug_file = debug_search_by_crc(m->search, m);
		if (m->debug_file == NULL)
			m->debug_file = debug_search_network(m->search, m);
	}
	m->others_tried = true;
	return m->debug_file;
}

const char *
module_debug_path(struct module *m, enum debug_how *ret_how)
{
	struct debug_file *df;

	*ret_how = DEBUG_EMBEDDED;
	if (debug_file_has_dwarf(m->elf))
		return m->path;
	df = module_debug_file(m);
	*ret_how = df != NULL ? debug_file_how(df) : DEBUG_NONE;
	return df != NULL ? debug_file_path(df) : NULL;
}
