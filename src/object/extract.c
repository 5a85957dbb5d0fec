/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/extract.h"

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "object/build_id.h"
#include "object/cfi.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/new_file.h"
#include "object/put_number.h"
#include "object/range_map.h"
#include "object/scrape_note.h"
#include "object/symtab.h"

#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXTRACT_VERSION 1
#define HASH_KEY	"eh_frame:"
#define HASH_DIGITS	16

/* What linkers write is some tens; a symbol's section number has 16 bits. */
#define SECTIONS_MAX  0xf000
#define PHDRS_MAX     1024
/* Notes take some hundred bytes, a dynamic section some thousand. */
#define SEGMENT_MAX   (64u << 10)
#define KEPT_MAX      16384
/* A longer name is cut: symbolize.c shows no more of it. */
#define NAME_MAX_KEPT 16384
/* Many symbols of a crafted file may share one long name. */
#define NAMES_MAX     ((size_t)256 << 20)

/* ---- keys and paths -------------------------------------------------------
 */

static uint64_t
hash_section(struct module *m, const char *name, uint64_t h)
{
	struct section s;

	return module_section(m, name, &s)
		   ? hash_u64(h) ^ hash_bytes(s.data, s.size)
		   : hash_u64(h);
}

/*
 * Of the CFI, and for a module that has none, of where its segments lie and
 * where it starts.
 */
static uint64_t
hash_module(struct module *m)
{
	Elf *elf = module_elf(m);
	uint64_t h = hash_u64(module_entry(m));
	GElf_Phdr ph;
	size_t n;

	h = hash_section(m, ".eh_frame", h);
	h = hash_section(m, ".debug_frame", h);
	if (elf_getphdrnum(elf, &n) != 0)
		return h;
	for (size_t i = 0; i < n && i < PHDRS_MAX; i++)
		if (gelf_getphdr(elf, (int)i, &ph) != NULL)
			h = hash_u64(h) ^ hash_bytes(&ph, sizeof(ph));
	return h;
}

char *
extract_key(struct module *m)
{
	if (strlen(module_build_id(m)) > 2)
		return xstrdup(module_build_id(m));
	return xasprintf(HASH_KEY "%016" PRIx64, hash_module(m));
}

static bool
is_hex(const char *s, size_t min, size_t max)
{
	size_t n = strspn(s, "0123456789abcdef");

	return s[n] == '\0' && n >= min && n <= max;
}

bool
extract_key_is_build_id(const char *key)
{
	return is_hex(key, 3, (size_t)2 * BUILD_ID_MAX);
}

char *
extract_path(const char *dir, const char *key)
{
	size_t n = strlen(HASH_KEY);

	if (strncmp(key, HASH_KEY, n) == 0)
		return is_hex(key + n, HASH_DIGITS, HASH_DIGITS)
			   ? xasprintf("%s/.eh_frame/%s", dir, key + n)
			   : NULL;
	if (!extract_key_is_build_id(key))
		return NULL;
	return xasprintf("%s/.build-id/%.2s/%s", dir, key, key + 2);
}

/* ---- what is kept ---------------------------------------------------------
 */

/* Bytes that stay at their file offset. */
struct piece {
	uint64_t off;
	size_t len;
	const void *data;
};

/* A section of the extract. data: written behind all that the module maps. */
struct out_section {
	GElf_Shdr sh;
	const char *name;
	const void *data;
};

struct extract {
	struct module *m;
	Elf *elf;
	GElf_Ehdr eh;
	GElf_Phdr *phdrs;
	size_t n_phdrs;
	uint64_t mapped_end; /* file offset behind all segments */
	struct piece *pieces;
	size_t n_pieces, cap_pieces;
	struct out_section *sections;
	size_t n_sections, cap_sections;
	struct range_map code; /* executable sections, by vaddr */
	/* What is made here, not copied. */
	char *syms, *strs, *note, *names;
	size_t syms_size, strs_size, note_size, names_size;
};

static void
keep(struct extract *x, uint64_t off, const void *data, size_t len)
{
	if (data == NULL || len == 0 || x->n_pieces == KEPT_MAX)
		return;
	GROW(x->pieces, x->n_pieces, x->cap_pieces);
	x->pieces[x->n_pieces++] =
	    (struct piece){.off = off, .len = len, .data = data};
}

static void
keep_segment(struct extract *x, const GElf_Phdr *ph)
{
	Elf_Data *d;

	if (ph->p_filesz == 0 || ph->p_filesz > SEGMENT_MAX ||
	    !module_is_there(x->m, ph->p_offset, ph->p_filesz))
		return;
	d = elf_getdata_rawchunk(
	    x->elf, (int64_t)ph->p_offset, ph->p_filesz, ELF_T_BYTE);
	if (d != NULL)
		keep(x, ph->p_offset, d->d_buf, d->d_size);
}

