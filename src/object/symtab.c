/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/symtab.h"

#include "base/xalloc.h"
#include "object/cfi.h"
#include "object/debug_file.h"
#include "object/dynamic.h"
#include "object/mini_debug.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/plt.h"
#include "object/range_map.h"

#include <gelf.h>
#include <obstack.h>
#include <stdlib.h>
#include <string.h>

#define obstack_chunk_alloc xmalloc
#define obstack_chunk_free  free

/* A debug build of Chromium has three million. */
#define SYMBOLS_MAX (16u << 20)
/*
 * How far a name is looked into. Real ones end before; in a crafted file each
 * of a million symbols may point at the same ten megabytes.
 */
#define NAME_LOOK_MAX 4096u

struct entry {
	uint64_t vaddr;
	uint64_t size;
	uint64_t limit; /* size 0: where its section ends */
	const char *name;
	uint16_t name_len;    /* at most NAME_LOOK_MAX */
	uint16_t underscores; /* leading ones */
	uint8_t binding;     /* 0 global, 1 weak, 2 local */
};

struct symtab {
	struct module *m;
	bool loaded;
	bool full;
	/* By vaddr; of those at one vaddr the best comes last. */
	struct entry *v;
	size_t n, cap;
	struct range_map map; /* ids index v */
	struct obstack names; /* those that are not as in the file */
	uint8_t *mini_image;
	Elf *mini_elf; /* reads mini_image */
};

struct symtab *
symtab_new(struct module *m)
{
	struct symtab *st = xcalloc(1, sizeof(*st));

	st->m = m;
	obstack_init(&st->names);
	return st;
}

void
symtab_free(struct symtab *st)
{
	if (st == NULL)
		return;
	range_map_deinit(&st->map);
	obstack_free(&st->names, NULL);
	free(st->v);
	(void)elf_end(st->mini_elf);
	free(st->mini_image);
	free(st);
}

/* A table while it is read: one SHT_SYMTAB or SHT_DYNSYM section. */
struct table {
	Elf *elf;
	Elf_Data *syms;
	const char *names;
	size_t names_size; /* names[names_size - 1] is a NUL */
};

static bool
open_table(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct table *ret)
{
	Elf_Data *names = elf_getdata(elf_getscn(elf, sh->sh_link), NULL);
	const char *last;

	*ret = (struct table){.elf = elf, .syms = elf_getdata(scn, NULL)};
	if (ret->syms == NULL || ret->syms->d_type != ELF_T_SYM ||
	    names == NULL || names->d_buf == NULL)
		return false;
	last = memrchr(names->d_buf, '\0', names->d_size);
	if (last == NULL)
		return false;
	ret->names = names->d_buf;
	ret->names_size = (size_t)(last - ret->names) + 1;
	return true;
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
 * The first len bytes of a name, and suffix. obstack.h aligns by adding to a
 * null pointer, which clang's sanitizer would stop at.
 */
__attribute__((no_sanitize("pointer-overflow"))) static const char *
keep_name(struct symtab *st, const char *name, size_t len, const char *suffix)
{
	obstack_grow(&st->names, name, (int)len);
	obstack_grow0(&st->names, suffix, (int)strlen(suffix));
	return obstack_finish(&st->names);
}

/* Without the version that ld appends in .symtab: memcpy@@GLIBC_2.14. */
static const char *
unversioned(struct symtab *st, const char *name)
{
	const char *at = memchr(name, '@', strnlen(name, NAME_LOOK_MAX));

	if (at == NULL || at == name)
		return name;
	return keep_name(st, name, (size_t)(at - name), "");
}

/*
 * Whether the symbol names code of this module, and the end of its section.
 * Data has untyped symbols too, also in segments that are executable.
 */
static bool
is_code_symbol(const struct symtab *st, const struct table *t,
    const GElf_Sym *sym, uint64_t *ret_limit)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);
	GElf_Shdr sh;

	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return false;
	if (sym->st_shndx == SHN_UNDEF ||
	    !module_is_code(st->m, sym->st_value))
		return false;
	*ret_limit = UINT64_MAX;
	if (gelf_getshdr(elf_getscn(t->elf, sym->st_shndx), &sh) == NULL)
		return type != STT_NOTYPE;
	if (sym->st_value - sh.sh_addr < sh.sh_size)
		*ret_limit = sh.sh_addr + sh.sh_size;
	return type != STT_NOTYPE || (sh.sh_flags & SHF_EXECINSTR) != 0;
}

