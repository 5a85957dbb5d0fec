/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_image.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/xalloc.h"

#include <gelf.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#define PIECES_MAX 16
/* libxul's .debug_info is 1.5 GB; all together must be addressable, no more. */
#define IMAGE_MAX ((uint64_t)8 << 30)
/*
 * What comes out of compressed sections, all together. A thousandth of it may
 * be all that a target had to write.
 */
#define UNPACKED_MAX ((uint64_t)1 << 30)
/* The part of what is available that one image may take; this much it may. */
#define MEMORY_SHARE 4
#define MEMORY_FLOOR ((uint64_t)64 << 20)
/* What deflate makes of zeros; a header that claims more is lying. */
#define ZLIB_RATIO_MAX 1040
#define IN_PIECE ((size_t)64 << 10)
#define ALIGN 16

struct dwarf_image {
	uint8_t *base;
	size_t size;
	Elf *elf;
};

enum packing { PLAIN, ZLIB, OTHER };

/* A piece with its place in the file and in the image. */
struct part {
	const struct dwarf_piece *piece;
	Elf_Scn *scn;
	enum packing packing;
	uint64_t file_off, file_size; /* of what is stored */
	uint64_t whole;		      /* size of the section, unpacked */
	uint64_t size;		      /* of the piece */
	uint64_t at;		      /* in the image */
};

/* ".zdebug_info": "ZLIB", the size as 8 bytes big-endian, then the stream. */
#define ZDEBUG_HEAD 12

static bool
read_zdebug_head(struct part *p)
{
	uint8_t head[ZDEBUG_HEAD];

	if (p->file_size < sizeof(head) ||
	    file_bytes_read(&p->piece->from.bytes, p->file_off, head,
		sizeof(head)) != sizeof(head) ||
	    memcmp(head, "ZLIB", 4) != 0)
		return false;
	p->whole = 0;
	for (int i = 4; i < ZDEBUG_HEAD; i++)
		p->whole = p->whole << 8 | head[i];
	p->packing = ZLIB;
	p->file_off += sizeof(head);
	p->file_size -= sizeof(head);
	return true;
}

static bool
read_chdr(struct part *p)
{
	Elf64_Chdr ch;

	if (p->file_size < sizeof(ch) ||
	    file_bytes_read(&p->piece->from.bytes, p->file_off, &ch,
		sizeof(ch)) != sizeof(ch))
		return false;
	p->whole = ch.ch_size;
	p->packing = ch.ch_type == ELFCOMPRESS_ZLIB ? ZLIB : OTHER;
	p->file_off += sizeof(ch);
	p->file_size -= sizeof(ch);
	return true;
}

static bool
is_named(const char *name, const char *wanted, bool *ret_zdebug)
{
	*ret_zdebug = name[0] == '.' && name[1] == 'z';
	return strcmp(name, wanted) == 0 ||
	       (*ret_zdebug && strcmp(name + 2, wanted + 1) == 0);
}

static Elf_Scn *
find_section(const struct dwarf_piece *piece, GElf_Shdr *sh, bool *ret_zdebug)
{
	Elf *elf = piece->from.elf;
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		const char *s;

		if (gelf_getshdr(scn, sh) == NULL)
			return NULL;
		s = elf_strptr(elf, names, sh->sh_name);
		if (s != NULL && sh->sh_type != SHT_NOBITS &&
		    is_named(s, piece->section, ret_zdebug))
			return scn;
	}
	return NULL;
}

/* False where there is no such section, or one that lies about its size. */
static bool
locate(struct part *p, const struct dwarf_piece *piece)
{
	bool zdebug = false;
	GElf_Shdr sh;

	*p = (struct part){.piece = piece};
	if (piece->section != NULL)
		p->scn = find_section(piece, &sh, &zdebug);
	if (piece->section == NULL)
		p->size = p->whole = piece->from.bytes.image_size;
	if (p->scn == NULL)
		return piece->section == NULL && p->size > 0;
	p->file_off = sh.sh_offset;
	p->file_size = p->whole = sh.sh_size;
	if (zdebug ? !read_zdebug_head(p)
		   : (sh.sh_flags & SHF_COMPRESSED) != 0 && !read_chdr(p))
		return false;
	if (p->whole > IMAGE_MAX ||
	    (p->packing == ZLIB &&
		p->whole / ZLIB_RATIO_MAX > p->file_size) ||
	    piece->off >= p->whole || piece->len > p->whole - piece->off)
		return false;
	p->size = piece->len != 0 ? piece->len : p->whole - piece->off;
	return true;
}

/* One stream while it is unpacked. */
struct unpacking {
	z_stream z;
	const struct part *part;
	uint64_t taken; /* of the part's bytes in the file */
	uint8_t in[IN_PIECE];
};

static bool
feed(struct unpacking *u)
{
	uint64_t left = u->part->file_size - u->taken;
	size_t n = left < sizeof(u->in) ? (size_t)left : sizeof(u->in);

	if (u->z.avail_in != 0)
		return true;
	n = file_bytes_read(&u->part->piece->from.bytes,
	    u->part->file_off + u->taken, u->in, n);
	u->taken += n;
	u->z.next_in = u->in;
	u->z.avail_in = (uInt)n;
	return n > 0;
}