/*
 * What others ask a module for: interpreter and dynamic section too. The latter
 * ld.so changes in memory: there it is not the module's any more.
 */
static void
keep_segments(struct extract *x)
{
	for (size_t i = 0; i < x->n_phdrs; i++) {
		switch (x->phdrs[i].p_type) {
		case PT_NOTE:
		case PT_INTERP:
			keep_segment(x, &x->phdrs[i]);
			break;
		case PT_DYNAMIC:
			if (!module_is_in_memory(x->m))
				keep_segment(x, &x->phdrs[i]);
			break;
		default:
			break;
		}
	}
}

static bool
off_of(const struct extract *x, uint64_t vaddr, uint64_t *ret)
{
	for (size_t i = 0; i < x->n_phdrs; i++) {
		const GElf_Phdr *ph = &x->phdrs[i];

		if (ph->p_type != PT_LOAD || vaddr < ph->p_vaddr ||
		    vaddr - ph->p_vaddr >= ph->p_filesz)
			continue;
		*ret = ph->p_offset + (vaddr - ph->p_vaddr);
		return true;
	}
	return false;
}

static void
keep_eh_frame(struct extract *x)
{
	struct section s;
	uint64_t off;

	if (module_eh_frame_hdr(x->m, &s) && off_of(x, s.vaddr, &off))
		keep(x, off, s.data, s.size);
	if (module_section(x->m, ".eh_frame", &s) && off_of(x, s.vaddr, &off))
		keep(x, off, s.data, s.size);
}

static bool
is_kept(const struct extract *x, uint64_t off, uint64_t len)
{
	for (size_t i = 0; i < x->n_pieces; i++) {
		const struct piece *p = &x->pieces[i];

		if (off >= p->off && off - p->off <= p->len &&
		    len <= p->len - (off - p->off))
			return true;
	}
	return false;
}

/* ---- sections -------------------------------------------------------------
 */

static struct out_section *
add_section(struct extract *x, const char *name, unsigned type)
{
	struct out_section *s;

	GROW(x->sections, x->n_sections, x->cap_sections);
	s = &x->sections[x->n_sections++];
	*s = (struct out_section){.name = name};
	s->sh.sh_type = type;
	s->sh.sh_addralign = 1;
	return s;
}

static void
add_made(struct extract *x, const char *name, unsigned type, const void *data,
    size_t size)
{
	struct out_section *s = add_section(x, name, type);

	s->sh.sh_size = size;
	s->data = data;
}

/*
 * Symbols and debuggers go by sections, so those that are mapped are all there;
 * one whose bytes are not is said to have none, as in a separate debug file.
 */
static void
copy_section(struct extract *x, const GElf_Shdr *sh, const char *name)
{
	bool kept = sh->sh_type != SHT_NOBITS && sh->sh_size > 0 &&
		    is_kept(x, sh->sh_offset, sh->sh_size);
	struct out_section *s;

	if (!kept && sh->sh_type != SHT_PROGBITS && sh->sh_type != SHT_NOBITS)
		return;
	s = add_section(x, name, kept ? sh->sh_type : SHT_NOBITS);
	s->sh.sh_flags =
	    sh->sh_flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR | SHF_TLS);
	s->sh.sh_addr = sh->sh_addr;
	s->sh.sh_offset = sh->sh_offset;
	s->sh.sh_size = sh->sh_size;
	s->sh.sh_addralign = sh->sh_addralign;
	s->sh.sh_entsize = sh->sh_entsize;
	if ((sh->sh_flags & SHF_EXECINSTR) != 0 &&
	    sh->sh_addr + sh->sh_size > sh->sh_addr)
		range_map_add(&x->code, sh->sh_addr, sh->sh_addr + sh->sh_size,
		    (uint32_t)x->n_sections - 1);
}

static void
copy_sections(struct extract *x)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	(void)add_section(x, "", SHT_NULL);
	x->sections[0].sh.sh_addralign = 0;
	if (elf_getshdrstrndx(x->elf, &names) != 0)
		return;
	while ((scn = elf_nextscn(x->elf, scn)) != NULL &&
	       x->n_sections < SECTIONS_MAX) {
		const char *name;

		if (gelf_getshdr(scn, &sh) == NULL)
			return;
		name = elf_strptr(x->elf, names, sh.sh_name);
		if (name != NULL && (sh.sh_flags & SHF_ALLOC) != 0)
			copy_section(x, &sh, name);
	}
}