static uint16_t
count_underscores(const char *name)
{
	uint16_t n = 0;

	while (n < NAME_LOOK_MAX && name[n] == '_')
		n++;
	return n;
}

static uint8_t
binding_rank(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

static void
add_symbol(struct symtab *st, const struct table *t, const GElf_Sym *sym)
{
	uint64_t limit;
	const char *name;

	if (sym->st_name >= t->names_size || st->n == SYMBOLS_MAX ||
	    sym->st_value + sym->st_size < sym->st_value)
		return;
	name = t->names + sym->st_name;
	if (names_no_function(name) || !is_code_symbol(st, t, sym, &limit))
		return;
	name = unversioned(st, name);
	GROW(st->v, st->n, st->cap);
	st->v[st->n++] = (struct entry){
	    .vaddr = sym->st_value,
	    .size = sym->st_size,
	    .limit = limit,
	    .name = name,
	    .name_len = (uint16_t)strnlen(name, NAME_LOOK_MAX),
	    .underscores = count_underscores(name),
	    .binding = binding_rank(sym),
	};
}

/* The symbols of the one section of this type; false where there is none. */
static bool
add_table(struct symtab *st, Elf *elf, unsigned type)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Sym sym;
	struct table t;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (gelf_getshdr(scn, &sh) == NULL)
			return false;
		if (sh.sh_type != type || !open_table(elf, scn, &sh, &t))
			continue;
		for (int i = 1; gelf_getsym(t.syms, i, &sym) != NULL; i++)
			add_symbol(st, &t, &sym);
		return true;
	}
	return false;
}

/* What .dynsym holds, where no section header leads to it. */
static void
add_dynamic(struct symtab *st)
{
	const struct dynamic *d = module_dynamic(st->m);
	const struct table t = {.elf = module_elf(st->m),
	    .names = d->names,
	    .names_size = d->names_size};

	for (size_t i = 1; i < d->n_syms; i++)
		add_symbol(st, &t, &d->syms[i]);
}

static bool
add_mini_debug(struct symtab *st)
{
	struct section s;
	size_t size;

	if (!module_section(st->m, ".gnu_debugdata", &s))
		return false;
	st->mini_image = mini_debug_unpack(s.data, s.size, &size);
	if (st->mini_image == NULL)
		return false;
	st->mini_elf = elf_memory((char *)st->mini_image, size);
	return st->mini_elf != NULL &&
	       add_table(st, st->mini_elf, SHT_SYMTAB);
}

static bool
add_debug_file(struct symtab *st)
{
	struct debug_file *df = module_debug_file(st->m);

	return df != NULL && add_table(st, debug_file_elf(df), SHT_SYMTAB);
}

/*
 * Negative where a is the worse of two aliases. A size that is known counts
 * first: who has none is often a label, like the linker's _etext.
 */
static int
compare_aliases(const struct entry *a, const struct entry *b)
{
	if ((a->size == 0) != (b->size == 0))
		return a->size == 0 ? -1 : 1;
	if (a->binding != b->binding)
		return b->binding - a->binding;
	if (a->underscores != b->underscores)
		return b->underscores - a->underscores;
	if (a->name_len != b->name_len)
		return a->name_len > b->name_len ? -1 : 1;
	return -strncmp(a->name, b->name, NAME_LOOK_MAX);
}

static int
compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->vaddr != b->vaddr)
		return a->vaddr < b->vaddr ? -1 : 1;
	return compare_aliases(a, b);
}

/*
 * The symbols of one address, v[first] to v[next - 1]. One without a size gets
 * what lies between it and the next symbol, unless a function that has one
 * (up to sized_end) covers it: then it is a label inside.
 */
static void
map_group(
    struct symtab *st, size_t first, size_t next, uint64_t *sized_end)
{
	const struct entry *best = &st->v[next - 1];
	uint64_t end = best->limit;

