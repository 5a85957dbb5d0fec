/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/symbol_table.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/dynamic.h"
#include "object/module.h"

#include <gelf.h>
#include <string.h>

/* A debug build of Chromium has three million. */
#define SYMBOLS_MAX (16u << 20)
#define SYMBOLS_IN_PIECE 1024u
/*
 * How far a name is looked into, at first and at the most. Real ones end
 * before; in a crafted file each of a million symbols may point at the same ten
 * megabytes.
 */
#define NAME_LOOK     2048u
#define NAME_LOOK_MAX 16384u

#define RANK_LOCAL 2

struct names_window {
	uint64_t start; /* in the string table */
	size_t n;	/* bytes that are there */
	char buf[NAME_LOOK_MAX + 1];
};

static bool
find_section(Elf *elf, unsigned type, GElf_Shdr *ret, GElf_Shdr *ret_names)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (gelf_getshdr(scn, ret) == NULL)
			return false;
		if (ret->sh_type == type &&
		    (ret->sh_flags & SHF_COMPRESSED) == 0)
			return gelf_getshdr(elf_getscn(elf, ret->sh_link),
				   ret_names) != NULL &&
			       ret_names->sh_type == SHT_STRTAB;
	}
	return false;
}

bool
symbol_table_open(struct symbol_table *t, Elf *elf, struct file_bytes bytes,
    unsigned type)
{
	GElf_Shdr syms, names;

	if (!find_section(elf, type, &syms, &names))
		return false;
	*t = (struct symbol_table){
	    .elf = elf,
	    .bytes = bytes,
	    .off = syms.sh_offset,
	    .size = syms.sh_size,
	    .names_bytes = bytes,
	    .names_off = names.sh_offset,
	    .names_size = names.sh_size,
	    .names = xcalloc(1, sizeof(*t->names)),
	};
	return true;
}

void
symbol_table_open_dynamic(
    struct symbol_table *t, Elf *elf, const struct dynamic *d)
{
	uint64_t size = d->n_syms * sizeof(*d->syms);

	*t = (struct symbol_table){
	    .elf = elf,
	    .bytes = {.fd = -1,
		.image = (const uint8_t *)d->syms,
		.image_size = size},
	    .size = size,
	    .names_bytes = {.fd = -1,
		.image = (const uint8_t *)d->names,
		.image_size = d->names_size},
	    .names_size = d->names_size,
	    .names = xcalloc(1, sizeof(*t->names)),
	};
}

void
symbol_table_close(struct symbol_table *t)
{
	free(t->names);
	*t = (struct symbol_table){0};
}

static bool
may_be_code(const Elf64_Sym *sym)
{
	unsigned type = ELF64_ST_TYPE(sym->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC ||
		   type == STT_NOTYPE) &&
	       sym->st_shndx != SHN_UNDEF && sym->st_name != 0 &&
	       sym->st_value + sym->st_size >= sym->st_value;
}

void
symbol_table_each(const struct symbol_table *t,
    void (*fn)(void *ctx, const struct symbol_table *t,
	const struct raw_symbol *sym),
    void *ctx)
{
	_cleanup_free_ Elf64_Sym *piece =
	    xreallocarray(NULL, SYMBOLS_IN_PIECE, sizeof(*piece));
	uint64_t left = t->size / sizeof(*piece), at = 0;
	size_t n;

	if (left > SYMBOLS_MAX)
		left = SYMBOLS_MAX;
	for (; left > 0; left -= n, at += n) {
		n = left < SYMBOLS_IN_PIECE ? (size_t)left : SYMBOLS_IN_PIECE;
		n = file_bytes_read(&t->bytes, t->off + at * sizeof(*piece),
			piece, n * sizeof(*piece)) /
		    sizeof(*piece);
		if (n == 0)
			return;
		for (size_t i = 0; i < n; i++) {
			const Elf64_Sym *sym = &piece[i];
			struct raw_symbol raw = {.vaddr = sym->st_value,
			    .size = sym->st_size,
			    .name = sym->st_name,
			    .section = sym->st_shndx,
			    .info = sym->st_info};

			if (may_be_code(sym))
				fn(ctx, t, &raw);
		}
	}
}

/* Makes the window begin at off; only bytes of the string table are in it. */
static void
move_window(const struct symbol_table *t, uint64_t off, size_t size)
{
	struct names_window *w = t->names;
	uint64_t left = t->names_size - off;
	size_t n = left < size ? (size_t)left : size;

	w->start = off;
	w->n = file_bytes_read(
	    &t->names_bytes, t->names_off + off, w->buf, n);
}

static bool
window_has(const struct names_window *w, uint64_t off)
{
	return off >= w->start && off - w->start < w->n &&
	       memchr(w->buf + (off - w->start), '\0',
		   w->n - (size_t)(off - w->start)) != NULL;
}

/*
 * The name at off, valid until the next call, and how long it is, cut at
 * NAME_LOOK_MAX; NULL where the table ends before the name does.
 */