static bool
has_section(const struct extract *x, const char *name)
{
	for (size_t i = 0; i < x->n_sections; i++)
		if (strcmp(x->sections[i].name, name) == 0)
			return true;
	return false;
}

/* For a module without section headers: readers of CFI ask by name. */
static void
add_missing_eh_frame(struct extract *x)
{
	struct section s;
	struct out_section *out;
	uint64_t off;

	if (has_section(x, ".eh_frame") ||
	    !module_section(x->m, ".eh_frame", &s) || !off_of(x, s.vaddr, &off))
		return;
	out = add_section(x, ".eh_frame", SHT_PROGBITS);
	out->sh.sh_flags = SHF_ALLOC;
	out->sh.sh_addr = s.vaddr;
	out->sh.sh_offset = off;
	out->sh.sh_size = s.size;
	out->sh.sh_addralign = 8;
}

static void
add_debuglink(struct extract *x)
{
	static const char name[] = ".gnu_debuglink";
	struct section s;

	if (module_section(x->m, name, &s))
		add_made(x, name, SHT_PROGBITS, s.data, s.size);
}

/* musl's stands in its debug file. */
static void
add_debug_frame(struct extract *x)
{
	struct section s;

	if (cfi_debug_frame(module_cfi(x->m), &s))
		add_made(x, ".debug_frame", SHT_PROGBITS, s.data, s.size);
}

/* ---- symbols --------------------------------------------------------------
 */

static uint16_t
section_of(const struct extract *x, const struct symtab_entry *e)
{
	uint32_t i;

	/* Without a size it would end with its section, which this does not. */
	if (e->sym.size == 0 && e->limit == UINT64_MAX)
		return SHN_ABS;
	i = range_map_find(&x->code, e->sym.vaddr);
	return i != RANGE_NONE ? (uint16_t)i : SHN_ABS;
}

static void
put_symbol(struct extract *x, const struct symtab_entry *e, FILE *syms,
    FILE *strs, size_t *names_size)
{
	size_t len = strnlen(e->sym.name, NAME_MAX_KEPT);
	Elf64_Sym sym = {
	    .st_name = (uint32_t)*names_size,
	    .st_info = ELF64_ST_INFO(e->binding, STT_FUNC),
	    .st_shndx = section_of(x, e),
	    .st_value = e->sym.vaddr,
	    .st_size = e->sym.size,
	};

	if (len + 1 > NAMES_MAX - *names_size)
		return;
	(void)fwrite(&sym, sizeof(sym), 1, syms);
	(void)fwrite(e->sym.name, 1, len, strs);
	(void)fputc('\0', strs);
	*names_size += len + 1;
}

/* Where symbols go, of one kind at a time. */
struct symbols_out {
	struct extract *x;
	FILE *syms, *strs;
	size_t names_size;
	bool local;
};

static void
put_if_of_kind(void *ctx, const struct symtab_entry *e)
{
	struct symbols_out *out = ctx;

	if ((e->binding == STB_LOCAL) == out->local)
		put_symbol(
		    out->x, e, out->syms, out->strs, &out->names_size);
}

/* An ELF symbol table has its local symbols first. Returns how many. */
static uint32_t
put_symbols(struct extract *x, FILE *syms, FILE *strs)
{
	static const Elf64_Sym none;
	struct symbols_out out = {.x = x,
	    .syms = syms,
	    .strs = strs,
	    .names_size = 1,
	    .local = true};
	uint32_t n_local;

	(void)fwrite(&none, sizeof(none), 1, syms);
	(void)fputc('\0', strs);
	symtab_each(module_symtab(x->m), put_if_of_kind, &out);
	n_local = (uint32_t)((size_t)ftell(syms) / sizeof(none));
	out.local = false;
	symtab_each(module_symtab(x->m), put_if_of_kind, &out);
	return n_local;
}

/*
 * A table that is not the full one stays a .dynsym: who reads the extract looks
 * for the full one in debug files of its own.
 */