	for (size_t i = first; i < next; i++) {
		const struct entry *e = &st->v[i];

		range_map_add(
		    &st->map, e->vaddr, e->vaddr + e->size, (uint32_t)i);
		if (e->size != 0 && e->vaddr + e->size > *sized_end)
			*sized_end = e->vaddr + e->size;
	}
	if (next < st->n && st->v[next].vaddr < end)
		end = st->v[next].vaddr;
	if (best->vaddr >= *sized_end)
		range_map_add(&st->map, best->vaddr, end, (uint32_t)next - 1);
}

/* The name of an ifunc by its resolver; the table is sorted for it. */
static const char *
ifunc_name(const struct symtab *st, size_t n_sorted, uint64_t vaddr)
{
	size_t low = 0, high = n_sorted;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (st->v[mid].vaddr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && st->v[low - 1].vaddr == vaddr ? st->v[low - 1].name
							: NULL;
}

static void
add_plt_entry(struct symtab *st, const struct plt_entry *e, const char *name)
{
	if (names_no_function(name) || st->n == SYMBOLS_MAX ||
	    e->vaddr + e->size < e->vaddr)
		return;
	name = keep_name(st, name, strnlen(name, NAME_LOOK_MAX), "@plt");
	GROW(st->v, st->n, st->cap);
	st->v[st->n++] = (struct entry){.vaddr = e->vaddr,
	    .size = e->size,
	    .name = name,
	    .name_len = (uint16_t)strnlen(name, NAME_LOOK_MAX),
	    .binding = 2};
}

static bool
calls_ifuncs(const struct plt *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].name == NULL)
			return true;
	return false;
}

/* Those that call an ifunc of the same file know only where it stands. */
static void
add_plt(struct symtab *st)
{
	const struct plt *p = module_plt(st->m);
	size_t n_sorted = st->n;

	if (st->n > 0 && calls_ifuncs(p))
		qsort(st->v, st->n, sizeof(*st->v), compare_entries);
	for (size_t i = 0; i < p->n; i++) {
		const struct plt_entry *e = &p->v[i];
		const char *name =
		    e->name != NULL ? e->name
				    : ifunc_name(st, n_sorted, e->resolver);

		if (name != NULL)
			add_plt_entry(st, e, name);
	}
}

static void
build_map(struct symtab *st)
{
	uint64_t sized_end = 0;
	size_t first = 0;

	if (st->n == 0)
		return;
	qsort(st->v, st->n, sizeof(*st->v), compare_entries);
	for (size_t i = 1; i <= st->n; i++) {
		if (i < st->n && st->v[i].vaddr == st->v[first].vaddr)
			continue;
		map_group(st, first, i, &sized_end);
		first = i;
	}
	range_map_flatten(&st->map);
}

/* .symtab holds all that .dynsym does, the embedded one only what it lacks. */
static void
load(struct symtab *st)
{
	if (st->loaded)
		return;
	st->loaded = true;
	st->full = add_table(st, module_elf(st->m), SHT_SYMTAB) ||
		   add_debug_file(st);
	if (!st->full) {
		if (!add_table(st, module_elf(st->m), SHT_DYNSYM))
			add_dynamic(st);
		st->full = add_mini_debug(st);
	}
	add_plt(st);
	build_map(st);
}

/* Two addresses of one FDE, or both of code that has none. */
static bool
same_fde(struct cfi *cfi, uint64_t a, uint64_t b)
{
	uint64_t start, end;

	if (cfi_fde_range(cfi, a, &start, &end))
		return b >= start && b < end;
	return !cfi_fde_range(cfi, b, &start, &end);
}

bool
symtab_find(struct symtab *st, uint64_t vaddr, struct symbol *ret)
{
	const struct entry *e;
	uint32_t id;

	load(st);
	id = range_map_find(&st->map, vaddr);
	if (id == RANGE_NONE)
		return false;
	e = &st->v[id];
	if (e->size == 0 && !same_fde(module_cfi(st->m), e->vaddr, vaddr))
		return false;
	*ret = (struct symbol){
	    .vaddr = e->vaddr, .size = e->size, .name = e->name};
	return true;
}

bool
symtab_is_full(struct symtab *st)
{
	load(st);
	return st->full;
}