/* Exactly size bytes more. zlib counts in 32 bits. */
static bool
unpack_to(struct unpacking *u, uint8_t *out, uint64_t size)
{
	while (size > 0) {
		uInt want = size < UINT32_MAX ? (uInt)size : UINT32_MAX;
		int r;

		if (!feed(u))
			return false;
		u->z.next_out = out;
		u->z.avail_out = want;
		r = inflate(&u->z, Z_NO_FLUSH);
		out += want - u->z.avail_out;
		size -= want - u->z.avail_out;
		if (r != Z_OK && !(r == Z_STREAM_END && size == 0))
			return false;
	}
	return true;
}

static bool
skip(struct unpacking *u, uint64_t size)
{
	_cleanup_free_ uint8_t *waste = xmalloc(IN_PIECE);

	while (size > 0) {
		size_t n = size < IN_PIECE ? (size_t)size : IN_PIECE;

		if (!unpack_to(u, waste, n))
			return false;
		size -= n;
	}
	return true;
}

#ifdef HAVE_LIBDEFLATE

/* Packed; a larger section goes through zlib, which needs it not all at once */
#define PACKED_MAX ((uint64_t)64 << 20)

/* A whole section at once. False also where zlib is to try. */
static bool
fill_at_once(const struct part *p, uint8_t *out)
{
	_cleanup_free_ uint8_t *packed = NULL;
	struct libdeflate_decompressor *d;
	enum libdeflate_result r;

	if (p->size != p->whole || p->file_size > PACKED_MAX)
		return false;
	packed = xmalloc(p->file_size + 1);
	if (file_bytes_read(&p->piece->from.bytes, p->file_off, packed,
		p->file_size) != p->file_size ||
	    (d = libdeflate_alloc_decompressor()) == NULL)
		return false;
	r = libdeflate_zlib_decompress(
	    d, packed, p->file_size, out, p->whole, NULL);
	libdeflate_free_decompressor(d);
	return r == LIBDEFLATE_SUCCESS;
}

#else

static bool
fill_at_once(const struct part *p, uint8_t *out)
{
	(void)p;
	(void)out;
	return false;
}

#endif

static bool
fill_zlib(const struct part *p, uint8_t *out)
{
	_cleanup_free_ struct unpacking *u = xcalloc(1, sizeof(*u));
	bool whole;

	if (fill_at_once(p, out))
		return true;
	u->part = p;
	if (inflateInit(&u->z) != Z_OK)
		return false;
	whole = skip(u, p->piece->off) && unpack_to(u, out, p->size);
	(void)inflateEnd(&u->z);
	return whole;
}

/* zstd, where this libelf has it. */
static bool
fill_by_libelf(const struct part *p, uint8_t *out)
{
	Elf_Data *data;

	if (elf_compress(p->scn, 0, 0) < 0)
		return false;
	data = elf_rawdata(p->scn, NULL);
	if (data == NULL || data->d_buf == NULL || data->d_size != p->whole)
		return false;
	memcpy(out, (const uint8_t *)data->d_buf + p->piece->off, p->size);
	return true;
}

static bool
fill(const struct part *p, uint8_t *out)
{
	switch (p->packing) {
	case ZLIB:
		return fill_zlib(p, out);
	case OTHER:
		return fill_by_libelf(p, out);
	case PLAIN:
		break;
	}
	return file_bytes_read(&p->piece->from.bytes,
		   p->file_off + p->piece->off, out, p->size) == p->size;
}

/* An image while it is made. */
struct plan {
	struct part parts[PIECES_MAX];
	size_t n;
	char names[PIECES_MAX * 32]; /* .shstrtab */
	size_t names_size;
	uint64_t names_at, headers_at, size;
	uint64_t unpacked;  /* of size: out of compressed sections */
	uint64_t by_libelf; /* beside size: what libelf unpacks for us */
	Elf64_Shdr headers[PIECES_MAX + 2];
};

static uint64_t
place(struct plan *plan, uint64_t size)
{
	uint64_t at = plan->size;

	plan->size = (at + size + ALIGN - 1) & -(uint64_t)ALIGN;
	return at;
}

static uint32_t
add_name(struct plan *plan, const char *name)
{
	size_t at = plan->names_size, n = strlen(name) + 1;

	if (at + n > sizeof(plan->names))
		return 0;
	memcpy(plan->names + at, name, n);
	plan->names_size += n;
	return (uint32_t)at;
}

static void
count_memory(struct plan *plan, const struct part *p)
{
	if (p->packing != PLAIN)
		plan->unpacked += p->size;
	if (p->packing == OTHER)
		plan->by_libelf += p->whole;
}

/* A file may be sparse, so that also what is not compressed costs nothing. */
static bool
has_room(const struct plan *plan)
{
	uint64_t need = plan->size + plan->by_libelf;

	return plan->unpacked <= UNPACKED_MAX &&
	       plan->by_libelf <= UNPACKED_MAX &&
	       (need <= MEMORY_FLOOR ||
		   need <= memory_available() / MEMORY_SHARE);
}