static void
add_symbols(struct extract *x)
{
	bool full = symtab_is_full(module_symtab(x->m));
	FILE *syms = xopen_memstream(&x->syms, &x->syms_size);
	FILE *strs = xopen_memstream(&x->strs, &x->strs_size);
	struct out_section *s;
	uint32_t n_local;

	range_map_flatten(&x->code);
	n_local = put_symbols(x, syms, strs);
	xclose_memstream(syms);
	xclose_memstream(strs);
	if (x->syms_size <= sizeof(Elf64_Sym))
		return;
	add_made(x, full ? ".symtab" : ".dynsym",
	    full ? SHT_SYMTAB : SHT_DYNSYM, x->syms, x->syms_size);
	s = &x->sections[x->n_sections - 1];
	s->sh.sh_link = (uint32_t)x->n_sections; /* the next */
	s->sh.sh_info = n_local;
	s->sh.sh_entsize = sizeof(Elf64_Sym);
	s->sh.sh_addralign = 8;
	add_made(
	    x, full ? ".strtab" : ".dynstr", SHT_STRTAB, x->strs, x->strs_size);
}

/* ---- the note -------------------------------------------------------------
 */

static void
add_note(struct extract *x)
{
	static const char name[8] = SCRAPE_NOTE_NAME;
	FILE *fp = xopen_memstream(&x->note, &x->note_size);
	uint64_t phdrs_size = x->n_phdrs * sizeof(Elf64_Phdr);
	uint32_t n = (uint32_t)x->n_pieces + 1;
	struct out_section *s;

	put_u32(fp, sizeof(SCRAPE_NOTE_NAME));
	put_u32(fp, (uint32_t)(8 + 16 * (size_t)n));
	put_u32(fp, SCRAPE_NOTE_EXTRACT);
	(void)fwrite(name, sizeof(name), 1, fp);
	put_u32(fp, EXTRACT_VERSION);
	put_u32(fp, n);
	/* The ELF header is not quite the module's any more. */
	put_u64(fp, x->eh.e_phoff);
	put_u64(fp, phdrs_size);
	for (size_t i = 0; i < x->n_pieces; i++) {
		put_u64(fp, x->pieces[i].off);
		put_u64(fp, x->pieces[i].len);
	}
	xclose_memstream(fp);
	add_made(x, EXTRACT_SECTION, SHT_NOTE, x->note, x->note_size);
	s = &x->sections[x->n_sections - 1];
	s->sh.sh_addralign = 4;
}

struct kept_range *
extract_parse(const struct section *s, size_t *ret_n)
{
	struct cursor c = cursor_of(s->data, s->size);
	uint32_t name_size = cursor_u32(&c);
	struct cursor desc;
	struct kept_range *kept;
	uint32_t n;

	(void)cursor_u32(&c);
	if (name_size != sizeof(SCRAPE_NOTE_NAME) ||
	    cursor_u32(&c) != SCRAPE_NOTE_EXTRACT || cursor_left(&c) < 8 ||
	    memcmp(c.pos, SCRAPE_NOTE_NAME, name_size) != 0)
		return NULL;
	(void)cursor_skip(&c, 8);
	desc = c;
	if (cursor_u32(&desc) != EXTRACT_VERSION)
		return NULL;
	n = cursor_u32(&desc);
	if (desc.bad || n > KEPT_MAX + 1 || n > cursor_left(&desc) / 16)
		return NULL;
	kept = xcalloc((size_t)n + 1, sizeof(*kept));
	for (uint32_t i = 0; i < n; i++) {
		kept[i].off = cursor_u64(&desc);
		kept[i].len = cursor_u64(&desc);
	}
	*ret_n = n;
	return kept;
}

/* ---- writing --------------------------------------------------------------
 */

/* Gives every section its name, and those made here their place. */
static uint64_t
lay_out(struct extract *x)
{
	uint64_t at = x->mapped_end;
	FILE *names = xopen_memstream(&x->names, &x->names_size);

	for (size_t i = 0; i < x->n_sections; i++) {
		struct out_section *s = &x->sections[i];

		s->sh.sh_name = (uint32_t)ftell(names);
		(void)fwrite(s->name, strlen(s->name) + 1, 1, names);
	}
	xclose_memstream(names);
	x->sections[x->n_sections - 1].data = x->names;
	x->sections[x->n_sections - 1].sh.sh_size = x->names_size;
	for (size_t i = 0; i < x->n_sections; i++) {
		struct out_section *s = &x->sections[i];

		if (s->data == NULL)
			continue;
		at = (at + 7) & ~7ull;
		s->sh.sh_offset = at;
		at += s->sh.sh_size;
	}
	return (at + 7) & ~7ull;
}

static void
put_at(FILE *fp, uint64_t off, const void *data, size_t len)
{
	(void)fseeko(fp, (off_t)off, SEEK_SET);
	(void)fwrite(data, 1, len, fp);
}