static const char *
name_at(const struct symbol_table *t, uint64_t off, size_t *ret_len)
{
	const struct names_window *w = t->names;
	const char *name;
	size_t left;

	if (off >= t->names_size)
		return NULL;
	if (!window_has(w, off))
		move_window(t, off, NAME_LOOK);
	if (!window_has(w, off))
		move_window(t, off, sizeof(w->buf));
	if (w->n == 0)
		return NULL;
	name = w->buf + (off - w->start);
	left = w->n - (size_t)(off - w->start);
	*ret_len = strnlen(name, left < NAME_LOOK_MAX ? left : NAME_LOOK_MAX);
	return *ret_len < left ? name : NULL;
}

/*
 * $x, $d, $a, $t mark code and data for disassemblers of Arm (AAELF64, 5.5.5),
 * .L and .annobin_ are for compilers and their plugins.
 */
static bool
names_no_function(const char *name)
{
	return name[0] == '\0' || name[0] == '$' ||
	       strncmp(name, ".L", 2) == 0 ||
	       strncmp(name, ".annobin", strlen(".annobin")) == 0;
}

/*
 * Without the version that ld appends in .symtab: memcpy@@GLIBC_2.14. What we
 * call an entry of a PLT stands in the extracts that we write.
 */
static size_t
unversioned(const char *name, size_t len)
{
	const char *at = memchr(name, '@', len);

	return at == NULL || at == name || strcmp(at, "@plt") == 0
		   ? len
		   : (size_t)(at - name);
}

static bool
section_of(const struct symbol_table *t, const struct raw_symbol *sym,
    GElf_Shdr *ret)
{
	return gelf_getshdr(elf_getscn(t->elf, sym->section), ret) != NULL;
}

/* Data has untyped symbols too, also in segments that are executable. */
bool
symbol_is_code(const struct module *m, const struct symbol_table *t,
    const struct raw_symbol *sym)
{
	GElf_Shdr sh;

	if (!module_is_code(m, sym->vaddr))
		return false;
	return ELF64_ST_TYPE(sym->info) != STT_NOTYPE ||
	       (section_of(t, sym, &sh) &&
		   (sh.sh_flags & SHF_EXECINSTR) != 0);
}

static uint64_t
end_of_section(const struct symbol_table *t, const struct raw_symbol *sym)
{
	GElf_Shdr sh;

	return section_of(t, sym, &sh) && sym->vaddr - sh.sh_addr < sh.sh_size
		   ? sh.sh_addr + sh.sh_size
		   : UINT64_MAX;
}

static uint8_t
binding_rank(uint8_t info)
{
	switch (ELF64_ST_BIND(info)) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return RANK_LOCAL;
	}
}

struct candidate *
candidate_new(
    const struct symbol_table *t, const struct raw_symbol *sym)
{
	struct candidate *c;
	const char *name;
	size_t len;

	name = name_at(t, sym->name, &len);
	if (name == NULL || names_no_function(name))
		return NULL;
	len = unversioned(name, len);
	c = xcalloc(1, sizeof(*c) + len + 1);
	c->refs = 1;
	c->vaddr = sym->vaddr;
	c->size = sym->size;
	c->limit = end_of_section(t, sym);
	c->binding = binding_rank(sym->info);
	memcpy(c->name, name, len);
	c->underscores = (uint16_t)strspn(c->name, "_");
	return c;
}

struct candidate *
candidate_new_plt(uint64_t vaddr, uint64_t size, const char *name)
{
	static const char plt[] = "@plt";
	size_t len = strnlen(name, NAME_LOOK_MAX);
	struct candidate *c = xcalloc(1, sizeof(*c) + len + sizeof(plt));

	*c = (struct candidate){.refs = 1,
	    .vaddr = vaddr,
	    .size = size,
	    .limit = UINT64_MAX,
	    .binding = RANK_LOCAL};
	memcpy(c->name, name, len);
	memcpy(c->name + len, plt, sizeof(plt));
	return c;
}

struct candidate *
candidate_ref(struct candidate *c)
{
	c->refs++;
	return c;
}

void
candidate_unref(struct candidate *c)
{
	if (c != NULL && --c->refs == 0)
		free(c);
}

int
candidate_compare(const struct candidate *a, const struct candidate *b)
{
	size_t a_len, b_len;

	if (a->vaddr != b->vaddr)
		return a->vaddr < b->vaddr ? -1 : 1;
	if ((a->size == 0) != (b->size == 0))
		return a->size == 0 ? -1 : 1;
	if (a->binding != b->binding)
		return b->binding - a->binding;
	if (a->underscores != b->underscores)
		return b->underscores - a->underscores;
	a_len = strlen(a->name);
	b_len = strlen(b->name);
	if (a_len != b_len)
		return a_len > b_len ? -1 : 1;
	return -strcmp(a->name, b->name);
}