static bool
lay_out(struct plan *plan, const struct dwarf_piece *pieces, size_t n)
{
	plan->size = (sizeof(Elf64_Ehdr) + ALIGN - 1) & -(uint64_t)ALIGN;
	plan->names_size = 1;
	for (size_t i = 0; i < n && plan->n < PIECES_MAX; i++) {
		struct part *p = &plan->parts[plan->n];

		if (!locate(p, &pieces[i]))
			continue;
		p->at = place(plan, p->size);
		count_memory(plan, p);
		if (plan->size > IMAGE_MAX)
			return false;
		plan->headers[++plan->n] = (Elf64_Shdr){
		    .sh_name = add_name(plan, pieces[i].as),
		    .sh_type = SHT_PROGBITS,
		    .sh_offset = p->at,
		    .sh_size = p->size,
		    .sh_addralign = 1,
		};
	}
	plan->headers[plan->n + 1] = (Elf64_Shdr){
	    .sh_name = add_name(plan, ".shstrtab"),
	    .sh_type = SHT_STRTAB,
	    .sh_size = plan->names_size,
	    .sh_addralign = 1,
	};
	plan->names_at = place(plan, plan->names_size);
	plan->headers[plan->n + 1].sh_offset = plan->names_at;
	plan->headers_at =
	    place(plan, (plan->n + 2) * sizeof(plan->headers[0]));
	return plan->n > 0;
}

static void
write_headers(const struct plan *plan, uint16_t machine, uint8_t *base)
{
	Elf64_Ehdr eh = {
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_DYN,
	    .e_machine = machine,
	    .e_version = EV_CURRENT,
	    .e_shoff = plan->headers_at,
	    .e_ehsize = sizeof(eh),
	    .e_shentsize = sizeof(Elf64_Shdr),
	    .e_shnum = (Elf64_Half)(plan->n + 2),
	    .e_shstrndx = (Elf64_Half)(plan->n + 1),
	};

	memcpy(base, &eh, sizeof(eh));
	memcpy(base + plan->names_at, plan->names, plan->names_size);
	memcpy(base + plan->headers_at, plan->headers,
	    (plan->n + 2) * sizeof(plan->headers[0]));
}

/* libdw wants to know it; pieces that are no file's do not tell. */
static uint16_t
machine_of(const struct dwarf_piece *pieces, size_t n)
{
	Elf *elf = pieces[n - 1].from.elf;
	GElf_Ehdr eh;

	return elf != NULL && gelf_getehdr(elf, &eh) != NULL ? eh.e_machine
						       : EM_NONE;
}

struct dwarf_image *
dwarf_image_new(const struct dwarf_piece *pieces, size_t n)
{
	_cleanup_free_ struct plan *plan = xcalloc(1, sizeof(*plan));
	struct dwarf_image *di;
	void *base;

	if (n == 0 || !lay_out(plan, pieces, n) || !has_room(plan))
		return NULL;
	base = mmap(NULL, plan->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	di = xcalloc(1, sizeof(*di));
	di->base = base;
	di->size = plan->size;
	write_headers(plan, machine_of(pieces, n), di->base);
	for (size_t i = 0; i < plan->n; i++) {
		const struct part *p = &plan->parts[i];

		if (!fill(p, di->base + p->at)) {
			dwarf_image_free(di);
			return NULL;
		}
	}
	di->elf = elf_memory((char *)di->base, di->size);
	return di;
}

struct dwarf_image *
dwarf_image_of(const struct elf_source *from)
{
	static const char *const names[] = {".debug_info", ".debug_abbrev",
	    ".debug_line", ".debug_str", ".debug_line_str", ".debug_ranges",
	    ".debug_rnglists", ".debug_addr", ".debug_str_offsets"};
	struct dwarf_piece pieces[ARRAY_SIZE(names)];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		pieces[i] = (struct dwarf_piece){
		    .from = *from, .section = names[i], .as = names[i]};
	return dwarf_image_new(pieces, ARRAY_SIZE(names));
}

void
dwarf_image_free(struct dwarf_image *di)
{
	if (di == NULL)
		return;
	(void)elf_end(di->elf);
	(void)munmap(di->base, di->size);
	free(di);
}

Elf *
dwarf_image_elf(struct dwarf_image *di)
{
	return di->elf;
}

const void *
dwarf_image_section(const struct dwarf_image *di, size_t n, size_t *ret_size)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;

	memcpy(&eh, di->base, sizeof(eh));
	memcpy(&sh, di->base + eh.e_shoff + n * sizeof(sh), sizeof(sh));
	*ret_size = sh.sh_size;
	return di->base + sh.sh_offset;
}

int
dwarf_image_memfd(const struct dwarf_image *di)
{
	_cleanup_close_ int fd = memfd_create("dwo", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < di->size) {
		ssize_t n = write(fd, di->base + done, di->size - done);

		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return steal_fd(&fd);
}