/* Last the header, over what a crafted program header may have put there. */
static void
put_all(struct extract *x, FILE *fp)
{
	uint64_t shoff = lay_out(x);

	for (size_t i = 0; i < x->n_pieces; i++)
		put_at(
		    fp, x->pieces[i].off, x->pieces[i].data, x->pieces[i].len);
	for (size_t i = 0; i < x->n_sections; i++) {
		struct out_section *s = &x->sections[i];

		if (s->data != NULL)
			put_at(fp, s->sh.sh_offset, s->data, s->sh.sh_size);
		put_at(fp, shoff + i * sizeof(s->sh), &s->sh, sizeof(s->sh));
	}
	x->eh.e_shoff = shoff;
	x->eh.e_shentsize = sizeof(Elf64_Shdr);
	x->eh.e_shnum = (uint16_t)x->n_sections;
	x->eh.e_shstrndx = (uint16_t)(x->n_sections - 1);
	put_at(fp, x->eh.e_phoff, x->phdrs, x->n_phdrs * sizeof(x->phdrs[0]));
	put_at(fp, 0, &x->eh, sizeof(x->eh));
}

static uint64_t
file_size(const struct extract *x)
{
	struct stat st;
	size_t size = 0;

	if (module_fd(x->m) >= 0)
		return fstat(module_fd(x->m), &st) == 0 ? (uint64_t)st.st_size
							: 0;
	(void)elf_rawfile(x->elf, &size);
	return size;
}

static void
raise_to(uint64_t *end, uint64_t off, uint64_t len)
{
	if (off + len >= off && off + len > *end)
		*end = off + len;
}

/* Not past the file's own end, whatever a program header says. */
static void
find_mapped_end(struct extract *x)
{
	uint64_t size = file_size(x);

	for (size_t i = 0; i < x->n_phdrs; i++)
		if (x->phdrs[i].p_type == PT_LOAD)
			raise_to(&x->mapped_end, x->phdrs[i].p_offset,
			    x->phdrs[i].p_filesz);
	if (x->mapped_end > size)
		x->mapped_end = size;
	raise_to(&x->mapped_end, 0, sizeof(x->eh));
	raise_to(
	    &x->mapped_end, x->eh.e_phoff, x->n_phdrs * sizeof(x->phdrs[0]));
	for (size_t i = 0; i < x->n_pieces; i++)
		raise_to(&x->mapped_end, x->pieces[i].off, x->pieces[i].len);
}

static bool
read_headers(struct extract *x)
{
	size_t n;

	if (gelf_getehdr(x->elf, &x->eh) == NULL ||
	    elf_getphdrnum(x->elf, &n) != 0 || n > PHDRS_MAX)
		return false;
	x->phdrs = xcalloc(n + 1, sizeof(*x->phdrs));
	while (x->n_phdrs < n && gelf_getphdr(x->elf, (int)x->n_phdrs,
				     &x->phdrs[x->n_phdrs]) != NULL)
		x->n_phdrs++;
	return true;
}

static void
compose(struct extract *x)
{
	keep_segments(x);
	keep_eh_frame(x);
	find_mapped_end(x);
	copy_sections(x);
	add_missing_eh_frame(x);
	add_debug_frame(x);
	add_debuglink(x);
	add_symbols(x);
	add_note(x);
	(void)add_section(x, ".shstrtab", SHT_STRTAB);
}

static void
extract_deinit(struct extract *x)
{
	free(x->phdrs);
	free(x->pieces);
	free(x->sections);
	range_map_deinit(&x->code);
	free(x->syms);
	free(x->strs);
	free(x->note);
	free(x->names);
}

static int
write_file(struct module *m, const char *path, struct err *err)
{
	struct extract x = {.m = m, .elf = module_elf(m)};
	struct new_file f;
	int r;

	if (!read_headers(&x)) {
		extract_deinit(&x);
		return err_set(err, ERR_RUNTIME,
		    "%s: too many program headers to save", module_path(m));
	}
	compose(&x);
	r = new_file_open(&f, path, err);
	if (r == 0) {
		put_all(&x, f.fp);
		r = new_file_commit(&f, err);
	}
	extract_deinit(&x);
	return r;
}

/* The folders between dir, which is there, and path. */
static void
make_folders(const char *dir, char *path)
{
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')) != NULL;
	     p++) {
		*p = '\0';
		(void)mkdir(path, 0777);
		*p = '/';
	}
}

int
extract_write(const char *dir, struct module *m, struct err *err)
{
	_cleanup_free_ char *path = extract_path(dir, module_key(m));

	if (path == NULL)
		return err_set(err, ERR_RUNTIME,
		    "%s: a build-id that names no file", module_path(m));
	if (access(path, F_OK) == 0)
		return 0;
	make_folders(dir, path);
	return write_file(m, path, err);
}
